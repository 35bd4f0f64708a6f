use std::{collections::BTreeMap, sync::Arc, time::SystemTime};

/// The message that announced an object, as SQS delivered it.
///
/// Cloning is one reference count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message(Arc<Told>);

/// What SQS tells of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) id: String,
    pub(crate) sent_at: Option<SystemTime>,
    pub(crate) first_received_at: Option<SystemTime>,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) trace_header: Option<String>,
}

impl Message {
    pub(crate) fn new(told: Told) -> Self {
        Self(Arc::new(told))
    }

    /// The id that SQS gave it. A redrive gives it another one.
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// When it was sent to the queue.
    pub fn sent_at(&self) -> Option<SystemTime> {
        self.0.sent_at
    }

    /// When it was received for the first time, by whomever.
    pub fn first_received_at(&self) -> Option<SystemTime> {
        self.0.first_received_at
    }

    /// The trace that its sender takes part in, as AWS X-Ray writes it (`Root=1-...;Parent=...`):
    /// the system attribute `AWSTraceHeader`. SNS sets it where its active tracing is on.
    pub fn trace_header(&self) -> Option<&str> {
        self.0.trace_header.as_deref()
    }

    /// The text of one of its message attributes. S3 sends none; another sender may, and SNS passes
    /// them on with raw delivery. Binary ones are left out.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.0.attributes.get(name).map(String::as_str)
    }

    /// All of its message attributes that are text, by name.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.attributes.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }
}
