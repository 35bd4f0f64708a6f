//! Creates what a pipeline needs on AWS: bucket, topic, queues, dead-letter queues, and the
//! permissions between them.
//!
//! ```text
//!  bucket --notification-> topic --subscription-> queue --after max_receives-> dead-letter queue
//!                             +------subscription--> queue --> ...
//! ```
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use s3_sqs_processor::provision::Provision;
//!
//! # let config = aws_config::SdkConfig::builder().build();
//! let provisioned = Provision::new("orders")
//!     .prefix("data/")
//!     .queue("orders-billing")
//!     .queue("orders-search")
//!     .apply(&config)
//!     .await?;
//! println!("{}", provisioned.queues[0].url);
//! # Ok(())
//! # }
//! ```
//!
//! # Running it again
//! [`Provision::apply`] compares first and writes only what differs, so that a second run changes
//! nothing, and a run that failed half-way can be repeated. What was not set on [`Provision`] is
//! left as it is on what already exists. Other statements in the policies and other notifications
//! on the bucket stay. The parts are made in an order in which no announcement can be lost: the
//! bucket starts to notify when all behind it is ready.
//!
//! SQS may take a minute until a new policy of a queue that existed before holds everywhere
//! (`SetQueueAttributes` in the *Amazon SQS API Reference*); what is announced to that queue
//! meanwhile may not arrive. A queue made here is made with its policy.
//!
//! Policies and the bucket's notifications can only be written as a whole, so that somebody else's
//! change between this module's read and its write would be undone: do not run two changes of the
//! same bucket, topic or queue at a time.
//!
//! # Permissions
//! `sqs:GetQueueUrl`, `sqs:GetQueueAttributes`, `sqs:CreateQueue`, `sqs:SetQueueAttributes`,
//! `sns:GetTopicAttributes`, `sns:CreateTopic`, `sns:SetTopicAttributes`, `sns:Subscribe`,
//! `sns:ListSubscriptionsByTopic`, `sns:GetSubscriptionAttributes`,
//! `sns:SetSubscriptionAttributes`, `s3:ListBucket`, `s3:CreateBucket`, `s3:GetBucketNotification`,
//! `s3:PutBucketNotification`.

mod apply;
mod bucket;
mod clients;
mod error;
mod filter_scope;
mod location;
mod options;
mod plan;
mod policy;
mod provisioned;
mod queue;
mod rules;
mod subscription;
mod topic;

pub use clients::Clients;
pub use error::{ProvisionError, ProvisionErrorKind};
pub use filter_scope::FilterScope;
pub use options::Provision;
pub use provisioned::{
    Provisioned, ProvisionedBucket, ProvisionedQueue, ProvisionedTopic, QueueAddress,
};
