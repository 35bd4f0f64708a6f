use super::{
    Moment, Policy,
    action::{Action, Answer, Entry, MessageKey, ObjectEnd, Outcome, Request},
    batcher::Batcher,
    delivery::{Delivery, Disposition},
    finished::Finished,
    lease::Lease,
    message::{Decision, Message, Work},
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// All messages held, from receive to end.
#[derive(Debug)]
pub(crate) struct Tracker<J> {
    policy: Policy,
    messages: BTreeMap<MessageKey, Message<J>>,
    by_id: HashMap<String, MessageKey>,
    finished: Finished,
    batchers: [(Request, Batcher); 3],
    dirty: BTreeSet<MessageKey>,
    timers: BTreeSet<(Moment, MessageKey)>,
    reserved: usize,
    next_key: u64,
    hurry: bool,
}

impl<J> Tracker<J> {
    pub(crate) fn new(policy: Policy) -> Self {
        Self {
            policy,
            messages: BTreeMap::new(),
            by_id: HashMap::new(),
            finished: Finished::default(),
            batchers: [Request::Extend, Request::Release, Request::Delete]
                .map(|request| (request, Batcher::default())),
            dirty: BTreeSet::new(),
            timers: BTreeSet::new(),
            reserved: 0,
            next_key: 0,
            hurry: false,
        }
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Reserves up to `wanted` slots for a receive about to be sent, and says how many. So many of
    /// the messages held are `parked`: they take no slot.
    pub(crate) fn reserve(&mut self, wanted: usize, parked: usize) -> usize {
        let slots = self.policy.slots + parked;
        let free = slots.saturating_sub(self.messages.len() + self.reserved);
        let granted = free.min(wanted);
        self.reserved += granted;
        granted
    }

    /// Gives back what [`reserve`](Self::reserve) granted, before the messages that came are
    /// reported one by one.
    pub(crate) fn unreserve(&mut self, granted: usize) {
        self.reserved -= granted;
    }

    /// A receive that was sent at `sent` brought this message.
    pub(crate) fn received(&mut self, delivery: Delivery<J>, sent: Moment, now: Moment) {
        let Delivery { message_id, receipt, failure_delay, disposition } = delivery;
        let lease = Lease::new(sent, self.policy.visibility_timeout);
        let is_finished = self.finished.contains(&message_id);
        let work = Work::new(if is_finished { Disposition::Nothing } else { disposition });
        let next_key = MessageKey(self.next_key);
        let key = *self.by_id.entry(message_id.clone()).or_insert(next_key);
        self.dirty.insert(key);
        if let Some(message) = self.messages.get_mut(&key) {
            message.redelivered(receipt, failure_delay, lease, work);
        } else {
            self.next_key += 1;
            let message = Message::new(message_id, receipt, failure_delay, now, lease, work);
            self.messages.insert(key, message);
        }
    }

    /// The work on one object of the message ended.
    pub(crate) fn object_ended(&mut self, key: MessageKey, end: &ObjectEnd) {
        if let Some(message) = self.messages.get_mut(&key) {
            message.object_ended(end);
            self.dirty.insert(key);
        }
    }

    /// A batch sent at `sent` was answered for this entry.
    pub(crate) fn answered(
        &mut self,
        request: Request,
        entry: &Entry,
        answer: Answer,
        sent: Moment,
        now: Moment,
    ) {
        let message = self.messages.get_mut(&entry.key);
        let Some(message) = message.filter(|message| message.request == Some(request)) else {
            return;
        };
        message.request = None;
        if message.delivery == entry.delivery {
            message.answered(request, entry.term, answer, sent, now, &self.policy);
        }
        self.dirty.insert(entry.key);
    }

    /// When what is handed back undone may become visible. See [`Policy::hand_back_at`].
    pub(crate) fn hand_back_at(&mut self, at: Moment) {
        self.policy.hand_back_at = at;
    }

    /// Batches no longer wait for company: the pipeline is stopping. Shows at the next
    /// [`poll`](Self::poll).
    pub(crate) fn hurry(&mut self) {
        self.hurry = true;
    }

    /// Ends everything held, because nothing can be waited for any longer: neither work that blocks
    /// a thread, nor the answers to requests.
    pub(crate) fn abandon(&mut self, now: Moment) -> Vec<Action<J>> {
        let mut actions = Vec::new();
        while let Some((key, message)) = self.messages.first_key_value() {
            let key = *key;
            let runs = message.work.open > 0 && message.work.job.is_none();
            let outcome = if runs { Outcome::Abandoned } else { Outcome::LeftToTimeOut };
            self.end(key, outcome, now, &mut actions);
        }
        actions
    }

    /// Until when a message's lease surely lasts.
    pub(crate) fn lease_until(&self, key: MessageKey) -> Option<Moment> {
        self.messages.get(&key).map(|message| message.lease.until())
    }

    /// How many messages are held.
    pub(crate) fn held(&self) -> usize {
        self.messages.len()
    }

    #[cfg(test)]
    pub(crate) fn sizes(&self) -> [(&'static str, usize); 6] {
        [
            ("tracker: messages", self.messages.len()),
            ("tracker: by id", self.by_id.len()),
            ("tracker: remembered", self.finished.len()),
            ("tracker: batches", self.batchers.iter().map(|(_, batcher)| batcher.len()).sum()),
            ("tracker: to be decided", self.dirty.len()),
            ("tracker: timers", self.timers.len()),
        ]
    }

    /// The id of a message that is held.
    pub(crate) fn message_id(&self, key: MessageKey) -> Option<&str> {
        self.messages.get(&key).map(|message| &*message.message_id)
    }

    /// When to [`poll`](Self::poll) again if nothing is reported before; what is reported shows at
    /// the next poll.
    pub(crate) fn next_poll(&self) -> Option<Moment> {
        let timer = self.timers.first().map(|(moment, _)| *moment);
        self.batchers.iter().filter_map(|(_, batcher)| batcher.due()).chain(timer).min()
    }

    /// Decides what is to be done now.
    pub(crate) fn poll(&mut self, now: Moment) -> Vec<Action<J>> {
        let mut actions = Vec::new();
        while let Some((moment, key)) =
            self.timers.first().copied().filter(|(moment, _)| *moment <= now)
        {
            self.timers.remove(&(moment, key));
            self.dirty.insert(key);
        }
        while let Some(key) = self.dirty.pop_first() {
            self.decide(key, now, &mut actions);
        }
        self.fill_extensions(now);
        self.flush(now, &mut actions);
        actions
    }

    fn decide(&mut self, key: MessageKey, now: Moment, actions: &mut Vec<Action<J>>) {
        loop {
            let Some(message) = self.messages.get_mut(&key) else { return };
            match message.decide(now, &self.policy) {
                Decision::Wait(wake) => return self.set_timer(key, wake),
                Decision::Start => {
                    actions.extend(message.work.job.take().map(|job| Action::Start { key, job }));
                }
                Decision::Cancel if message.work.cancel() => actions.push(Action::Cancel { key }),
                Decision::Cancel => {}
                Decision::Ask(request) => self.ask(key, request, now),
                Decision::End(outcome) => return self.end(key, outcome, now, actions),
            }
        }
    }

    fn ask(&mut self, key: MessageKey, request: Request, now: Moment) {
        let message = self.messages.get_mut(&key).expect("decided about");
        message.requested(request, now);
        let due = message.may_linger_until(request, now, &self.policy);
        self.batcher(request).push(key, due);
    }

    fn batcher(&mut self, request: Request) -> &mut Batcher {
        let at = self
            .batchers
            .iter()
            .position(|(kind, _)| *kind == request)
            .expect("one batcher per kind");
        &mut self.batchers[at].1
    }

    /// Where extensions are sent anyway, those that would be due soon go with them.
    fn fill_extensions(&mut self, now: Moment) {
        if self.batcher(Request::Extend).due().is_none() {
            return;
        }
        let soon = now + self.policy.visibility_timeout / 8;
        let due_soon: Vec<_> =
            self.timers.range(..=(soon, MessageKey(u64::MAX))).copied().collect();
        for (timer, key) in due_soon {
            if self.messages[&key].decide(timer, &self.policy) == Decision::Ask(Request::Extend) {
                self.ask(key, Request::Extend, now);
                let mut none = Vec::new();
                self.decide(key, now, &mut none);
            }
        }
    }

    /// Nothing can come to what waits for company: all that may be held is held, and waits as well.
    fn is_stuck(&self) -> bool {
        let waiting: usize = self.batchers.iter().map(|(_, batcher)| batcher.len()).sum();
        waiting == self.messages.len() && self.messages.len() + self.reserved >= self.policy.slots
    }

    fn flush(&mut self, now: Moment, actions: &mut Vec<Action<J>>) {
        let hurry = self.hurry || self.is_stuck();
        for at in 0..self.batchers.len() {
            let request = self.batchers[at].0;
            while let Some(keys) = self.batchers[at].1.take(now, hurry) {
                let entries: Vec<_> =
                    keys.into_iter().filter_map(|key| self.entry(key, request, now)).collect();
                if !entries.is_empty() {
                    actions.push(Action::Send { request, entries });
                }
            }
        }
    }

    /// The entry as it stands when the batch is sent: with the newest receipt and the term that
    /// fits now.
    fn entry(&self, key: MessageKey, request: Request, now: Moment) -> Option<Entry> {
        let message = self.messages.get(&key)?;
        let term = message.term(request, now, &self.policy);
        Some(Entry { key, delivery: message.delivery, receipt: message.receipt.clone(), term })
    }

    fn set_timer(&mut self, key: MessageKey, wake: Option<Moment>) {
        let message = self.messages.get_mut(&key).expect("timers are of held messages");
        if let Some(old) = message.timer.take() {
            self.timers.remove(&(old, key));
        }
        if let Some(wake) = wake {
            message.timer = Some(wake);
            self.timers.insert((wake, key));
        }
    }

    fn end(
        &mut self,
        key: MessageKey,
        outcome: Outcome,
        now: Moment,
        actions: &mut Vec<Action<J>>,
    ) {
        self.set_timer(key, None);
        let message = self.messages.remove(&key).expect("ended once");
        self.by_id.remove(&message.message_id);
        if message.work.succeeded() {
            self.finished.remember(&message.message_id, now);
        }
        let held = now.since(message.received);
        actions.push(Action::End { key, message_id: message.message_id, outcome, held });
    }
}
