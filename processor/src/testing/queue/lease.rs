use crate::{config::MAX_TOTAL, testing::EntryResult};
use std::time::Duration;
use tokio::time::Instant;

/// One message's place in time: when it is visible, and who may say so.
#[derive(Debug)]
pub(super) struct Lease {
    visible_at: Instant,
    /// When the newest receive began, and its number.
    received: Option<Instant>,
    pub(super) receives: u32,
}

impl Lease {
    pub(super) fn visible_from(visible_at: Instant) -> Self {
        Self { visible_at, received: None, receives: 0 }
    }

    pub(super) fn visible_at(&self) -> Instant {
        self.visible_at
    }

    /// Visible from now on, if it is not already.
    pub(super) fn expire(&mut self, now: Instant) {
        self.visible_at = self.visible_at.min(now);
    }

    pub(super) fn is_visible(&self, now: Instant) -> bool {
        now >= self.visible_at
    }

    /// Hands the message out; the number of the receive is the one of its receipt.
    pub(super) fn receive(&mut self, term: Duration, now: Instant) -> u32 {
        self.visible_at = now + term;
        self.received = Some(now);
        self.receives += 1;
        self.receives
    }

    /// Whether the receipt with this number may still be used at all.
    pub(super) fn is_newest(&self, receipt: u32) -> bool {
        self.received.is_some() && receipt == self.receives
    }

    pub(super) fn change(&mut self, receipt: u32, term: Duration, now: Instant) -> EntryResult {
        if !self.is_newest(receipt) {
            return EntryResult::Stale;
        }
        if self.is_visible(now) {
            return EntryResult::NotInFlight;
        }
        if self.received.is_some_and(|received| now + term > received + MAX_TOTAL) {
            return EntryResult::TooLong;
        }
        self.visible_at = now + term;
        EntryResult::Done
    }
}
