use super::{Moment, action::MessageKey};
use std::{collections::VecDeque, time::Duration};

/// SQS takes at most ten entries in a batch request (Amazon SQS API Reference, `DeleteMessageBatch`).
pub(crate) const MAX_ENTRIES: usize = 10;

/// Collects messages that want the same request until ten are together, or the first has waited long enough.
#[derive(Debug)]
pub(super) struct Batch {
    linger: Duration,
    waiting: VecDeque<(Moment, MessageKey)>,
}

impl Batch {
    pub(super) fn new(linger: Duration) -> Self {
        Self { linger, waiting: VecDeque::new() }
    }

    pub(super) fn push(&mut self, key: MessageKey, now: Moment) {
        self.waiting.push_back((now, key));
    }

    /// When the batch is to be sent even if it is not full.
    pub(super) fn due(&self) -> Option<Moment> {
        self.waiting.front().map(|(since, _)| *since + self.linger)
    }

    /// The next batch, if it is full or due, or if nothing shall wait any more.
    pub(super) fn take(&mut self, now: Moment, hurry: bool) -> Option<Vec<MessageKey>> {
        let due = self.due()?;
        let ready = hurry || now >= due || self.waiting.len() >= MAX_ENTRIES;
        let count = self.waiting.len().min(MAX_ENTRIES);
        ready.then(|| self.waiting.drain(..count).map(|(_, key)| key).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_goes_when_full_due_or_in_a_hurry() {
        let at = |millis| Moment::after_start(Duration::from_millis(millis));
        let mut batch = Batch::new(Duration::from_millis(200));
        (0..12).for_each(|key| batch.push(MessageKey(key), at(key)));
        assert_eq!(batch.take(at(12), false).map(|keys| keys.len()), Some(10));
        assert_eq!(batch.take(at(12), false), None);
        assert_eq!(batch.due(), Some(at(210)));
        assert_eq!(batch.take(at(210), false).map(|keys| keys.len()), Some(2));
        batch.push(MessageKey(13), at(300));
        assert_eq!(batch.take(at(300), true), Some(vec![MessageKey(13)]));
        assert_eq!((batch.due(), batch.take(at(900), true)), (None, None));
    }
}
