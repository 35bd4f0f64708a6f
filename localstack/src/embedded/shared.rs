//! What the services share.

use crate::embedded::clock::Clock;
use crate::embedded::fault::Faults;
use crate::embedded::ids::Ids;
use crate::embedded::s3::Buckets;
use crate::embedded::sns::Topics;
use crate::embedded::sqs::Queues;
use crate::embedded::stats::Counters;

/// What every request may touch.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    pub(crate) ids: Ids,
    pub(crate) stats: Counters,
    pub(crate) faults: Faults,
    pub(crate) s3: Buckets,
    pub(crate) sqs: Queues,
    pub(crate) sns: Topics,
    pub(crate) endpoint: String,
}

impl Shared {
    pub(crate) fn new(endpoint: String) -> Self {
        Self {
            clock: Clock::default(),
            ids: Ids::new(),
            stats: Counters::default(),
            faults: Faults::default(),
            s3: Buckets::default(),
            sqs: Queues::default(),
            sns: Topics::default(),
            endpoint,
        }
    }
}
