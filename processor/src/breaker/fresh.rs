use super::{FIRST_TRIAL, LONGEST_TRIAL, pause::Pause};
use crate::tracking::Moment;
use std::time::Duration;

/// How messages may be received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Receiving {
    Free,
    /// One, to see whether it fares better.
    One,
    /// None, until the moment comes or something changes.
    Paused(Moment),
}

/// How fresh messages are received while something is down: as usual while they fare well, else one
/// at a time after growing pauses.
#[derive(Debug, Default)]
pub(super) struct Fresh {
    is_trusted: bool,
    pause: Pause,
}

impl Fresh {
    pub(super) fn trust(&mut self) {
        *self = Self { is_trusted: true, pause: Pause::default() };
    }

    pub(super) fn distrust(&mut self, now: Moment) {
        self.is_trusted = false;
        if self.pause.is_none() {
            self.pause = Pause::begin(now, FIRST_TRIAL);
        }
    }

    pub(super) fn received(&mut self, now: Moment, jitter: impl Fn(Duration) -> Duration) {
        if !self.is_trusted {
            self.pause.lengthen(FIRST_TRIAL, LONGEST_TRIAL, now, jitter);
        }
    }

    pub(super) fn receiving(&self, now: Moment) -> Receiving {
        match self.pause.until {
            _ if self.is_trusted => Receiving::Free,
            until if until > now => Receiving::Paused(until),
            _ => Receiving::One,
        }
    }
}
