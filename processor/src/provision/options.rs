use std::time::Duration;

use super::FilterScope;

/// What to create. Nothing is sent before [`apply`](Self::apply).
///
/// All but the name has a default. A setting without a value here is left as it is where the thing
/// already exists.
#[derive(Clone, Debug)]
#[must_use = "nothing is created before `apply`"]
pub struct Provision {
    pub(super) name: String,
    pub(super) bucket: Option<String>,
    pub(super) topic: Option<String>,
    pub(super) queues: Vec<String>,
    pub(super) dead_letter_queue: Option<String>,
    pub(super) max_receives: Option<u16>,
    pub(super) visibility_timeout: Option<Duration>,
    pub(super) retention: Option<Duration>,
    pub(super) raw_delivery: Option<bool>,
    pub(super) filter_policy: Option<(String, FilterScope)>,
    pub(super) prefix: Option<String>,
    pub(super) suffix: Option<String>,
}

impl Provision {
    /// Starts from a name: bucket, topic and queue are called so, and the dead-letter queue
    /// `NAME-dlq`.
    ///
    /// 3 to 63 lower-case letters, digits and hyphens fit all four. Names of buckets are shared by
    /// all AWS accounts; see *General purpose bucket naming rules* in the Amazon S3 User Guide.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            bucket: None,
            topic: None,
            queues: Vec::new(),
            dead_letter_queue: None,
            max_receives: None,
            visibility_timeout: None,
            retention: None,
            raw_delivery: None,
            filter_policy: None,
            prefix: None,
            suffix: None,
        }
    }

    /// The bucket to use or create. Default: the name.
    ///
    /// An existing one must be in the region and the account of the queues.
    pub fn bucket(mut self, name: impl Into<String>) -> Self {
        self.bucket = Some(name.into());
        self
    }

    /// The topic to use or create. Default: the name. At most 238 letters, digits, `-` and `_`.
    pub fn topic(mut self, name: impl Into<String>) -> Self {
        self.topic = Some(name.into());
        self
    }

    /// Adds a queue on the topic, for one service. Default: one queue, called as the name. At most
    /// 80 letters, digits, `-` and `_`; not a FIFO queue, which S3 cannot notify (*Event
    /// notification types and destinations* in the Amazon S3 User Guide).
    ///
    /// The other settings hold for every queue given here. For queues with settings of their own,
    /// apply one `Provision` per queue, with the same bucket and topic.
    pub fn queue(mut self, name: impl Into<String>) -> Self {
        self.queues.push(name.into());
        self
    }

    /// One dead-letter queue for all queues given here. Default: each queue has its own, called
    /// `QUEUE-dlq`.
    ///
    /// A new one keeps messages for 14 days, the most that SQS offers: a message's age counts from
    /// when it was first sent, so that it must be kept longer there than on the queue it comes from
    /// (*Using dead-letter queues in Amazon SQS*).
    pub fn dead_letter_queue(mut self, name: impl Into<String>) -> Self {
        self.dead_letter_queue = Some(name.into());
        self
    }

    /// How many deliveries of a message may fail before it goes to the dead-letter queue: 1 to
    /// 1,000, default 5.
    ///
    /// More rides out longer outages, fewer finds a poisonous message sooner. `maxReceiveCount` in
    /// *Using dead-letter queues in Amazon SQS*.
    pub fn max_receives(mut self, max_receives: u16) -> Self {
        self.max_receives = Some(max_receives);
        self
    }

    /// How long a received message stays hidden unless extended: whole seconds, 1 second to 12
    /// hours. SQS's default: 30 s.
    ///
    /// This is also the time after which the message of a crashed consumer is seen by another.
    /// *Amazon SQS visibility timeout*.
    pub fn visibility_timeout(mut self, timeout: Duration) -> Self {
        self.visibility_timeout = Some(timeout);
        self
    }

    /// How long the queue keeps a message that nobody deletes: whole seconds, 60 seconds to 14
    /// days. SQS's default: 4 days.
    ///
    /// Messages older than this are lost: choose it longer than the longest outage of the consumer.
    /// `MessageRetentionPeriod` in the
    /// *Amazon SQS API Reference*, `SetQueueAttributes`.
    pub fn retention(mut self, retention: Duration) -> Self {
        self.retention = Some(retention);
        self
    }

    /// Whether SNS delivers S3's event bare, without its own envelope. SNS's default: false.
    ///
    /// A pipeline reads both. Raw delivery is shorter. *Amazon SNS raw message delivery*.
    pub fn raw_delivery(mut self, raw: bool) -> Self {
        self.raw_delivery = Some(raw);
        self
    }

    /// Lets only those messages through that fit `policy`, a JSON object; `{}` removes a filter.
    /// Default: all.
    ///
    /// A message may hold several objects, and is let through or kept back as a whole. *Amazon SNS
    /// subscription filter policies*.
    pub fn filter_policy(mut self, policy: impl Into<String>, scope: FilterScope) -> Self {
        self.filter_policy = Some((policy.into(), scope));
        self
    }

    /// Only objects whose keys start with this are announced; an empty one removes a prefix that is
    /// there. Default: all.
    ///
    /// Characters such as `=` and space must be percent-encoded, and prefix and suffix together may
    /// have 1,024 bytes: *Configuring event notifications using object key name filtering* in the
    /// Amazon S3 User Guide.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// Only objects whose keys end with this are announced; written as [`prefix`](Self::prefix).
    pub fn suffix(mut self, suffix: impl Into<String>) -> Self {
        self.suffix = Some(suffix.into());
        self
    }
}
