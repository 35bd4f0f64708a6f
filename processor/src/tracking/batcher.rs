use super::{Moment, action::MessageKey};
use std::collections::VecDeque;

/// SQS takes at most ten entries in a batch request (Amazon SQS API Reference,
/// `DeleteMessageBatch`).
pub(crate) const MAX_ENTRIES: usize = 10;

/// Collects messages that want the same request until ten are together, or one can wait no longer.
#[derive(Debug, Default)]
pub(super) struct Batcher {
    /// The first is the first to be due.
    waiting: VecDeque<(Moment, MessageKey)>,
}

impl Batcher {
    /// Adds a message that waits until `due` at most.
    pub(super) fn push(&mut self, key: MessageKey, due: Moment) {
        match self.due() {
            Some(first) if due < first => self.waiting.push_front((due, key)),
            _ => self.waiting.push_back((due, key)),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// When the batch is to be sent even if it is not full.
    pub(super) fn due(&self) -> Option<Moment> {
        self.waiting.front().map(|(due, _)| *due)
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
    use std::time::Duration;

    fn at(millis: u64) -> Moment {
        Moment::after_start(Duration::from_millis(millis))
    }

    #[test]
    fn a_batch_goes_when_full_due_or_in_a_hurry() {
        let mut batcher = Batcher::default();
        (0..12).for_each(|key| batcher.push(MessageKey(key), at(200 + key)));
        assert_eq!(batcher.take(at(12), false).map(|keys| keys.len()), Some(10));
        assert_eq!(batcher.take(at(12), false), None);
        assert_eq!(batcher.due(), Some(at(210)));
        assert_eq!(batcher.take(at(210), false).map(|keys| keys.len()), Some(2));
        batcher.push(MessageKey(13), at(500));
        assert_eq!(batcher.take(at(300), true), Some(vec![MessageKey(13)]));
        assert_eq!((batcher.due(), batcher.take(at(900), true)), (None, None));
    }

    #[test]
    fn one_that_cannot_wait_takes_the_others_along() {
        let mut batcher = Batcher::default();
        batcher.push(MessageKey(1), at(200));
        batcher.push(MessageKey(2), at(50));
        assert_eq!(batcher.due(), Some(at(50)));
        assert_eq!(batcher.take(at(50), false), Some(vec![MessageKey(2), MessageKey(1)]));
    }
}
