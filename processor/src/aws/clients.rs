use super::{checksum::AskForChecksum, endpoint, http::Needs, quiet::Quiet, store::Reads};
use crate::error::{RunError, RunErrorKind};
use aws_config::{
    BehaviorVersion, Region, SdkConfig, environment::EnvironmentVariableRegionProvider,
    meta::region::RegionProviderChain, profile::ProfileFileRegionProvider,
};
use aws_sdk_s3::config::ResponseChecksumValidation;
use aws_sdk_sqs::config::{IdentityCache, SharedHttpClient};
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use std::{env, fmt, fs, sync::Arc};

/// Where clients come from.
#[derive(Clone, Default)]
pub(crate) struct ClientSettings {
    pub(crate) config: Option<SdkConfig>,
    pub(crate) sqs: Option<aws_sdk_sqs::Client>,
    pub(crate) s3: Option<aws_sdk_s3::Client>,
    /// Makes the HTTP clients, one on each runtime that uses it.
    pub(crate) http: Option<Arc<dyn Fn() -> SharedHttpClient + Send + Sync>>,
}

impl ClientSettings {
    /// The configuration given, or the environment's. To be called on the runtime that will use it.
    /// Where it names no region, that of the queue's URL counts.
    ///
    /// # Errors
    /// A setting of the environment that cannot work, by its name.
    async fn load(&self, queue_url: &str) -> Result<SdkConfig, RunError> {
        for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
            if env::var_os(name).is_some_and(|value| value.is_empty()) {
                return Err(refuse(format!("{name} is empty: set it to a region, or unset it")));
            }
        }
        let of_queue =
            endpoint::region_of_queue(queue_url).map(|name| Region::new(name.to_owned()));
        let config = match (&self.config, of_queue) {
            (Some(config), Some(region)) if config.region().is_none() => {
                config.clone().into_builder().region(region).build()
            }
            (Some(config), _) => config.clone(),
            (None, of_queue) => {
                let chain =
                    RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
                        .or_else(ProfileFileRegionProvider::new());
                // Only where nothing else names one is the metadata service asked.
                let chain = match of_queue {
                    Some(region) => chain.or_else(region),
                    None => chain.or_default_provider(),
                };
                aws_config::defaults(BehaviorVersion::latest()).region(chain).load().await
            }
        };
        if config.region().is_none() {
            return Err(refuse(
                "there is no AWS region: set AWS_REGION, or choose a profile that names one with \
                 AWS_PROFILE",
            ));
        }
        let Some(credentials) = config.credentials_provider() else {
            return Err(RunError::new(
                RunErrorKind::Credentials,
                format!(
                    "queue {queue_url}: give valid AWS credentials: the configuration has no \
                     credentials_provider (one that aws_config loads has)"
                ),
                None,
            ));
        };
        for service in ["SQS", "S3"] {
            if let Some(url) = endpoint::of(&config, service)
                && !endpoint::is_valid(&url)
            {
                return Err(refuse(format!(
                    "the endpoint of {service} is `{url}`, which is no URL: look at \
                     AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_{service} and endpoint_url in the profile"
                )));
            }
        }
        let quiet = Quiet::of(credentials);
        Ok(config.into_builder().credentials_provider(quiet).build())
    }

    /// An HTTP client for this endpoint. `None`: the SDK's own.
    fn http_client(&self, endpoint: Option<&str>) -> Result<Option<SharedHttpClient>, RunError> {
        if let Some(make) = &self.http {
            return Ok(Some(make()));
        }
        let is_local = endpoint.is_some_and(endpoint::is_loopback);
        // The SDK does not look at it.
        let bundle = env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty());
        let Some(path) = bundle else {
            return Ok(is_local.then(|| Needs { is_local, pem: None }.client()).flatten());
        };
        let refused = |why: &dyn fmt::Display| {
            refuse(format!(
                "AWS_CA_BUNDLE is `{}`: {why}; name a file of PEM certificates",
                path.display()
            ))
        };
        let pem = Some(fs::read(&path).map_err(|error| refused(&error))?);
        let client = Needs { is_local, pem }.client();
        client.map(Some).ok_or_else(|| refused(&"it holds no certificates"))
    }
}

fn refuse(text: impl Into<String>) -> RunError {
    RunError::new(RunErrorKind::Setting, text.into(), None)
}

impl fmt::Debug for ClientSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { config, sqs, s3, http } = self;
        f.debug_struct("ClientSettings")
            .field("config", config)
            .field("sqs", sqs)
            .field("s3", s3)
            .field("http", &http.is_some())
            .finish()
    }
}

/// The queue client of the control thread.
///
/// It shares neither connections nor a credentials cache with any other client: a connection is
/// driven by the runtime that opened it, so a busy user runtime would hold up extensions sent over
/// a shared one.
pub(crate) async fn control_client(
    settings: &ClientSettings,
    queue_url: &str,
) -> Result<aws_sdk_sqs::Client, RunError> {
    let (mut own, http_client) = match &settings.sqs {
        Some(client) => (client.config().to_builder(), settings.http_client(None)?),
        None => {
            let config = settings.load(queue_url).await?;
            let endpoint = endpoint::of(&config, "SQS");
            let http_client = settings.http_client(endpoint.as_deref())?;
            (aws_sdk_sqs::config::Builder::from(&config), http_client)
        }
    };
    // Without one, each client makes its own.
    own.set_http_client(http_client);
    let own = own.identity_cache(IdentityCache::lazy().build()).build();
    Ok(aws_sdk_sqs::Client::from_conf(own))
}

/// The store client of the user's runtime: the given one, with the checks of the bodies taken over.
/// And how it is used.
pub(crate) async fn store_client(
    settings: &ClientSettings,
    queue_url: &str,
) -> Result<(aws_sdk_s3::Client, Reads), RunError> {
    let (given, reads) = match &settings.s3 {
        Some(client) => {
            let mut builder = client.config().to_builder();
            if let Some(make) = &settings.http {
                builder.set_http_client(Some(make()));
            }
            // Where it sends its requests does not show.
            (builder, Reads::Here)
        }
        None => {
            let config = settings.load(queue_url).await?;
            let endpoint = endpoint::of(&config, "S3");
            let mut builder = s3_settings(&config);
            if config.http_client().is_none() || settings.http.is_some() {
                builder.set_http_client(settings.http_client(endpoint.as_deref())?);
            }
            (builder, if endpoint.is_some() { Reads::Here } else { Reads::WhereAnnounced })
        }
    };
    let mut own = given.response_checksum_validation(ResponseChecksumValidation::WhenRequired);
    // Nobody disables it, so no request need look whether anybody did.
    own.push_interceptor(SharedInterceptor::permanent(AskForChecksum));
    Ok((aws_sdk_s3::Client::from_conf(own.build()), reads))
}

/// S3 is addressed by path where an endpoint is set, however: emulators do not answer to
/// `bucket.localhost`.
pub(crate) fn s3_settings(config: &SdkConfig) -> aws_sdk_s3::config::Builder {
    let path_style = endpoint::of(config, "S3").is_some();
    aws_sdk_s3::config::Builder::from(config).force_path_style(path_style)
}
