use super::Moment;
use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

/// How many finished messages are remembered, and how long: bounded memory, and longer than a
/// redelivery after a delete that did not take effect can be expected to take.
const NUMBER: usize = 10_000;
const AGE: Duration = Duration::from_secs(60 * 60);

/// The messages that succeeded lately: a redelivery of one is deleted, not done again.
#[derive(Debug, Default)]
pub(super) struct Finished {
    order: VecDeque<(Moment, String)>,
    /// When each was remembered last; `order` also holds the earlier times.
    ids: HashMap<String, Moment>,
}

impl Finished {
    pub(super) fn remember(&mut self, message_id: &str, now: Moment) {
        while self.order.len() >= NUMBER
            || self.order.front().is_some_and(|(since, _)| now.since(*since) > AGE)
        {
            if let Some((since, id)) = self.order.pop_front()
                && self.ids.get(&id) == Some(&since)
            {
                self.ids.remove(&id);
            }
        }
        self.ids.insert(message_id.to_owned(), now);
        self.order.push_back((now, message_id.to_owned()));
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.order.len().max(self.ids.len())
    }

    pub(super) fn contains(&self, message_id: &str) -> bool {
        self.ids.contains_key(message_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trap_57_what_is_remembered_is_bounded_in_number_and_age() {
        let mut finished = Finished::default();
        for n in 0..NUMBER + 50 {
            finished.remember(&n.to_string(), Moment::default());
        }
        assert_eq!((finished.order.len(), finished.ids.len()), (NUMBER, NUMBER));
        assert!(!finished.contains("49") && finished.contains("50"));
        finished.remember("late", Moment::default() + AGE + Duration::from_secs(1));
        assert_eq!((finished.order.len(), finished.ids.len()), (1, 1));
    }

    #[test]
    fn trap_33_a_message_seen_again_is_remembered_anew() {
        let mut finished = Finished::default();
        let start = Moment::default();
        finished.remember("again", start);
        finished.remember("again", start + AGE);
        finished.remember("other", start + AGE + Duration::from_secs(1));
        assert!(
            finished.contains("again"),
            "a delete may fail for longer than one message is remembered"
        );
    }
}
