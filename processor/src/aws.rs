//! The only users of the AWS SDK (beside provisioning): the ports on SQS and S3.

mod checksum;
mod clients;
mod errors;
mod queue;
mod store;
#[cfg(test)]
mod tests;

pub(crate) use clients::{ClientSettings, control_client, store_client};
pub(crate) use queue::SqsQueue;
pub(crate) use store::S3Store;
