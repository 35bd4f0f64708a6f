use super::Message;
use std::{collections::BTreeMap, time::SystemTime};

/// What is known of an object beside what it is.
#[derive(Debug, Default)]
pub(crate) struct Details {
    /// The message that announced it, if one did.
    pub(crate) message: Option<Message>,
    pub(crate) event_name: String,
    pub(crate) sequencer: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) description: Description,
}

/// What the store says of an object that it gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Description {
    pub(crate) content_type: Option<String>,
    pub(crate) last_modified: Option<SystemTime>,
    /// Of its user.
    pub(crate) metadata: BTreeMap<String, String>,
}
