use crate::{
    config::{Lease, Redelivery, Trust},
    notification::Reader,
};
use std::time::Duration;

/// How a queue is consumed.
pub(crate) struct SqsSettings {
    pub(crate) lease: Lease,
    /// How many messages are held at most.
    pub(crate) slots: usize,
    /// How long one receive waits for the first message.
    pub(crate) wait: Duration,
    pub(crate) drain_timeout: Duration,
    pub(crate) redelivery: Redelivery,
    pub(crate) trust: Trust,
    pub(crate) reader: Reader,
}
