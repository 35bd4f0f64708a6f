use crate::aws::s3_settings;
use aws_config::SdkConfig;

/// The clients to provision with, made by the caller.
///
/// An [`SdkConfig`] is enough for AWS, and for endpoints that it holds, for all services or for
/// one. Give clients where more must be set.
#[derive(Clone, Debug)]
pub struct Clients {
    pub(super) s3: aws_sdk_s3::Client,
    pub(super) sqs: aws_sdk_sqs::Client,
    pub(super) sns: aws_sdk_sns::Client,
}

impl Clients {
    /// Takes clients as they are; all three should be for the same region and account.
    pub fn new(s3: aws_sdk_s3::Client, sqs: aws_sdk_sqs::Client, sns: aws_sdk_sns::Client) -> Self {
        Self { s3, sqs, sns }
    }

    /// The S3 client.
    pub fn s3(&self) -> &aws_sdk_s3::Client {
        &self.s3
    }
}

impl From<&SdkConfig> for Clients {
    /// Makes the clients; S3 is addressed by path where the configuration has an endpoint for it,
    /// since a bucket is no host there.
    fn from(config: &SdkConfig) -> Self {
        Self {
            s3: aws_sdk_s3::Client::from_conf(s3_settings(config).build()),
            sqs: aws_sdk_sqs::Client::new(config),
            sns: aws_sdk_sns::Client::new(config),
        }
    }
}

impl From<&Clients> for Clients {
    fn from(clients: &Clients) -> Self {
        clients.clone()
    }
}
