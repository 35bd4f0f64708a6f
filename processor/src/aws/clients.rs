use super::checksum::AskForChecksum;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_s3::config::ResponseChecksumValidation;
use aws_sdk_sqs::config::{IdentityCache, SharedHttpClient};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};

/// Where clients come from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Source {
    pub(crate) config: Option<SdkConfig>,
    pub(crate) sqs: Option<aws_sdk_sqs::Client>,
    pub(crate) s3: Option<aws_sdk_s3::Client>,
}

impl Source {
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
/// It shares neither connections nor a credentials cache with any other client: a connection is driven by the runtime
/// that opened it, so a busy user runtime would hold up extensions sent over a shared one.
pub(crate) async fn control_client(source: &Source) -> aws_sdk_sqs::Client {
    let given = match &source.sqs {
        Some(client) => client.config().clone(),
        None => aws_sdk_sqs::Config::new(&source.load().await),
    };
    let own = given.to_builder().identity_cache(IdentityCache::lazy().build()).http_client(own_http_client()).build();
    aws_sdk_sqs::Client::from_conf(own)
}

/// The store client of the user's runtime: the given one, with the checks of the bodies taken over.
pub(crate) async fn store_client(source: &Source) -> aws_sdk_s3::Client {
    let given = match &source.s3 {
        Some(client) => client.config().to_builder(),
        None => {
            let config = source.load().await;
            // Emulators behind a host name do not answer to `bucket.localhost`.
            let path_style = config.endpoint_url().is_some();
            aws_sdk_s3::config::Builder::from(&config).force_path_style(path_style)
        }
    };
    let own = given.response_checksum_validation(ResponseChecksumValidation::WhenRequired).interceptor(AskForChecksum);
    aws_sdk_s3::Client::from_conf(own.build())
}

fn own_http_client() -> SharedHttpClient {
    Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build_https()
}
