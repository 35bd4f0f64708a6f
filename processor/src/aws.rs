//! The only users of the AWS SDK (beside provisioning): the ports on SQS and S3.

mod checksum;
mod clients;
#[cfg(feature = "dynamodb")]
mod dynamodb;
mod endpoint;
mod errors;
mod http;
mod progress;
mod quarantine;
mod queue;
mod quiet;
mod regions;
mod store;
#[cfg(test)]
mod tests;

#[cfg(feature = "provision")]
pub(crate) use clients::s3_settings;
pub(crate) use clients::{ClientSettings, control_client, store_client};
#[cfg(feature = "dynamodb")]
pub use dynamodb::DynamoDbProgress;
pub use progress::S3Progress;
pub use quarantine::{QuarantineFile, S3Quarantine};
pub(crate) use queue::SqsQueue;
pub(crate) use store::S3Store;
