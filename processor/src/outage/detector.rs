use super::{
    COMPANY, FIRST_PAUSE, Failure, LONGEST_PAUSE, OutageClass, QUIET, WaiterKey, Wanted,
    evidence::Evidence,
    ongoing::Ongoing,
    streak::Streak,
    view::{Event, Outage, OutageOf},
    waiter::{Fate, Waiter},
};
use crate::tracking::Moment;
use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

/// Everything that is known about outages. See the [module](super).
#[derive(Debug, Default)]
pub(crate) struct Detector {
    evidence: Evidence,
    waiting: BTreeMap<WaiterKey, Waiter>,
    outage: Option<Ongoing>,
    queue: Streak,
    /// No request is begun before; and how often in a row the service asked for less.
    throttled: (Moment, u32),
    next_key: u64,
    probes: u64,
    /// So many that were refused may go on waiting while others succeed; `None`: as many as there
    /// are.
    places: Option<usize>,
    /// Outages are not announced again before; of the store, and of the queue.
    quiet_until: [Moment; 2],
    events: Vec<Event>,
    revision: u64,
}

/// What a waiter has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Wait until something changes, or the moment comes.
    Wait(Option<Moment>),
    /// Go on with its own request.
    Ask { after_outage: bool },
    /// It is the probe: send a request, and report it.
    Probe,
    /// What failed is its own failure; or another message needs its place.
    GiveUp,
}

/// What came of a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Probed {
    /// Bytes.
    Read,
    /// It failed as before, or in another way that may be an outage.
    Failed(OutageClass),
    /// A definite answer about this object: it is gone, or not what it was.
    Answered,
    /// It cannot succeed, which says nothing about others.
    Refused,
}

/// Whether messages may be received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Receiving {
    Free,
    /// One, to be a probe.
    One,
    /// None, until the moment comes or something changes.
    Paused(Option<Moment>),
}

impl Detector {
    /// Nothing is remembered and nobody waits, so a success need not be reported.
    pub(crate) fn is_calm(&self) -> bool {
        let store = self.evidence.is_empty() && self.waiting.is_empty() && self.outage.is_none();
        store && self.throttled.1 == 0 && self.queue.is_calm()
    }

    /// So many message slots there are. A tenth of them is left to objects that are refused while
    /// others can be read: waiting costs those no receive, but must not cost the others their
    /// throughput.
    pub(crate) fn set_slots(&mut self, slots: usize) {
        self.places = Some((slots / 10).max(1));
    }

    pub(crate) fn is_outage(&self) -> bool {
        self.outage.is_some()
    }

    /// Changes whenever those who wait should look again.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    pub(crate) fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Somebody is about to send a request. `None`: go ahead.
    pub(crate) fn arrive(&mut self, wanted: &Wanted, now: Moment) -> Option<WaiterKey> {
        self.advance(now);
        let pause = Some(self.throttled.0).filter(|until| *until > now);
        if self.outage.is_none() && pause.is_none() {
            return None;
        }
        Some(self.wait(wanted.clone(), None, pause.or(Some(now)), now))
    }

    /// A request failed. Who sent it has to wait.
    pub(crate) fn failed(
        &mut self,
        wanted: &Wanted,
        failure: &Failure<'_>,
        now: Moment,
        jitter: impl Fn(Duration) -> Duration,
    ) -> WaiterKey {
        let &Failure { class, error, retry_at, is_suspect } = failure;
        if self.outage.is_none() {
            if class == OutageClass::Throttled && now >= self.throttled.0 {
                let pause =
                    FIRST_PAUSE.saturating_mul(1 << self.throttled.1.min(16)).min(LONGEST_PAUSE);
                self.throttled = (now + jitter(pause), self.throttled.1 + 1);
            }
            if !(is_suspect && class.is_refusal()) {
                self.evidence.add(class, &wanted.object, &error.to_string(), now);
            }
        }
        self.advance(now);
        let retry_at = retry_at.map(|at| at.max(self.throttled.0));
        let key = self.wait(wanted.clone(), Some(class), retry_at, now);
        let patience = match class.is_refusal() {
            true if is_suspect => class.confirm(),
            true => COMPANY,
            false => Duration::ZERO,
        };
        self.waiting.entry(key).and_modify(|waiter| waiter.give_up_at = now + patience);
        key
    }

    fn wait(
        &mut self,
        wanted: Wanted,
        failure: Option<OutageClass>,
        retry_at: Option<Moment>,
        now: Moment,
    ) -> WaiterKey {
        let key = WaiterKey(self.next_key);
        self.next_key += 1;
        let waiter = Waiter {
            wanted,
            failure,
            since: now,
            retry_at,
            give_up_at: now,
            probed: 0,
            fate: Fate::Open,
        };
        self.waiting.insert(key, waiter);
        key
    }

    /// What the waiter has to do now. One that is told anything but to wait or to probe leaves
    /// next.
    pub(crate) fn next(&mut self, key: WaiterKey, now: Moment) -> Next {
        self.advance(now);
        let Some(waiter) = self.waiting.get(&key) else { return Next::GiveUp };
        match waiter.fate {
            Fate::Displaced => return Next::GiveUp,
            Fate::Freed => return Next::Ask { after_outage: true },
            Fate::Open => {}
        }
        if self.outage.is_some() {
            return self.next_held(key, now);
        }
        let declared_at = waiter.failure.and_then(|class| self.evidence.declared_at(class));
        match (declared_at, waiter.retry_at) {
            (Some(at), _) => Next::Wait(Some(at)),
            (None, Some(at)) if now >= at => Next::Ask { after_outage: false },
            (None, Some(at)) => Next::Wait(Some(at)),
            (None, None) if now >= waiter.give_up_at => Next::GiveUp,
            (None, None) => Next::Wait(Some(waiter.give_up_at)),
        }
    }

    fn next_held(&mut self, key: WaiterKey, now: Moment) -> Next {
        let turn = self.turn();
        let Some(outage) = &mut self.outage else { return Next::Wait(None) };
        outage.chosen = turn;
        match () {
            () if outage.is_probing || turn != Some(key) => Next::Wait(None),
            () if now < outage.probe.until => Next::Wait(Some(outage.probe.until)),
            () => {
                outage.is_probing = true;
                Next::Probe
            }
        }
    }

    /// Whose turn it is to be the probe: buckets take turns, and in each the objects. What is
    /// forbidden is so by bucket.
    fn turn(&self) -> Option<WaiterKey> {
        if let Some(chosen) = self.outage.as_ref()?.chosen {
            return Some(chosen);
        }
        let mut buckets = HashMap::<&str, u64>::new();
        for waiter in self.waiting.values() {
            let last = buckets.entry(&waiter.wanted.bucket).or_default();
            *last = waiter.probed.max(*last);
        }
        let turn = |(key, waiter): &(&WaiterKey, &Waiter)| {
            (buckets[&*waiter.wanted.bucket], waiter.probed, **key)
        };
        self.waiting.iter().min_by_key(turn).map(|(key, _)| *key)
    }

    /// The probe's request ended.
    pub(crate) fn probed(
        &mut self,
        key: WaiterKey,
        probed: Probed,
        error: Option<&dyn std::fmt::Display>,
        now: Moment,
        jitter: impl Fn(Duration) -> Duration,
    ) {
        self.probes += 1;
        if let Some(waiter) = self.waiting.get_mut(&key) {
            waiter.probed = self.probes;
            if let Probed::Failed(class) = probed {
                waiter.failure = Some(class);
            }
        }
        match probed {
            Probed::Read => return self.succeeded(now),
            Probed::Answered => self.answered(now),
            Probed::Failed(_) | Probed::Refused => {}
        }
        let Some(outage) = self.outage.as_mut().filter(|outage| outage.chosen == Some(key)) else {
            return;
        };
        (outage.chosen, outage.is_probing) = (None, false);
        outage.probe.lengthen(now, jitter);
        outage.probes += 1;
        if let (Probed::Failed(class), Some(waiter), Some(error)) =
            (probed, self.waiting.get(&key), error)
        {
            (outage.class, outage.example, outage.error) =
                (class, waiter.wanted.object.clone(), error.to_string());
        }
        self.revision += 1;
    }

    /// A request brought bytes: there is no outage, and what failed since was not one.
    pub(crate) fn succeeded(&mut self, now: Moment) {
        self.evidence.forget(|_| true);
        self.throttled = (Moment::default(), 0);
        self.end_outage(now);
        for waiter in self.waiting.values_mut() {
            let patience = waiter.failure.map_or(Duration::ZERO, OutageClass::confirm);
            waiter.give_up_at = waiter.give_up_at.min(waiter.since + patience);
        }
        self.make_room_beside_success(now);
        self.revision += u64::from(!self.waiting.is_empty());
    }

    /// Of those who are refused while others succeed, the longest waiting give up where there are
    /// too many.
    fn make_room_beside_success(&mut self, now: Moment) {
        let Some(places) = self.places else { return };
        let is_refused = |waiter: &&mut Waiter| {
            waiter.fate == Fate::Open && waiter.failure.is_some_and(OutageClass::is_refusal)
        };
        let refused = self.waiting.values_mut().filter(is_refused).count();
        for waiter in
            self.waiting.values_mut().filter(is_refused).take(refused.saturating_sub(places))
        {
            waiter.give_up_at = now;
        }
    }

    /// A definite answer about one object: the store is there, and knows us. It says nothing of
    /// what others may be denied.
    pub(crate) fn answered(&mut self, now: Moment) {
        self.evidence.forget(|class| class != OutageClass::Denied);
        if self.outage.as_ref().is_some_and(|outage| outage.class != OutageClass::Denied) {
            self.end_outage(now);
        }
    }

    /// Whoever waited waits no more.
    pub(crate) fn left(&mut self, key: WaiterKey) {
        self.waiting.remove(&key);
        if let Some(outage) = &mut self.outage {
            let was_chosen = outage.chosen == Some(key);
            if was_chosen {
                (outage.chosen, outage.is_probing) = (None, false);
            }
            self.revision += u64::from(was_chosen || self.waiting.is_empty());
        }
    }

    /// Whether messages may be received now. While objects cannot be read none are, with one
    /// exception: where nothing held can tell when it is over (nothing is, or all that is held may
    /// be forbidden for good) one comes now and then.
    pub(crate) fn receiving(&mut self, now: Moment) -> Receiving {
        self.advance(now);
        match &self.outage {
            None => Receiving::Free,
            Some(outage) if !(self.waiting.is_empty() || outage.class.is_refusal()) => {
                Receiving::Paused(None)
            }
            Some(outage) if now < outage.receive.until => {
                Receiving::Paused(Some(outage.receive.until))
            }
            Some(_) => Receiving::One,
        }
    }

    /// One message was asked for, or there is no room for one.
    pub(crate) fn received_one(&mut self, now: Moment, jitter: impl Fn(Duration) -> Duration) {
        if let Some(outage) = &mut self.outage {
            outage.receive.lengthen(now, jitter);
        }
    }

    /// No slot is free for a message that might end the outage. Of those that were refused the
    /// message that waited longest goes back, if it was received for the first time: so this costs
    /// no message more than one receive.
    pub(crate) fn make_room(&mut self) {
        if !self.outage.as_ref().is_some_and(|outage| outage.class.is_refusal()) {
            return;
        }
        let may_go = |waiter: &&Waiter| {
            waiter.wanted.is_first_delivery && waiter.failure.is_some_and(OutageClass::is_refusal)
        };
        let Some(message) = self.waiting.values().find(may_go).map(|waiter| waiter.wanted.message)
        else {
            return;
        };
        for waiter in self.waiting.values_mut().filter(|waiter| waiter.wanted.message == message) {
            waiter.fate = Fate::Displaced;
        }
        self.revision += 1;
    }

    /// A receive failed. Says whether that is no part of an outage.
    pub(crate) fn queue_failed(
        &mut self,
        class: OutageClass,
        queue: &str,
        error: String,
        now: Moment,
    ) -> bool {
        if self.queue.failed(class, queue, error, now) {
            let is_announced = self.announce(OutageOf::Queue, now);
            if let Some(outage) = &mut self.queue.outage {
                outage.is_announced = is_announced;
            }
            let outage = self.queue_view(now);
            self.events.extend(outage.map(|outage| Event::Declared { outage, is_announced }));
        }
        self.queue.outage.is_none()
    }

    /// A receive was answered.
    pub(crate) fn queue_answered(&mut self, now: Moment) {
        let outage = self.queue_view(now);
        let over = self.queue.answered();
        let event = outage
            .zip(over)
            .map(|(outage, over)| Event::Over { outage, is_announced: over.is_announced });
        self.events.extend(event);
    }

    /// The outages that last.
    pub(crate) fn view(&self, now: Moment) -> Vec<Outage> {
        self.store_view(now).into_iter().chain(self.queue_view(now)).collect()
    }

    fn store_view(&self, now: Moment) -> Option<Outage> {
        self.outage.as_ref().map(|outage| Outage {
            of: OutageOf::Store,
            class: outage.class,
            age: now.since(outage.since),
            example: outage.example.clone(),
            error: outage.error.clone(),
            probes: outage.probes,
            held: self.waiting.len() as u64,
        })
    }

    fn queue_view(&self, now: Moment) -> Option<Outage> {
        self.queue.outage.as_ref().map(|outage| Outage {
            of: OutageOf::Queue,
            class: outage.class,
            age: now.since(outage.since),
            example: outage.queue.clone(),
            error: outage.error.clone(),
            probes: outage.probes,
            held: 0,
        })
    }

    /// What the passing of time brings: the declaration.
    fn advance(&mut self, now: Moment) {
        if self.outage.is_some() {
            return;
        }
        let Some((class, example, error)) = self.evidence.confirmed(now) else { return };
        self.evidence.forget(|_| true);
        self.throttled = (Moment::default(), 0);
        let is_announced = self.announce(OutageOf::Store, now);
        self.outage = Some(Ongoing { is_announced, ..Ongoing::new(class, example, error, now) });
        // What was freed by the end of an earlier one has not asked yet.
        for waiter in self.waiting.values_mut().filter(|waiter| waiter.fate == Fate::Freed) {
            waiter.fate = Fate::Open;
        }
        self.events
            .extend(self.store_view(now).map(|outage| Event::Declared { outage, is_announced }));
        self.revision += 1;
    }

    fn end_outage(&mut self, now: Moment) {
        let outage = self.store_view(now);
        let Some((outage, over)) = outage.zip(self.outage.take()) else { return };
        self.events.push(Event::Over { outage, is_announced: over.is_announced });
        for waiter in self.waiting.values_mut().filter(|waiter| waiter.fate == Fate::Open) {
            waiter.fate = Fate::Freed;
        }
        self.revision += 1;
    }

    /// Whether an outage that begins now is told to people. Of those that come and go, some are
    /// enough.
    fn announce(&mut self, of: OutageOf, now: Moment) -> bool {
        let quiet_until = &mut self.quiet_until[usize::from(of == OutageOf::Queue)];
        let is_announced = now >= *quiet_until;
        if is_announced {
            *quiet_until = now + QUIET;
        }
        is_announced
    }

    #[cfg(test)]
    pub(crate) fn sizes(&self) -> [(&'static str, usize); 2] {
        [("outage: waiting", self.waiting.len()), ("outage: evidence", self.evidence.len())]
    }

    /// How many objects are remembered.
    #[cfg(test)]
    pub(super) fn remembered(&self) -> usize {
        self.evidence.len()
    }
}
