use serde::Serialize;

/// What exists after [`Provision::apply`](super::Provision::apply); serializes to JSON.
///
/// Two runs with the same settings give the same JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Provisioned {
    /// The region of all of it.
    pub region: String,
    /// The AWS account of all of it: 12 digits.
    pub account: String,
    /// The bucket that notifies.
    pub bucket: ProvisionedBucket,
    /// The topic in the middle.
    pub topic: ProvisionedTopic,
    /// The queues, in the order in which they were asked for; at least one.
    pub queues: Vec<ProvisionedQueue>,
    #[serde(skip)]
    pub(super) changes: Vec<String>,
}

impl Provisioned {
    /// What this run created or changed, a short line each, in order; empty if everything was in
    /// place.
    pub fn changes(&self) -> &[String] {
        &self.changes
    }
}

/// The bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ProvisionedBucket {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// The id of the notification in the bucket's configuration.
    pub notification_id: String,
}

/// The topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ProvisionedTopic {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
}

/// A queue on the topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ProvisionedQueue {
    /// Its name.
    pub name: String,
    /// The URL to give to a pipeline.
    pub url: String,
    /// Its ARN.
    pub arn: String,
    /// Where messages go that failed too often.
    pub dead_letter_queue: QueueAddress,
    /// The ARN of its subscription to the topic.
    pub subscription_arn: String,
}

/// How to reach a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct QueueAddress {
    /// Its name.
    pub name: String,
    /// Its URL.
    pub url: String,
    /// Its ARN.
    pub arn: String,
}
