use aws_config::SdkConfig;

/// The clients to provision with, made by the caller.
///
/// An [`SdkConfig`] is enough for AWS, and for an endpoint of one's own that it holds. Give clients
/// where more must be set, for example an endpoint for S3 alone; such an S3 client should have
/// `force_path_style` set.
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
}

impl From<&SdkConfig> for Clients {
    /// Makes the clients; S3 is addressed by path where the configuration has an endpoint URL,
    /// since a bucket is no host there.
    fn from(config: &SdkConfig) -> Self {
        let path_style = config.endpoint_url().is_some();
        let s3 = aws_sdk_s3::config::Builder::from(config).force_path_style(path_style).build();
        Self {
            s3: aws_sdk_s3::Client::from_conf(s3),
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
