use super::Moment;
use std::{
    collections::{HashSet, VecDeque},
    time::Duration,
};

/// How many finished messages are remembered, and how long: bounded memory, and longer than a redelivery after a delete
/// that did not take effect can be expected to take.
const NUMBER: usize = 10_000;
const AGE: Duration = Duration::from_secs(60 * 60);

/// The messages that succeeded lately: a redelivery of one is deleted, not done again.
#[derive(Debug, Default)]
pub(super) struct Finished {
    order: VecDeque<(Moment, String)>,
    ids: HashSet<String>,
}

impl Finished {
    pub(super) fn remember(&mut self, message_id: &str, now: Moment) {
        while self.order.len() >= NUMBER || self.order.front().is_some_and(|(since, _)| now.since(*since) > AGE) {
            if let Some((_, id)) = self.order.pop_front() {
                self.ids.remove(&id);
            }
        }
        if self.ids.insert(message_id.to_owned()) {
            self.order.push_back((now, message_id.to_owned()));
        }
    }

    pub(super) fn contains(&self, message_id: &str) -> bool {
        self.ids.contains(message_id)
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
}
