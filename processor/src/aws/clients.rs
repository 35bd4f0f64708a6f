use super::checksum::AskForChecksum;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_s3::config::ResponseChecksumValidation;
use aws_sdk_sqs::config::{IdentityCache, SharedHttpClient};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;

/// Where clients come from.
#[derive(Debug, Clone, Default)]
pub(crate) struct ClientSettings {
    pub(crate) config: Option<SdkConfig>,
    pub(crate) sqs: Option<aws_sdk_sqs::Client>,
    pub(crate) s3: Option<aws_sdk_s3::Client>,
}

impl ClientSettings {
    /// The configuration given, or the environment's. To be called on the runtime that will use it.
    async fn load(&self) -> SdkConfig {
        match &self.config {
            Some(config) => config.clone(),
            None => aws_config::load_defaults(BehaviorVersion::latest()).await,
        }
    }
}

/// The queue client of the control thread.
///
/// It shares neither connections nor a credentials cache with any other client: a connection is
/// driven by the runtime that opened it, so a busy user runtime would hold up extensions sent over
/// a shared one.
pub(crate) async fn control_client(settings: &ClientSettings) -> aws_sdk_sqs::Client {
    let (mut own, http_client) = match &settings.sqs {
        Some(client) => (client.config().to_builder(), None),
        None => {
            let config = settings.load().await;
            (aws_sdk_sqs::config::Builder::from(&config), local_client(&config))
        }
    };
    // Without one, each client makes its own.
    own.set_http_client(http_client);
    aws_sdk_sqs::Client::from_conf(own.identity_cache(IdentityCache::lazy().build()).build())
}

/// The store client of the user's runtime: the given one, with the checks of the bodies taken over.
pub(crate) async fn store_client(settings: &ClientSettings) -> aws_sdk_s3::Client {
    let given = match &settings.s3 {
        Some(client) => client.config().to_builder(),
        None => {
            let config = settings.load().await;
            // Emulators behind a host name do not answer to `bucket.localhost`.
            let path_style = config.endpoint_url().is_some();
            let mut builder =
                aws_sdk_s3::config::Builder::from(&config).force_path_style(path_style);
            if config.http_client().is_none() {
                builder.set_http_client(local_client(&config));
            }
            builder
        }
    };
    let mut own = given.response_checksum_validation(ResponseChecksumValidation::WhenRequired);
    // Nobody disables it, so no request need look whether anybody did.
    own.push_interceptor(SharedInterceptor::permanent(AskForChecksum));
    aws_sdk_s3::Client::from_conf(own.build())
}

/// An HTTP client for an endpoint on this machine: one that no `HTTP_PROXY` gets in the way of.
fn local_client(config: &SdkConfig) -> Option<SharedHttpClient> {
    let is_local = config.endpoint_url().is_some_and(is_loopback);
    is_local.then(|| Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build_https())
}

fn is_loopback(url: &str) -> bool {
    let authority =
        url.split_once("://").map_or(url, |(_, rest)| rest).split('/').next().unwrap_or_default();
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
    fn endpoints_on_this_machine_are_known() {
        for url in
            ["http://127.0.0.1:4566", "http://localhost:4566/", "http://[::1]:80", "127.0.0.1"]
        {
            assert!(is_loopback(url), "{url}");
        }
        for url in [
            "https://sqs.eu-west-1.amazonaws.com",
            "http://10.0.0.1:4566",
            "http://localhost.example",
            "",
        ] {
            assert!(!is_loopback(url), "{url}");
        }
    }
}
