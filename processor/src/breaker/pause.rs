use crate::tracking::Moment;
use std::time::Duration;

/// A moment that moves on by ever longer steps.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pause {
    pub(super) until: Moment,
    step: Duration,
}

impl Pause {
    /// The first pause, as it is.
    pub(super) fn begin(now: Moment, first: Duration) -> Self {
        Self { until: now + first, step: first }
    }

    pub(super) fn lengthen(
        &mut self,
        first: Duration,
        longest: Duration,
        now: Moment,
        jitter: impl Fn(Duration) -> Duration,
    ) {
        self.step = (self.step * 2).clamp(first, longest);
        self.until = now + jitter(self.step);
    }

    /// Whether there was none.
    pub(super) fn is_none(&self) -> bool {
        self.step.is_zero()
    }
}
