use crate::{
    config::MAX_TOTAL,
    tracking::{Answer, Moment},
};
use std::time::Duration;

/// What a naive SQS knows of a message.
#[derive(Debug, Default)]
pub(super) struct Stored {
    pub(super) deleted: bool,
    pub(super) visible_at: Moment,
    pub(super) received_at: Moment,
    receives: u32,
    /// The service hands the message out again although it is in flight.
    pub(super) duplicate: bool,
    pub(super) holder: Holder,
}

/// Who received a message last.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holder {
    /// Nobody, another consumer, or a receive whose answer has not arrived.
    #[default]
    Other,
    Us,
}

/// The queue: one lease per message, the newest receipt is the one that counts.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) stored: Vec<Stored>,
    /// Where the next receive begins to look, so that it is each message's turn.
    first: usize,
}

/// A receipt names its message, so that the checks need no table.
pub(super) fn message_of(receipt: &str) -> usize {
    receipt.split('/').next().and_then(|index| index.parse().ok()).expect("a receipt of this queue")
}

impl Queue {
    pub(super) fn new(messages: usize) -> Self {
        Self { stored: (0..messages).map(|_| Stored::default()).collect(), first: 0 }
    }

    pub(super) fn is_visible(&self, index: usize, now: Moment) -> bool {
        let stored = &self.stored[index];
        !stored.deleted && stored.visible_at <= now
    }

    /// Receipts of up to `max` messages; a duplicate is one more copy of its message.
    pub(super) fn receive(&mut self, max: usize, timeout: Duration, now: Moment) -> Vec<String> {
        let mut receipts = Vec::new();
        self.first = (self.first + 1) % self.stored.len();
        for index in (self.first..self.stored.len()).chain(0..self.first) {
            let copy =
                std::mem::take(&mut self.stored[index].duplicate) && !self.stored[index].deleted;
            let copies = usize::from(self.is_visible(index, now)) + usize::from(copy);
            for _ in 0..copies.min(max - receipts.len()) {
                receipts.push(self.hand_out(index, timeout, now));
            }
        }
        receipts
    }

    pub(super) fn hand_out(&mut self, index: usize, timeout: Duration, now: Moment) -> String {
        let stored = &mut self.stored[index];
        stored.receives += 1;
        (stored.received_at, stored.visible_at, stored.holder) =
            (now, now + timeout, Holder::Other);
        format!("{index}/{}", stored.receives)
    }

    /// The next receive brings a copy of this message, though it may be in flight.
    pub(super) fn duplicate(&mut self, n: u32) {
        let index = n as usize % self.stored.len();
        self.stored[index].duplicate = true;
    }

    pub(super) fn is_newest(&self, receipt: &str) -> bool {
        let index = message_of(receipt);
        receipt == format!("{index}/{}", self.stored[index].receives)
    }

    /// `punctual`: the request arrives while the sender still waits for the answer.
    pub(super) fn change_visibility(
        &mut self,
        receipt: &str,
        term: Duration,
        now: Moment,
        punctual: bool,
    ) -> Answer {
        let index = message_of(receipt);
        if !self.is_newest(receipt) || self.stored[index].deleted || self.is_visible(index, now) {
            return Answer::Lost;
        }
        let stored = &mut self.stored[index];
        if now + term > stored.received_at + MAX_TOTAL {
            assert!(!punctual, "trap 39: {receipt} for {term:?} at {now} reaches beyond 12 h");
            return Answer::Lost;
        }
        stored.visible_at = now + term;
        Answer::Done
    }

    /// A stale receipt may be refused, or accepted without effect.
    pub(super) fn delete(&mut self, receipt: &str, polite: bool) -> Answer {
        if self.is_newest(receipt) {
            self.stored[message_of(receipt)].deleted = true;
            Answer::Done
        } else if polite {
            Answer::Done
        } else {
            Answer::Lost
        }
    }
}
