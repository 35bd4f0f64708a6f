//! AWS settings: the usual environment and profiles, and what the command line adds.

use crate::{
    cli::{self, AwsArgs},
    error::{Error, chain},
};
use aws_config::{
    BehaviorVersion, Region, SdkConfig, environment::EnvironmentVariableRegionProvider,
    meta::region::RegionProviderChain, profile::ProfileFileRegionProvider,
};
use aws_sdk_sqs::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};
use s3_sqs_processor::provision::Clients;

/// Emulators are in no region, but a signature needs one.
const REGION_OF_EMULATORS: &str = "us-east-1";

/// Variables by which the SDK gets endpoints; it panics over some values.
const ENDPOINTS: [&str; 4] =
    ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SQS", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_SNS"];

/// The configuration for one command.
pub(crate) async fn config(args: &AwsArgs) -> Result<SdkConfig, Error> {
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12());
    for name in ENDPOINTS {
        let Ok(url) = std::env::var(name) else { continue };
        cli::endpoint(&url).map_err(|why| Error::new(format!("{name} is `{url}`: {why}")))?;
    }
    let endpoint = args.endpoint_url.clone().or_else(|| std::env::var(ENDPOINTS[0]).ok());
    if let Some(url) = &endpoint {
        let region = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
            .or_else(ProfileFileRegionProvider::new())
            .or_else(Region::from_static(REGION_OF_EMULATORS));
        loader = loader.endpoint_url(url).region(region);
    }
    if endpoint.as_deref().is_some_and(is_loopback) {
        // The SDK's own client would ask the proxy of the environment for an address on this
        // machine.
        loader = loader.http_client(aws_smithy_http_client::Builder::new().build_http());
    }
    let config = loader.load().await;
    if let Some(url) = config.endpoint_url() {
        cli::endpoint(url)
            .map_err(|why| Error::new(format!("the profile's endpoint_url is `{url}`: {why}")))?;
    }
    match config.region() {
        Some(_) => Ok(config),
        None => Err(Error::new(
            "no AWS region: set AWS_REGION, or choose a profile that names one with AWS_PROFILE",
        )),
    }
}

/// An S3 client; by path where there is an endpoint, since no name server knows `BUCKET.127.0.0.1`.
pub(crate) fn s3(config: &SdkConfig) -> aws_sdk_s3::Client {
    Clients::from(config).s3().clone()
}

/// What a failed request comes to, in one line: what was tried, what the service said, and what to
/// do.
pub(crate) fn refused<E>(doing: &str, error: &SdkError<E, HttpResponse>) -> Error
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    let said = match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code.to_owned(),
        (None, _) => match (error.raw_response(), causes(error)) {
            (Some(response), _) => format!("HTTP status {}", response.status().as_u16()),
            // The SDK lists everywhere it looked, over many lines.
            (None, causes) if causes.contains("redential") => {
                "no AWS credentials were found".to_owned()
            }
            (None, causes) => causes,
        },
    };
    let way_out = match error.code() {
        Some("NoSuchBucket") => "; `pipeline provision` makes one",
        Some("AccessDenied" | "AccessDeniedException") => {
            "; allow it in the policy of these credentials"
        }
        Some(code) if code.contains("NonExistentQueue") || code == "QueueDoesNotExist" => {
            "; check the URL, the region and the account in it"
        }
        Some(code)
            if code.contains("Token")
                || code.contains("Signature")
                || code.contains("AccessKey") =>
        {
            "; give valid AWS credentials (environment variables, a profile, or a role)"
        }
        None if said.contains("credentials") => {
            "; give AWS credentials (environment variables, a profile, or a role)"
        }
        None if error.raw_response().is_none() => "; check the endpoint, the network and any proxy",
        _ => "",
    };
    let said = if way_out.is_empty() { said.as_str() } else { said.trim_end_matches('.') };
    Error::new(format!("cannot {doing}: {said}{way_out}"))
}

/// The SDK's outermost errors only say that something failed; what failed is below them.
fn causes(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), chain)
}

fn is_loopback(url: &str) -> bool {
    // Plain HTTP only: the client made for it knows no TLS.
    let Some(rest) = url.strip_prefix("http://") else { return false };
    let authority = rest.split('/').next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host == "localhost"
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_on_this_machine_need_no_proxy() {
        for url in ["http://127.0.0.1:4566", "http://localhost:4566/", "http://[::1]:80"] {
            assert!(is_loopback(url), "{url}");
        }
        for url in [
            "https://127.0.0.1:4566",
            "http://10.0.0.1:4566",
            "https://sqs.eu-west-1.amazonaws.com",
        ] {
            assert!(!is_loopback(url), "{url}");
        }
    }
}
