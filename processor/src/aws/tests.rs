//! What requests for objects with hostile names look like on the wire. There is no wire: requests
//! end in a list.

use super::{
    SqsQueue,
    clients::ClientSettings,
    control_client,
    store::{Reads, S3Store},
    store_client,
};
use crate::{
    config::{Trust, may_name_a_bucket},
    error::RunErrorKind,
    port::{GetObject, PortErrorKind, Queue, Store},
};
use aws_credential_types::provider::{
    ProvideCredentials, error::CredentialsError, future::ProvideCredentials as Provided,
};
use aws_sdk_s3::config::{
    BehaviorVersion, Credentials, Region, http::HttpRequest, retry::RetryConfig,
};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
    orchestrator::HttpResponse,
    result::ConnectorError,
};
use std::sync::{Arc, Mutex};

#[derive(Debug, Clone, Default)]
struct Wire(Arc<Mutex<Vec<String>>>, Arc<Mutex<Vec<HttpRequest>>>, Arc<Mutex<Vec<HttpResponse>>>);

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.0.lock().expect("not poisoned").push(request.uri().to_owned());
        self.1.lock().expect("not poisoned").push(request);
        let answer = self.2.lock().expect("not poisoned").pop();
        HttpConnectorFuture::ready(
            answer.ok_or_else(|| ConnectorError::io("there is no wire".into())),
        )
    }
}

impl Wire {
    /// Answers so, then no more.
    fn answering(answers: impl IntoIterator<Item = (u16, Option<&'static str>, String)>) -> Self {
        let wire = Self::default();
        let mut all: Vec<_> = answers
            .into_iter()
            .map(|(status, region, body)| {
                let status = status.try_into().expect("a status");
                let mut answer = HttpResponse::new(status, body.into_bytes().into());
                if let Some(region) = region {
                    answer.headers_mut().insert("x-amz-bucket-region", region);
                }
                answer
            })
            .collect();
        all.reverse();
        *wire.2.lock().expect("not poisoned") = all;
        wire
    }

    fn store(&self, reads: Reads, trust: Trust) -> S3Store {
        let connector = SharedHttpConnector::new(self.clone());
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(Credentials::for_tests())
            .retry_config(RetryConfig::disabled())
            .http_client(http_client_fn(move |_, _| connector.clone()));
        S3Store::new(aws_sdk_s3::Client::from_conf(config.build()), reads, trust)
    }

    fn asked(&self) -> Vec<String> {
        let asked = self.0.lock().expect("not poisoned");
        asked.iter().map(|url| parts(url).0.to_owned()).collect()
    }

    fn header(&self, name: &str) -> Option<String> {
        let requests = self.1.lock().expect("not poisoned");
        requests.last()?.headers().get(name).map(str::to_owned)
    }
}

fn get<'a>(bucket: &'a str, region: Option<&'a str>) -> GetObject<'a> {
    GetObject { bucket, key: "k", version_id: None, region, from: 0, if_match: None }
}

/// The URLs that are asked when this object is read.
async fn asked(bucket: &str, key: &str, version_id: Option<&str>) -> Vec<String> {
    let wire = Wire::default();
    let store = wire.store(Reads::WhereAnnounced, Trust::default());
    let get = GetObject { key, version_id, ..get(bucket, None) };
    assert!(store.get(get).await.is_err());
    wire.0.lock().expect("not poisoned").clone()
}

/// Host, path and query of a URL of S3.
fn parts(url: &str) -> (&str, &str, &str) {
    let rest = url.strip_prefix("https://").expect(url);
    let (host, rest) = rest.split_once('/').expect(url);
    let (path, query) = rest.split_once('?').expect(url);
    (host, path, query)
}

#[tokio::test]
async fn requests_go_to_hosts_of_aws_only_whatever_a_bucket_is_called() {
    for bucket in [
        "data",
        "a..b",
        "Old_One",
        "-a",
        "a-",
        "a.b",
        "evil.example",
        "169.254.169.254",
        "localhost",
        "s3.amazonaws.com.evil.example",
        "x--x-s3",
        "evil--use1-az1--x-s3",
        "evil--use1-az1--xa-s3",
        "evil.example--op-s3",
        "test-o0123456789012345678901234567890123456789012345678901234--op-s3",
        "x-s3alias",
        "x--ol-s3",
    ] {
        assert!(may_name_a_bucket(bucket));
        for url in asked(bucket, "key", None).await {
            let (host, ..) = parts(&url);
            let is_aws = host.ends_with(".amazonaws.com")
                && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
            assert!(is_aws, "{bucket}: {url}");
        }
    }
}

/// Why what is no bucket's name must not come so far.
#[tokio::test]
async fn an_arn_for_a_bucket_would_be_asked_elsewhere() {
    let arn = "arn:aws:s3-object-lambda:eu-west-1:123456789012:accesspoint/evil";
    let urls = asked(arn, "key", None).await;
    assert!(
        urls[0].starts_with("https://evil-123456789012.s3-object-lambda.eu-west-1.amazonaws.com/"),
        "{urls:?}"
    );
    assert!(!may_name_a_bucket(arn));
}

#[tokio::test]
async fn keys_and_versions_stay_in_their_place() {
    for (key, path) in [
        ("../../other/secret", "../../other/secret"),
        ("/", "/"),
        ("a//b/./", "a//b/./"),
        ("?versionId=x&y", "%3FversionId%3Dx%26y"),
        ("#", "%23"),
        ("%2e%2e/", "%252e%252e/"),
        ("a b+c\r\nHost: evil", "a%20b%2Bc%0D%0AHost%3A%20evil"),
        ("\0\u{1b}é", "%00%1B%C3%A9"),
        ("@evil.example/", "%40evil.example/"),
    ] {
        let urls = asked("data", key, None).await;
        assert_eq!(urls.len(), 1);
        assert_eq!(
            parts(&urls[0]),
            ("data.s3.eu-west-1.amazonaws.com", path, "x-id=GetObject"),
            "{key:?}"
        );
    }
    let urls = asked("data", "key", Some("v&acl=\r\nX: y#/../")).await;
    let query = "x-id=GetObject&versionId=v%26acl%3D%0D%0AX%3A%20y%23%2F..%2F";
    assert_eq!(parts(&urls[0]), ("data.s3.eu-west-1.amazonaws.com", "key", query));
}

#[tokio::test]
async fn trap_81_an_object_is_read_where_its_bucket_is_announced_to_be() {
    let wire = Wire::default();
    let store = wire.store(Reads::WhereAnnounced, Trust::default());
    for region in [Some("us-east-2"), None, Some("eu-west-1"), Some("evil.example/")] {
        assert!(store.get(get("data", region)).await.is_err());
    }
    let hosts = ["us-east-2", "eu-west-1", "eu-west-1", "eu-west-1"];
    assert_eq!(wire.asked(), hosts.map(|region| format!("data.s3.{region}.amazonaws.com")));
    let wire = Wire::default();
    let store = wire.store(Reads::Here, Trust::default());
    assert!(store.get(get("data", Some("us-east-2"))).await.is_err());
    assert_eq!(wire.asked(), ["data.s3.eu-west-1.amazonaws.com"]);
}

#[tokio::test]
async fn trap_81_what_s3_says_of_a_buckets_region_is_followed_and_remembered() {
    let xml = |code: &str, rest: &str| format!("<Error><Code>{code}</Code>{rest}</Error>");
    let malformed = xml("AuthorizationHeaderMalformed", "<Region>us-east-2</Region>");
    for (status, region, body) in [
        (301, Some("us-east-2"), xml("PermanentRedirect", "")),
        (400, None, malformed.clone()),
        (400, Some("us-east-2"), malformed),
        (307, Some("us-east-2"), xml("TemporaryRedirect", "")),
    ] {
        let gone = || (404, Some("us-east-2"), xml("NoSuchKey", ""));
        let wire = Wire::answering([(status, region, body), gone(), gone()]);
        let store = wire.store(Reads::WhereAnnounced, Trust::default());
        for _ in 0..2 {
            let error = store.get(get("data", Some("ap-south-1"))).await.err().expect("it is gone");
            assert_eq!(error.kind, PortErrorKind::Gone, "{error}");
        }
        let hosts = ["ap-south-1", "us-east-2", "us-east-2"];
        assert_eq!(wire.asked(), hosts.map(|region| format!("data.s3.{region}.amazonaws.com")));
    }
}

#[tokio::test]
async fn trap_81_no_answer_leads_in_a_circle_or_to_another_host() {
    for region in ["ap-south-1", "evil.example/", ""] {
        let redirect = (301, Some(region), "<Error><Code>PermanentRedirect</Code></Error>".into());
        let wire = Wire::answering([redirect.clone(), redirect]);
        let store = wire.store(Reads::WhereAnnounced, Trust::default());
        let error = store.get(get("data", Some("ap-south-1"))).await.err().expect("refused");
        assert_eq!(error.kind, PortErrorKind::Fatal, "{error}");
        assert_eq!(wire.asked(), ["data.s3.ap-south-1.amazonaws.com"], "{region}");
    }
}

#[tokio::test]
async fn trap_84_who_pays_and_whose_bucket_it_is_are_said() {
    let owners = [("theirs".to_owned(), "210987654321".to_owned())].into();
    let owner = Some("123456789012".to_owned());
    let wire = Wire::default();
    let trust = Trust { owner, owners, requester_pays: true, ..Trust::default() };
    let store = wire.store(Reads::Here, trust);
    for (bucket, owner) in [("ours", "123456789012"), ("theirs", "210987654321")] {
        assert!(store.get(get(bucket, None)).await.is_err());
        assert_eq!(wire.header("x-amz-expected-bucket-owner").as_deref(), Some(owner));
        assert_eq!(wire.header("x-amz-request-payer").as_deref(), Some("requester"));
    }
    let store = wire.store(Reads::Here, Trust::default());
    assert!(store.get(get("ours", None)).await.is_err());
    assert_eq!(wire.header("x-amz-expected-bucket-owner"), None);
    assert_eq!(wire.header("x-amz-request-payer"), None);
}

/// Fails as it is told.
#[derive(Debug)]
struct Fails(fn() -> CredentialsError);

impl ProvideCredentials for Fails {
    fn provide_credentials<'a>(&'a self) -> Provided<'a>
    where
        Self: 'a,
    {
        Provided::ready(Err((self.0)()))
    }
}

#[tokio::test]
async fn trap_80_credentials_that_cannot_be_had_are_known_by_type() {
    let failures: [fn() -> CredentialsError; 5] = [
        || CredentialsError::not_loaded("nothing here"),
        CredentialsError::not_loaded_no_source,
        || CredentialsError::provider_timed_out(std::time::Duration::from_secs(5)),
        || CredentialsError::invalid_configuration("a broken profile"),
        || CredentialsError::unhandled("something else"),
    ];
    for failure in failures {
        let config = aws_config::SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(
                Fails(failure),
            ))
            .retry_config(RetryConfig::disabled());
        let settings = ClientSettings { config: Some(config.build()), ..ClientSettings::default() };
        let url = "https://sqs.eu-west-1.amazonaws.com/123456789012/q";
        let queue = control_client(&settings, url).await.expect("a client");
        let queue = SqsQueue::new(queue, url.to_owned());
        let error = queue.attributes().await.expect_err("no credentials");
        assert_eq!(error.kind, PortErrorKind::Credentials, "{error}");
        let (client, reads) = store_client(&settings, url).await.expect("a client");
        let store = S3Store::new(client, reads, Trust::default());
        let error = store.get(get("data", None)).await.err().expect("no credentials");
        assert_eq!(error.kind, PortErrorKind::Credentials, "{error}");
    }
}

#[tokio::test]
async fn trap_81_a_missing_region_is_that_of_the_queue_and_two_are_both_named() {
    let config = |region: Option<&'static str>| {
        let config = aws_config::SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .retry_config(RetryConfig::disabled())
            .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(
                Fails(CredentialsError::not_loaded_no_source),
            ));
        let config = Some(config.region(region.map(Region::new)).build());
        ClientSettings { config, ..ClientSettings::default() }
    };
    let url = "https://sqs.ap-south-1.amazonaws.com/123456789012/q";
    let client = control_client(&config(None), url).await.expect("a client");
    assert_eq!(client.config().region().map(Region::as_ref), Some("ap-south-1"));
    let (client, _) = store_client(&config(None), url).await.expect("a client");
    assert_eq!(client.config().region().map(Region::as_ref), Some("ap-south-1"));

    let client = control_client(&config(Some("eu-west-1")), url).await.expect("a client");
    assert_eq!(client.config().region().map(Region::as_ref), Some("eu-west-1"));
    let error = SqsQueue::new(client, url.to_owned()).attributes().await.expect_err("refused");
    let said = error.to_string();
    assert!(said.contains("ap-south-1") && said.contains("eu-west-1"), "{said}");

    let error = control_client(&config(None), "http://127.0.0.1:1/1/q").await.expect_err("none");
    assert_eq!(error.kind(), RunErrorKind::Setting);
    assert!(error.to_string().contains("AWS_REGION"), "{error}");
}

#[tokio::test]
async fn trap_82_an_endpoint_that_is_none_is_an_error() {
    for url in ["", "localhost:4566", "http://"] {
        let config = aws_config::SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(
                Credentials::for_tests(),
            ))
            .endpoint_url(url);
        let settings = ClientSettings { config: Some(config.build()), ..ClientSettings::default() };
        let queue = "https://sqs.eu-west-1.amazonaws.com/123456789012/q";
        let error = control_client(&settings, queue).await.expect_err("it is none");
        assert!(error.to_string().contains("AWS_ENDPOINT_URL_SQS"), "{error}");
        assert!(store_client(&settings, queue).await.is_err());
    }
}

#[tokio::test]
async fn trap_80_no_provider_of_credentials_at_all_is_said_at_once() {
    let config = aws_config::SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"));
    let settings = ClientSettings { config: Some(config.build()), ..ClientSettings::default() };
    let url = "https://sqs.eu-west-1.amazonaws.com/123456789012/q";
    let error = control_client(&settings, url).await.expect_err("it has none");
    assert_eq!(error.kind(), RunErrorKind::Credentials);
}
