use super::{CROWD, OutageClass};
use crate::tracking::Moment;

/// Requests to the queue for messages that failed one after the other.
#[derive(Debug, Default)]
pub(super) struct Streak {
    failures: u64,
    pub(super) outage: Option<QueueOutage>,
}

#[derive(Debug)]
pub(super) struct QueueOutage {
    pub(super) class: OutageClass,
    pub(super) since: Moment,
    pub(super) queue: String,
    pub(super) error: String,
    pub(super) probes: u64,
    pub(super) is_announced: bool,
}

impl Streak {
    pub(super) fn is_calm(&self) -> bool {
        self.failures == 0
    }

    /// Whether that makes it an outage.
    pub(super) fn failed(
        &mut self,
        class: OutageClass,
        queue: &str,
        error: String,
        now: Moment,
    ) -> bool {
        self.failures += 1;
        if let Some(outage) = &mut self.outage {
            (outage.class, outage.error) = (class, error);
            outage.probes += 1;
            return false;
        }
        if self.failures < CROWD as u64 {
            return false;
        }
        let queue = queue.to_owned();
        self.outage =
            Some(QueueOutage { class, since: now, queue, error, probes: 0, is_announced: true });
        true
    }

    /// The outage that is over, if there was one.
    pub(super) fn answered(&mut self) -> Option<QueueOutage> {
        self.failures = 0;
        self.outage.take()
    }
}
