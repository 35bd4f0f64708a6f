use super::{FIRST_PROBE, LONGEST_PROBE, OutageClass, WaiterKey};
use crate::tracking::Moment;
use std::time::Duration;

/// An outage that lasts.
#[derive(Debug)]
pub(super) struct Ongoing {
    pub(super) class: OutageClass,
    pub(super) since: Moment,
    pub(super) example: String,
    pub(super) error: String,
    /// Probes that failed.
    pub(super) probes: u64,
    pub(super) is_announced: bool,
    /// Whose turn it is.
    pub(super) chosen: Option<WaiterKey>,
    /// It is under way.
    pub(super) is_probing: bool,
    pub(super) probe: Pause,
    /// When one message may be received, to be a probe.
    pub(super) receive: Pause,
}

/// A moment that moves on by ever longer steps.
#[derive(Debug)]
pub(super) struct Pause {
    pub(super) until: Moment,
    step: Duration,
}

impl Pause {
    fn new(now: Moment) -> Self {
        Self { until: now + FIRST_PROBE, step: FIRST_PROBE }
    }

    pub(super) fn lengthen(&mut self, now: Moment, jitter: impl Fn(Duration) -> Duration) {
        self.step = (self.step * 2).min(LONGEST_PROBE);
        self.until = now + jitter(self.step);
    }
}

impl Ongoing {
    pub(super) fn new(class: OutageClass, example: String, error: String, now: Moment) -> Self {
        Self {
            class,
            since: now,
            example,
            error,
            probes: 0,
            is_announced: true,
            chosen: None,
            is_probing: false,
            probe: Pause::new(now),
            receive: Pause::new(now),
        }
    }
}
