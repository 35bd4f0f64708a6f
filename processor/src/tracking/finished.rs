use super::Moment;
use std::{
    collections::{HashSet, VecDeque},
    hash::{BuildHasher, RandomState},
    time::Duration,
};

/// How long finished messages are remembered at least: longer than a redelivery after a delete that
/// did not take effect can be expected to take.
const AGE: Duration = Duration::from_secs(60 * 60);
/// They are forgotten together, so many minutes of them at a time.
const GENERATION: Duration = Duration::from_secs(5 * 60);
/// Some 20 to 40 bytes each. Where more are done within the hour the oldest go first: at a thousand
/// a second that leaves a quarter of an hour.
const MOST: usize = 1_000_000;
/// A generation takes no more, so that few are forgotten at once.
const FULL: usize = MOST / 20;

/// The messages that succeeded lately: a redelivery of one is deleted, not done again.
///
/// Of each only a hash is kept. It has 128 bits, because a message that was taken for another one
/// would be deleted unread: with a million remembered that is one in 10 to the power of 32.
#[derive(Debug, Default)]
pub(super) struct Finished {
    /// Each with the moment at which it was begun, the oldest first.
    generations: VecDeque<(Moment, HashSet<u128>)>,
    number: usize,
    hashers: [RandomState; 2],
}

impl Finished {
    pub(super) fn remember(&mut self, message_id: &str, now: Moment) {
        let is_old = |since: &Moment| now.since(*since) > AGE + GENERATION;
        while let Some((_, oldest)) =
            self.generations.pop_front_if(|(since, _)| is_old(since) || self.number >= MOST)
        {
            self.number -= oldest.len();
        }
        let hash = self.hash(message_id);
        let is_open = |(since, generation): &(Moment, HashSet<u128>)| {
            now.since(*since) <= GENERATION && generation.len() < FULL
        };
        if !self.generations.back().is_some_and(is_open) {
            self.generations.push_back((now, HashSet::new()));
        }
        if let Some((_, newest)) = self.generations.back_mut() {
            self.number += usize::from(newest.insert(hash));
        }
    }

    pub(super) fn contains(&self, message_id: &str) -> bool {
        let hash = self.hash(message_id);
        self.generations.iter().any(|(_, generation)| generation.contains(&hash))
    }

    fn hash(&self, message_id: &str) -> u128 {
        let [high, low] = self.hashers.each_ref().map(|hasher| hasher.hash_one(message_id));
        u128::from(high) << 64 | u128::from(low)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trap_57_what_is_remembered_is_bounded_in_number_and_age() {
        let mut finished = Finished::default();
        let at = |seconds| Moment::default() + Duration::from_secs(seconds);
        // A thousand a second.
        let ids = (0..MOST + 400_000).map(|n| (n, (n / 1_000) as u64));
        for (n, second) in ids {
            finished.remember(&n.to_string(), at(second));
        }
        assert!(finished.len() <= MOST, "{}", finished.len());
        assert!(finished.contains(&(MOST + 399_999).to_string()) && !finished.contains("0"));
        let recent = MOST + 400_000 - MOST / 2;
        assert!(finished.contains(&recent.to_string()), "of eight minutes ago");
        finished.remember("late", at(1_400) + AGE + 2 * GENERATION);
        assert_eq!((finished.len(), finished.generations.len()), (1, 1));
    }

    #[test]
    fn trap_33_ten_seconds_at_a_thousand_a_second_are_not_all() {
        let mut finished = Finished::default();
        (0..200_000_u64).for_each(|n| {
            finished.remember(&n.to_string(), Moment::default() + Duration::from_millis(n));
        });
        assert!((0..200_000).all(|n| finished.contains(&n.to_string())));
    }

    #[test]
    fn trap_33_a_message_seen_again_is_remembered_anew() {
        let mut finished = Finished::default();
        let start = Moment::default();
        finished.remember("again", start);
        finished.remember("again", start + AGE);
        finished.remember("other", start + AGE + 2 * GENERATION);
        assert!(
            finished.contains("again"),
            "a delete may fail for longer than one message is remembered"
        );
    }
}
