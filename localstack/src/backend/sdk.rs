//! SDK configuration for a server on this machine.

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_s3::config::{Credentials, Region, SharedCredentialsProvider};

/// Configuration for `endpoint_url` that depends on nothing around the process.
///
/// It is built piece by piece, not loaded: no environment variable, profile or metadata service is
/// asked. The SDK's own HTTP client would send requests for a loopback address to `HTTP_PROXY`
/// unless `NO_PROXY` names it; this one knows no proxy, and no TLS either, so that no certificates
/// are read.
pub(super) fn config(endpoint_url: &str) -> SdkConfig {
    let credentials = Credentials::new("test", "test", None, None, "local-aws");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("us-east-1"))
        .endpoint_url(endpoint_url)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build()
}
