use super::{
    Moment, Policy,
    action::{Action, Answer, Entry, MessageKey, ObjectEnd, Outcome, Request},
    batch::Batch,
    finished::Finished,
    lease::Lease,
    message::{Decision, Message, Work},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

/// A message as it was received, and what is to be done about it.
#[derive(Debug)]
pub(crate) struct Delivery<J> {
    pub(crate) message_id: String,
    pub(crate) receipt: String,
    pub(crate) plan: Plan<J>,
}

/// What a message's body asks for.
#[derive(Debug)]
pub(crate) enum Plan<J> {
    /// So many objects (at least one) are to be processed.
    Objects { count: usize, job: J },
    /// Nothing to do (a test event, other event kinds): delete it.
    Nothing,
    /// It cannot be understood: leave it.
    Unreadable,
    /// The pipeline is stopping: give it back.
    HandBack,
}

/// All messages held, from receive to end.
#[derive(Debug)]
pub(crate) struct Tracker<J> {
    policy: Policy,
    messages: BTreeMap<MessageKey, Message>,
    by_id: HashMap<String, MessageKey>,
    /// Redeliveries that wait for the end of a failed or cancelled job of the same message.
    waiting: BTreeMap<MessageKey, (MessageKey, J)>,
    to_start: Vec<(MessageKey, J)>,
    finished: Finished,
    batches: [(Request, Batch); 3],
    dirty: BTreeSet<MessageKey>,
    timers: BTreeSet<(Moment, MessageKey)>,
    reserved: usize,
    next_key: u64,
    hurry: bool,
}

impl<J> Tracker<J> {
    pub(crate) fn new(policy: Policy) -> Self {
        let batches = [
            (Request::Extend, Batch::new(Duration::ZERO)),
            (Request::Release, Batch::new(Duration::ZERO)),
            (Request::Delete, Batch::new(policy.delete_linger)),
        ];
        Self {
            policy,
            messages: BTreeMap::new(),
            by_id: HashMap::new(),
            waiting: BTreeMap::new(),
            to_start: Vec::new(),
            finished: Finished::default(),
            batches,
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

    /// Reserves up to `wanted` slots for a receive about to be sent, and says how many.
    pub(crate) fn reserve(&mut self, wanted: usize) -> usize {
        let free = self.policy.slots.saturating_sub(self.messages.len() + self.reserved);
        let granted = free.min(wanted);
        self.reserved += granted;
        granted
    }

    /// Gives back what [`reserve`](Self::reserve) granted, before the messages that came are reported one by one.
    pub(crate) fn unreserve(&mut self, granted: usize) {
        self.reserved -= granted;
    }

    /// A receive that was sent at `sent` brought this message.
    pub(crate) fn received(&mut self, delivery: Delivery<J>, sent: Moment, now: Moment) {
        let Delivery { message_id, receipt, plan } = delivery;
        let lease = Lease::new(sent, self.policy.visibility_timeout);
        let held = self.by_id.get(&message_id).copied();
        if let Some(key) = held {
            let old = self.messages.get_mut(&key).expect("what by_id names is held");
            if old.work.is_hopeful() {
                old.redelivered(receipt, lease);
                self.dirty.insert(key);
                return;
            }
        }
        let mut work = Work::default();
        let mut start = None;
        match plan {
            _ if held.is_none() && self.finished.contains(&message_id) => {}
            Plan::Objects { count, job } => {
                work.open = count;
                start = Some(job);
            }
            Plan::Nothing => {}
            Plan::Unreadable => work.unreadable = true,
            Plan::HandBack => work.cut = true,
        }
        let key = MessageKey(self.next_key);
        self.next_key += 1;
        if let Some(old) = held {
            self.messages.get_mut(&old).expect("what by_id names is held").superseded = true;
            self.dirty.insert(old);
        }
        match (start, held) {
            (Some(job), Some(old)) => drop(self.waiting.insert(old, (key, job))),
            (Some(job), None) => self.to_start.push((key, job)),
            (None, _) => {}
        }
        self.by_id.insert(message_id.clone(), key);
        let mut message = Message::new(message_id, receipt, now, lease, work);
        // What was superseded asks for nothing more, so only what is in flight now matters.
        message.after = held.and_then(|old| {
            let older = self.messages.get(&old)?;
            if older.request.is_some() { Some(old) } else { older.after }
        });
        self.messages.insert(key, message);
        self.dirty.insert(key);
    }

    /// The work on one object of the message ended.
    pub(crate) fn object_ended(&mut self, key: MessageKey, end: &ObjectEnd) {
        if let Some(message) = self.messages.get_mut(&key) {
            message.work.object_ended(end);
            self.dirty.insert(key);
        }
    }

    /// A batch sent at `sent` was answered for this entry.
    pub(crate) fn answered(&mut self, request: Request, entry: &Entry, answer: Answer, sent: Moment, now: Moment) {
        let Some(message) = self.messages.get_mut(&entry.key) else { return };
        message.request = None;
        let superseded = message.superseded;
        if message.delivery == entry.delivery {
            message.answered(request, entry.term, answer, sent, now, &self.policy);
        }
        self.dirty.insert(entry.key);
        if superseded {
            let after = self.messages.iter().filter(|(_, message)| message.after == Some(entry.key));
            self.dirty.extend(after.map(|(key, _)| *key));
        }
    }

    /// Batches no longer wait for company: the pipeline is stopping.
    pub(crate) fn hurry(&mut self) {
        self.hurry = true;
    }

    /// Ends every message, because the stopping may take no longer: those whose work goes on block a thread, the others
    /// have a request that is not answered, or is refused again and again.
    pub(crate) fn abandon(&mut self, now: Moment) -> Vec<Action<J>> {
        let mut actions = Vec::new();
        while let Some((key, message)) = self.messages.first_key_value() {
            let outcome = if message.work.open > 0 { Outcome::Abandoned } else { Outcome::LeftToTimeOut };
            self.end(*key, outcome, now, &mut actions);
        }
        actions
    }

    /// How many messages are held.
    pub(crate) fn held(&self) -> usize {
        self.messages.len()
    }

    /// When to [`poll`](Self::poll) again if nothing is reported before.
    pub(crate) fn next_poll(&self) -> Option<Moment> {
        let timer = self.timers.first().map(|(moment, _)| *moment);
        self.batches.iter().filter_map(|(_, batch)| batch.due()).chain(timer).min()
    }

    /// Decides what is to be done now.
    pub(crate) fn poll(&mut self, now: Moment) -> Vec<Action<J>> {
        let mut actions = Vec::new();
        while let Some((moment, key)) = self.timers.first().copied().filter(|(moment, _)| *moment <= now) {
            self.timers.remove(&(moment, key));
            self.dirty.insert(key);
        }
        while let Some(key) = self.dirty.pop_first() {
            self.decide(key, now, &mut actions);
        }
        actions.extend(self.to_start.drain(..).map(|(key, job)| Action::Start { key, job }));
        self.fill_extensions(now);
        self.flush(now, &mut actions);
        actions
    }

    fn decide(&mut self, key: MessageKey, now: Moment, actions: &mut Vec<Action<J>>) {
        loop {
            let Some(message) = self.messages.get_mut(&key) else { return };
            match message.decide(now, &self.policy) {
                Decision::Wait(wake) => return self.set_timer(key, wake),
                Decision::Cancel => {
                    message.work.cancelled = true;
                    if self.take_unstarted(key).is_some() {
                        let work = &mut self.messages.get_mut(&key).expect("just seen").work;
                        (work.open, work.cut) = (0, true);
                    } else {
                        actions.push(Action::Cancel { key });
                    }
                }
                Decision::Extend(_) | Decision::Release(_) | Decision::Delete if self.follows_a_request(key) => {
                    return self.set_timer(key, None);
                }
                Decision::Extend(_) => return self.request(key, Request::Extend, now),
                Decision::Release(_) => return self.request(key, Request::Release, now),
                Decision::Delete => return self.request(key, Request::Delete, now),
                Decision::End(outcome) => return self.end(key, outcome, now, actions),
            }
        }
    }

    /// Whether a request about an older delivery of the same message is in flight; its answer brings this one up again.
    fn follows_a_request(&self, key: MessageKey) -> bool {
        let older = self.messages.get(&key).and_then(|message| message.after);
        older.and_then(|older| self.messages.get(&older)).is_some_and(|older| older.request.is_some())
    }

    /// Takes the job out that waits to be started, if it does.
    fn take_unstarted(&mut self, key: MessageKey) -> Option<J> {
        if let Some(at) = self.to_start.iter().position(|(waiting, _)| *waiting == key) {
            return Some(self.to_start.remove(at).1);
        }
        let old = self.waiting.iter().find(|(_, (waiting, _))| *waiting == key).map(|(old, _)| *old)?;
        // The next delivery has to wait for the older job too.
        self.by_id.insert(self.messages.get(&old)?.message_id.clone(), old);
        self.waiting.remove(&old).map(|(_, job)| job)
    }

    fn request(&mut self, key: MessageKey, request: Request, now: Moment) {
        self.set_timer(key, None);
        let message = self.messages.get_mut(&key).expect("decided about");
        message.requested(request, now);
        let wake = (request == Request::Extend).then(|| message.lease.until());
        self.batch(request).push(key, now);
        self.set_timer(key, wake);
    }

    fn batch(&mut self, request: Request) -> &mut Batch {
        let at = self.batches.iter().position(|(kind, _)| *kind == request).expect("one batch per kind");
        &mut self.batches[at].1
    }

    /// Where extensions are sent anyway, those that would be due soon go with them.
    fn fill_extensions(&mut self, now: Moment) {
        if self.batch(Request::Extend).due().is_none() {
            return;
        }
        let soon = now + self.policy.visibility_timeout / 8;
        let due_soon: Vec<_> = self.timers.range(..=(soon, MessageKey(u64::MAX))).map(|(_, key)| *key).collect();
        for key in due_soon {
            let message = &self.messages[&key];
            if message.request.is_none()
                && !self.follows_a_request(key)
                && !message.lease.is_lost(now)
                && matches!(message.decide(message.lease.extend_at().max(now), &self.policy), Decision::Extend(_))
            {
                self.request(key, Request::Extend, now);
            }
        }
    }

    fn flush(&mut self, now: Moment, actions: &mut Vec<Action<J>>) {
        for at in 0..self.batches.len() {
            let request = self.batches[at].0;
            while let Some(keys) = self.batches[at].1.take(now, self.hurry) {
                let entries: Vec<_> = keys.into_iter().filter_map(|key| self.entry(key, request, now)).collect();
                if !entries.is_empty() {
                    actions.push(Action::Send { request, entries });
                }
            }
        }
    }

    /// The entry as it stands when the batch is sent: with the newest receipt and the term that fits now.
    fn entry(&self, key: MessageKey, request: Request, now: Moment) -> Option<Entry> {
        let message = self.messages.get(&key)?;
        let term = match request {
            Request::Extend => message.lease.next_term(now.since(message.received), now, &self.policy),
            Request::Release => message.release_delay(now, &self.policy),
            Request::Delete => Duration::ZERO,
        };
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

    fn end(&mut self, key: MessageKey, outcome: Outcome, now: Moment, actions: &mut Vec<Action<J>>) {
        self.set_timer(key, None);
        let message = self.messages.remove(&key).expect("ended once");
        if self.by_id.get(&message.message_id) == Some(&key) {
            self.by_id.remove(&message.message_id);
        }
        let succeeded = message.work.succeeded();
        if succeeded {
            self.finished.remember(&message.message_id, now);
        }
        if let Some((next, job)) = self.waiting.remove(&key) {
            if succeeded {
                self.messages.get_mut(&next).expect("what waits is held").work.open = 0;
            } else {
                self.to_start.push((next, job));
            }
            self.dirty.insert(next);
        }
        let held = now.since(message.received);
        actions.push(Action::End { key, message_id: message.message_id, outcome, held });
    }
}
