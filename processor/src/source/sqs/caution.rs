//! Keeps a record that kills the process from taking its companions to the dead-letter queue.
//!
//! Pure. Nobody can say which of the messages held killed a process, and each of them has lost a
//! receive. So a process is *careful* while messages come that were received often: it receives one
//! at a time. And a message on its last receive is begun *alone*: if it kills the process, no other
//! dies with it.

use crate::tracking::{MessageKey, Moment};
use std::{
    collections::{HashSet, VecDeque},
    hash::{BuildHasher, RandomState},
    time::Duration,
};

/// A process is careful until so many messages in a row came that had not been received often.
const CALM: u32 = 10;
/// So long a message on its last receive waits for the end of the others, and so long they wait for
/// it. Then all go on together: one that takes hours must not stop everything.
const PATIENCE: Duration = Duration::from_secs(30);
/// So many messages that this process saw fail, or handed back, are remembered.
const KNOWN: usize = 10_000;

/// What waits to be begun, and whether messages may be received freely.
#[derive(Debug)]
pub(super) struct Caution<J> {
    /// `None`: not known, or too few to be careful with.
    max_receives: Option<u32>,
    /// Messages in a row that had not been received often.
    calm: u32,
    /// In the order in which they are begun.
    waiting: VecDeque<Waiting<J>>,
    /// It was begun alone; until then others wait for its end.
    alone: Option<(MessageKey, Moment)>,
    /// What these failed of, or were handed back for, was not that they kill the process.
    known: HashSet<u64>,
    known_order: VecDeque<u64>,
    hasher: RandomState,
}

#[derive(Debug)]
struct Waiting<J> {
    key: MessageKey,
    job: J,
    is_last_chance: bool,
    /// The first of them waits at most until then for others to end.
    until: Moment,
}

impl<J> Caution<J> {
    pub(super) fn new(max_receives: Option<u32>) -> Self {
        Self {
            max_receives: max_receives.filter(|most| *most >= 3),
            calm: 0,
            waiting: VecDeque::new(),
            alone: None,
            known: HashSet::new(),
            known_order: VecDeque::new(),
            hasher: RandomState::new(),
        }
    }

    /// A message came, received so many times. Says whether that was its last receive.
    pub(super) fn received(&mut self, message_id: &str, receive_count: u32) -> bool {
        let Some(most) = self.max_receives else { return false };
        if self.known.contains(&self.hasher.hash_one(message_id)) {
            return false;
        }
        self.calm = if receive_count < (most - 2).max(2) { self.calm.saturating_add(1) } else { 0 };
        receive_count >= most
    }

    /// Messages are received one at a time.
    pub(super) fn is_careful(&self) -> bool {
        self.max_receives.is_some() && self.calm < CALM
    }

    /// Nothing is received meanwhile.
    pub(super) fn is_alone(&self, now: Moment) -> bool {
        !self.waiting.is_empty() || self.alone.is_some_and(|(_, until)| now < until)
    }

    /// A message is to be begun: at the next [`ready`](Self::ready), or later.
    pub(super) fn push(&mut self, key: MessageKey, job: J, is_last_chance: bool, now: Moment) {
        self.waiting.push_back(Waiting { key, job, is_last_chance, until: now + PATIENCE });
    }

    /// What is to be begun now, while so many messages are `held` in all. `hurry`: nothing waits
    /// any longer.
    pub(super) fn ready(&mut self, held: usize, hurry: bool, now: Moment) -> Vec<(MessageKey, J)> {
        let mut ready = Vec::new();
        self.alone.take_if(|(_, until)| now >= *until);
        while let Some(first) = self.waiting.front() {
            let is_last_chance = first.is_last_chance && !hurry;
            let others = held.saturating_sub(self.waiting.len());
            if !hurry && self.alone.is_some() || is_last_chance && others > 0 && now < first.until {
                break;
            }
            let Some(Waiting { key, job, .. }) = self.waiting.pop_front() else { break };
            ready.push((key, job));
            if is_last_chance {
                self.alone = Some((key, now + PATIENCE));
            }
            // Its own patience begins when it is the first.
            if let Some(next) = self.waiting.front_mut() {
                next.until = now + PATIENCE;
            }
        }
        ready
    }

    /// When to ask for what is [`ready`](Self::ready) again, if nothing happens before.
    pub(super) fn due(&self) -> Option<Moment> {
        let alone = self.alone.map(|(_, until)| until);
        alone.or_else(|| self.waiting.front().map(|first| first.until))
    }

    /// A message that was not begun never will be: what it was to do, if it waited here.
    pub(super) fn withdraw(&mut self, key: MessageKey) -> Option<J> {
        let at = self.waiting.iter().position(|waiting| waiting.key == key)?;
        self.waiting.remove(at).map(|waiting| waiting.job)
    }

    /// A message ended here. `came_back`: something of it failed, or was handed back.
    pub(super) fn ended(&mut self, key: MessageKey, message_id: &str, came_back: bool) {
        self.alone.take_if(|(alone, _)| *alone == key);
        if came_back && self.max_receives.is_some() {
            let hash = self.hasher.hash_one(message_id);
            if self.known.insert(hash) {
                self.known_order.push_back(hash);
            }
            if self.known_order.len() > KNOWN
                && let Some(oldest) = self.known_order.pop_front()
            {
                self.known.remove(&oldest);
            }
        }
    }

    #[cfg(test)]
    pub(super) fn sizes(&self) -> [(&'static str, usize); 2] {
        [("caution: waiting", self.waiting.len()), ("caution: known", self.known_order.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn at(seconds: u32) -> Moment {
        Moment::default() + seconds * SECOND
    }

    fn key(number: u64) -> MessageKey {
        MessageKey::numbered(number)
    }

    fn begun(caution: &mut Caution<&'static str>, held: usize, seconds: u32) -> Vec<&'static str> {
        caution.ready(held, false, at(seconds)).into_iter().map(|(_, job)| job).collect()
    }

    #[test]
    fn trap_75_a_process_is_careful_until_ten_in_a_row_were_not_received_often() {
        let mut caution = Caution::<()>::new(Some(5));
        for n in 0..10 {
            assert!(caution.is_careful());
            caution.received(&n.to_string(), 1 + n % 2);
        }
        assert!(!caution.is_careful());
        caution.received("often", 3);
        assert!(caution.is_careful());
        for most in [None, Some(1), Some(2)] {
            let mut off = Caution::<()>::new(most);
            assert!(!off.received("a", 2) && !off.is_careful());
        }
    }

    #[test]
    fn trap_75_a_message_on_its_last_receive_is_begun_alone() {
        let mut caution = Caution::new(Some(3));
        assert!(!caution.received("other", 1) && caution.received("last", 3));
        caution.push(key(1), "a", true, at(0));
        assert_eq!(begun(&mut caution, 3, 0), [""; 0], "two others are held");
        caution.push(key(2), "b", true, at(1));
        assert_eq!(begun(&mut caution, 2, 1), ["a"]);
        assert!(caution.is_alone(at(1)));
        assert_eq!(begun(&mut caution, 2, 2), [""; 0], "one after the other");
        caution.ended(key(1), "last", false);
        assert_eq!(begun(&mut caution, 1, 3), ["b"]);
        caution.ended(key(2), "too", false);
        assert!(!caution.is_alone(at(3)) && caution.due().is_none());
    }

    #[test]
    fn trap_75_neither_waits_longer_than_half_a_minute_for_the_other() {
        let mut caution = Caution::new(Some(3));
        caution.push(key(1), "a", true, at(0));
        assert_eq!((begun(&mut caution, 2, 29), caution.due()), (vec![], Some(at(30))));
        assert_eq!(begun(&mut caution, 2, 30), ["a"]);
        caution.push(key(2), "b", false, at(31));
        assert_eq!((begun(&mut caution, 3, 59), caution.due()), (vec![], Some(at(60))));
        assert_eq!(begun(&mut caution, 3, 60), ["b"]);
        assert!(!caution.is_alone(at(60)));
    }

    #[test]
    fn trap_75_what_this_process_saw_fail_is_exempt() {
        let mut caution = Caution::<()>::new(Some(3));
        (0..10).for_each(|n| assert!(!caution.received(&n.to_string(), 1)));
        caution.ended(key(1), "failed", true);
        assert!(!caution.received("failed", 3) && !caution.is_careful());
        assert!(caution.received("unknown", 3) && caution.is_careful());
        (0..2 * KNOWN).for_each(|n| caution.ended(key(1), &n.to_string(), true));
        assert_eq!((caution.known.len(), caution.known_order.len()), (KNOWN, KNOWN));
    }

    #[test]
    fn trap_75_in_a_hurry_all_are_begun_and_what_is_withdrawn_is_not() {
        let mut caution = Caution::new(Some(3));
        caution.push(key(1), "a", true, at(0));
        caution.push(key(2), "b", true, at(0));
        assert_eq!((caution.withdraw(key(1)), caution.withdraw(key(1))), (Some("a"), None));
        assert_eq!(caution.ready(5, true, at(0)).len(), 1);
    }
}
