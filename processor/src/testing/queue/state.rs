use super::{QueueSettings, lease::Lease};
use crate::{
    config::MAX_TOTAL,
    port::{Receive, Received},
    record::Told,
    testing::{EntryResult, Event, Op, Trace},
    tracking,
};
use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    time::Duration,
};
use tokio::time::Instant;

/// Where a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Sent with a delay that is not over.
    Delayed,
    Visible,
    /// Received, and its visibility timeout is not over.
    InFlight,
    Deleted,
    /// In the dead-letter queue.
    Dead,
}

/// All messages ever sent (or those that are not gone, with a forgetful trace), and what is going
/// on about them.
#[derive(Debug)]
pub(super) struct State {
    messages: Vec<Stored>,
    sent: u64,
    /// What is told of messages that are sent from now on.
    pub(super) told: Told,
    /// Requests that nobody answers, and when they take effect.
    late: Vec<(Instant, Op, Vec<tracking::Entry>)>,
    /// How many requests of a consumer are under way about a message.
    busy: BTreeMap<(u32, String), usize>,
    consumers: u32,
    /// The newest consumer that cannot reach the queue any more, nor can those before it.
    cut_off: u32,
    /// Consumers that were killed.
    dead: BTreeSet<u32>,
    pub(super) vanished: bool,
    pub(super) violations: Vec<String>,
    trace: Trace,
}

#[derive(Debug)]
struct Stored {
    id: String,
    told: Told,
    body: String,
    lease: Lease,
    deleted: bool,
    dead: bool,
    again: bool,
}

impl State {
    pub(super) fn new(trace: Trace) -> Self {
        let (messages, late, busy, violations) = Default::default();
        Self {
            messages,
            sent: 0,
            told: Told::default(),
            late,
            busy,
            consumers: 0,
            cut_off: 0,
            dead: BTreeSet::new(),
            vanished: false,
            violations,
            trace,
        }
    }

    pub(super) fn new_consumer(&mut self) -> u32 {
        self.consumers += 1;
        self.consumers
    }

    pub(super) fn cut_off(&mut self) {
        self.cut_off = self.consumers;
    }

    pub(super) fn is_cut_off(&self, consumer: u32) -> bool {
        (consumer <= self.cut_off && self.cut_off > 0) || self.is_dead(consumer)
    }

    pub(super) fn kill(&mut self, consumer: u32) {
        self.dead.insert(consumer);
    }

    pub(super) fn is_dead(&self, consumer: u32) -> bool {
        self.dead.contains(&consumer)
    }

    pub(super) fn expire(&mut self, message: &str, now: Instant) {
        self.stored(message).lease.expire(now);
    }

    pub(super) fn send(&mut self, body: String, visible_at: Instant) -> String {
        let id = format!("m{}", self.sent);
        self.sent += 1;
        self.trace.note(Event::Sent { message: id.clone() });
        let lease = Lease::visible_from(visible_at);
        self.messages.push(Stored {
            id: id.clone(),
            told: self.told.clone(),
            body,
            lease,
            deleted: false,
            dead: false,
            again: false,
        });
        id
    }

    pub(super) fn deliver_again(&mut self, message: &str) {
        self.stored(message).again = true;
    }

    /// Hands out what is visible, the longest visible first.
    pub(super) fn take(
        &mut self,
        receive: &Receive,
        by: u32,
        settings: &QueueSettings,
        twice: bool,
        now: Instant,
    ) -> Vec<Received> {
        let mut due: Vec<_> =
            (0..self.messages.len()).filter(|n| self.messages[*n].is_due(now)).collect();
        due.sort_by_key(|n| (self.messages[*n].lease.visible_at(), *n));
        let mut taken = Vec::new();
        for n in due {
            let message = &mut self.messages[n];
            if settings.max_receives.is_some_and(|most| message.lease.receives >= most) {
                // What is in flight is not moved for being delivered twice.
                if !message.lease.is_visible(now) {
                    message.again = false;
                    continue;
                }
                message.dead = true;
                self.trace.note(Event::Dead { message: message.id.clone() });
            } else if taken.len() < receive.max {
                taken.push(message.receive(receive.visibility_timeout, by, now, &self.trace));
                if twice && taken.len() == 1 && receive.max > 1 {
                    taken.push(message.receive(receive.visibility_timeout, by, now, &self.trace));
                }
            }
        }
        self.forget_gone();
        taken
    }

    fn forget_gone(&mut self) {
        if self.trace.is_forgetful() {
            self.messages.retain(|message| !message.is_gone());
        }
    }

    /// How many messages there are, those that are gone included unless they were forgotten.
    pub(super) fn len(&self) -> usize {
        self.messages.len()
    }

    /// When the next message becomes visible by itself, or a late request takes effect.
    pub(super) fn next_change(&self, now: Instant) -> Option<Instant> {
        let hidden = self
            .messages
            .iter()
            .filter(|message| !message.is_gone() && !message.lease.is_visible(now));
        hidden
            .map(|message| message.lease.visible_at())
            .chain(self.late.iter().map(|(at, ..)| *at))
            .min()
    }

    pub(super) fn apply(
        &mut self,
        op: Op,
        entry: &tracking::Entry,
        settings: &QueueSettings,
        asked: Instant,
        now: Instant,
    ) -> EntryResult {
        let verdict = self.effect(op, entry, settings, now);
        // Nobody waits so long for an answer, unless the clock jumped while it was on its way.
        let is_held_up = now - asked > settings.visibility_timeout / 4;
        if verdict == EntryResult::TooLong && !is_held_up {
            self.violations
                .push(format!("{}: {:?} goes beyond the 12 hours", entry.receipt, entry.term));
        }
        self.forget_gone();
        self.note(op, entry, verdict)
    }

    fn effect(
        &mut self,
        op: Op,
        entry: &tracking::Entry,
        settings: &QueueSettings,
        now: Instant,
    ) -> EntryResult {
        let (message, number) = split(&entry.receipt);
        let Some(stored) = self.messages.iter_mut().find(|stored| stored.id == message) else {
            return EntryResult::Stale;
        };
        match op {
            _ if stored.dead => EntryResult::Stale,
            Op::Delete if stored.lease.is_newest(number) => {
                stored.deleted = true;
                EntryResult::Done
            }
            Op::Delete if settings.ignores_stale_deletes => EntryResult::Ignored,
            Op::Delete => EntryResult::Stale,
            _ if stored.deleted => EntryResult::Stale,
            _ => stored.lease.change(number, entry.term, now),
        }
    }

    /// The request takes effect at that moment, and nobody hears of it.
    pub(super) fn later(&mut self, at: Instant, op: Op, entries: Vec<tracking::Entry>) {
        self.late.push((at, op, entries));
    }

    pub(super) fn apply_late(&mut self, now: Instant, settings: &QueueSettings) {
        while let Some(n) =
            (0..self.late.len()).filter(|n| self.late[*n].0 <= now).min_by_key(|n| self.late[*n].0)
        {
            let (at, op, entries) = self.late.remove(n);
            for entry in &entries {
                // What is refused for coming late was within the 12 hours when it was sent.
                let verdict = match self.effect(op, entry, settings, at) {
                    EntryResult::TooLong => EntryResult::Refused,
                    verdict => verdict,
                };
                self.note(op, entry, verdict);
            }
        }
    }

    /// A request about these entries leaves the consumer: is it one the service takes, and the only
    /// one?
    pub(super) fn begin(&mut self, consumer: u32, op: Op, entries: &[tracking::Entry]) {
        let mut wrong = Vec::new();
        if matches!(op, Op::Change | Op::Delete) && !(1..=10).contains(&entries.len()) {
            wrong.push(format!("a batch of {}", entries.len()));
        }
        for tracking::Entry { receipt, term, .. } in entries {
            let message = split(receipt).0;
            let busy = self.busy.entry((consumer, message.to_owned())).or_default();
            *busy += 1;
            if *busy > 1 {
                wrong.push(format!("two requests at once about {message}: {op:?} {receipt}"));
            }
            if *term > MAX_TOTAL || term.subsec_nanos() != 0 {
                wrong.push(format!("{receipt}: a visibility timeout of {term:?}"));
            }
        }
        self.violations.append(&mut wrong);
    }

    pub(super) fn finish(&mut self, consumer: u32, receipts: &[String]) {
        for receipt in receipts {
            if let Entry::Occupied(mut busy) =
                self.busy.entry((consumer, split(receipt).0.to_owned()))
            {
                *busy.get_mut() -= 1;
                if *busy.get() == 0 {
                    busy.remove();
                }
            }
        }
    }

    pub(super) fn check_receive(&mut self, receive: &Receive) {
        let Receive { max, visibility_timeout, wait } = *receive;
        let whole = visibility_timeout.subsec_nanos() == 0 && wait.subsec_nanos() == 0;
        let waits = (Duration::from_secs(1)..=Duration::from_secs(20)).contains(&wait);
        if !(1..=10).contains(&max) || visibility_timeout > MAX_TOTAL || !waits || !whole {
            self.violations.push(format!("{receive:?}"));
        }
    }

    pub(super) fn place(&self, message: &str, now: Instant) -> Place {
        self.messages
            .iter()
            .find(|stored| stored.id == message)
            .expect("a message that was sent")
            .place(now)
    }

    pub(super) fn in_place(&self, place: Place, now: Instant) -> Vec<String> {
        self.messages
            .iter()
            .filter(|message| message.place(now) == place)
            .map(|message| message.id.clone())
            .collect()
    }

    pub(super) fn all(&self, now: Instant, is: impl Fn(Place) -> bool) -> bool {
        self.messages.iter().all(|message| is(message.place(now)))
    }

    pub(super) fn receives(&self, message: &str) -> u32 {
        self.messages
            .iter()
            .find(|stored| stored.id == message)
            .map_or(0, |stored| stored.lease.receives)
    }

    fn stored(&mut self, message: &str) -> &mut Stored {
        self.messages
            .iter_mut()
            .find(|stored| stored.id == message)
            .expect("a message that was sent")
    }

    /// Writes down what became of an entry.
    pub(super) fn note(
        &self,
        op: Op,
        entry: &tracking::Entry,
        verdict: EntryResult,
    ) -> EntryResult {
        let receipt = entry.receipt.clone();
        self.trace.note(match op {
            Op::Delete => Event::Deleted { receipt, verdict },
            _ => Event::Changed { receipt, term: entry.term, verdict },
        });
        verdict
    }
}

impl Stored {
    fn is_gone(&self) -> bool {
        self.deleted || self.dead
    }

    fn is_due(&self, now: Instant) -> bool {
        !self.is_gone() && (self.again || self.lease.is_visible(now))
    }

    fn receive(&mut self, term: Duration, by: u32, now: Instant, trace: &Trace) -> Received {
        self.again = false;
        let again = !self.lease.is_visible(now);
        let count = self.lease.receive(term, now);
        let (message, receipt) = (self.id.clone(), format!("{}#{count}", self.id));
        trace.note(Event::Received {
            message: message.clone(),
            by,
            receipt: receipt.clone(),
            count,
            term,
            again,
        });
        let told = Told { id: message, ..self.told.clone() };
        Received { receipt, body: self.body.clone(), receive_count: count, told }
    }

    fn place(&self, now: Instant) -> Place {
        match () {
            () if self.deleted => Place::Deleted,
            () if self.dead => Place::Dead,
            () if self.lease.is_visible(now) => Place::Visible,
            () if self.lease.receives == 0 => Place::Delayed,
            () => Place::InFlight,
        }
    }
}

/// A receipt's message and number.
fn split(receipt: &str) -> (&str, u32) {
    let (message, number) = receipt.split_once('#').expect("a receipt of this queue");
    (message, number.parse().expect("a receipt of this queue"))
}
