//! What requests for objects with hostile names look like on the wire. There is no wire: requests
//! end in a list.

use super::store::S3Store;
use crate::{
    config::may_name_a_bucket,
    port::{GetObject, Store},
};
use aws_sdk_s3::config::{
    BehaviorVersion, Credentials, Region, http::HttpRequest, retry::RetryConfig,
};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
    result::ConnectorError,
};
use std::sync::{Arc, Mutex};

#[derive(Debug, Clone, Default)]
struct Wire(Arc<Mutex<Vec<String>>>);

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.0.lock().expect("not poisoned").push(request.uri().to_owned());
        HttpConnectorFuture::ready(Err(ConnectorError::io("there is no wire".into())))
    }
}

/// The URLs that are asked when this object is read.
async fn asked(bucket: &str, key: &str, version_id: Option<&str>) -> Vec<String> {
    let wire = Wire::default();
    let connector = SharedHttpConnector::new(wire.clone());
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::for_tests())
        .retry_config(RetryConfig::disabled())
        .http_client(http_client_fn(move |_, _| connector.clone()));
    let store = S3Store::new(aws_sdk_s3::Client::from_conf(config.build()), None);
    let get = GetObject { bucket, key, version_id, from: 0, if_match: None };
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
