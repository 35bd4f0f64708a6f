use super::endpoint::is_region;
use aws_sdk_s3::{
    Client,
    config::Region,
    error::{ProvideErrorMetadata, SdkError},
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use dashmap::DashMap;

/// AWS has some forty regions.
const MOST_REGIONS: usize = 64;
/// More are forgotten all at once: each then costs a redirect once more.
const MOST_BUCKETS: usize = 10_000;

/// Clients by region, and where buckets are that are not where they were looked for.
#[derive(Debug)]
pub(super) struct Regions {
    own: Client,
    clients: DashMap<String, Client>,
    corrected: DashMap<String, String>,
}

impl Regions {
    pub(super) fn new(own: Client) -> Self {
        Self { own, clients: DashMap::new(), corrected: DashMap::new() }
    }

    /// The client for a bucket: of the region that S3 named, or else of the announced one, or else
    /// the own one.
    pub(super) fn client(&self, bucket: &str, announced: Option<&str>) -> Client {
        match self.corrected.get(bucket) {
            Some(region) => self.of(&region),
            None => announced.map_or_else(|| self.own.clone(), |region| self.of(region)),
        }
    }

    /// Another client, if S3 said that the bucket is elsewhere. It is remembered.
    pub(super) fn corrected<E>(
        &self,
        bucket: &str,
        asked: &Client,
        error: &SdkError<E, HttpResponse>,
    ) -> Option<Client>
    where
        E: ProvideErrorMetadata,
    {
        let region = named(error)?;
        if name(asked) == Some(&region) {
            return None;
        }
        if self.corrected.len() >= MOST_BUCKETS {
            self.corrected.clear();
        }
        self.corrected.insert(bucket.to_owned(), region.clone());
        Some(self.of(&region))
    }

    /// They share what their configuration holds: credentials, and an HTTP client if it has one.
    fn of(&self, region: &str) -> Client {
        if name(&self.own) == Some(region) || !is_region(region) {
            return self.own.clone();
        }
        if let Some(client) = self.clients.get(region) {
            return client.clone();
        }
        if self.clients.len() >= MOST_REGIONS {
            return self.own.clone();
        }
        let config = self.own.config().to_builder().region(Region::new(region.to_owned()));
        let client = Client::from_conf(config.build());
        self.clients.insert(region.to_owned(), client.clone());
        client
    }
}

fn name(client: &Client) -> Option<&str> {
    client.config().region().map(Region::as_ref)
}

/// Where an answer says that the bucket is: in its header, or in its body (`PermanentRedirect` 301,
/// `AuthorizationHeaderMalformed` 400).
fn named<E>(error: &SdkError<E, HttpResponse>) -> Option<String> {
    let response = error.raw_response()?;
    let header = response.headers().get("x-amz-bucket-region");
    let region = header.map(str::to_owned).or_else(|| {
        let body = std::str::from_utf8(response.body().bytes()?).ok()?;
        let (_, rest) = body.split_once("<Region>")?;
        Some(rest.split_once("</Region>")?.0.to_owned())
    })?;
    is_region(&region).then_some(region)
}
