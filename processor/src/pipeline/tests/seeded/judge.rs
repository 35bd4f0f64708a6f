//! Watches a run from outside, event by event, and says at once what may never happen.

mod events;
mod life;
mod work;

use super::{
    routing::Routing,
    table::{Fault, Phase, Table},
    truth::{Truth, Version},
};
use crate::{
    QuarantinedRecord,
    progress::{Identity, Saved},
    record::{ObjectRef, Record},
    testing::{Event, Trace},
};
use life::Life;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::mpsc::UnboundedSender;
pub(super) use work::{Doing, Role};

/// After a fault of everything, receives that began under it may still come to light for so long.
const AFTERMATH: Duration = Duration::from_secs(60);
/// A receive as old as this may end by the 12 hours.
const OLD: Duration = Duration::from_secs(41_000);

/// The judge of one scenario. Cloning shares it.
#[derive(Clone)]
pub(super) struct Judge(Arc<Mutex<State>>);

struct State {
    truth: Truth,
    lives: BTreeMap<String, Life>,
    /// Objects that were deleted.
    removed: BTreeSet<String>,
    /// Objects of which a corrupt byte came, since they were begun.
    corrupt: BTreeSet<String>,
    /// Objects of which something was handed on, since they were begun, that is not what is stored.
    spoiled: BTreeSet<String>,
    /// Two runs read at once: one of them is cut off from the queue, and does not know.
    is_cut_off: bool,
    /// Which messages announce a key.
    owners: BTreeMap<String, Vec<String>>,
    /// Which processor was done with which record of which version.
    done: HashSet<(usize, usize, u64)>,
    /// Which record is stored as put aside, for which processor.
    aside: HashSet<(usize, usize, u64)>,
    /// What of that was done more than once.
    twice: Vec<(String, usize, u64)>,
    /// What was handed to a processor, and at which receive and try.
    handed: HashSet<(usize, usize, u64, u32, u32)>,
    /// How often an object was read from its start.
    begun: BTreeMap<String, u32>,
    /// How often a record was handed to a processor.
    times: HashMap<(usize, usize, u64), u32>,
    processors: Vec<Role>,
    routing: Routing,
    visibility_timeout: Duration,
    table: Table,
    violations: Vec<String>,
    now: Duration,
    run: usize,
    draining: bool,
    /// Receive requests under way.
    receives: usize,
    /// How much goes wrong with everything now.
    storms: usize,
    /// How often the clock jumped.
    jumps: usize,
    /// When it did so last: nothing that was due meanwhile happened in time.
    jumped: Jumped,
    lenient_until: Duration,
    /// Which phase is waited for, by whom.
    ambush: Option<(Phase, UnboundedSender<String>)>,
}

#[derive(Clone, Copy, PartialEq)]
enum Jumped {
    Never,
    Now,
    At(Duration),
}

impl Judge {
    pub(super) fn new(
        processors: Vec<Role>,
        routing: Routing,
        visibility_timeout: Duration,
        ambush: Option<(Phase, UnboundedSender<String>)>,
    ) -> Self {
        Self(Arc::new(Mutex::new(State {
            truth: Truth::default(),
            lives: BTreeMap::new(),
            removed: BTreeSet::new(),
            corrupt: BTreeSet::new(),
            spoiled: BTreeSet::new(),
            is_cut_off: false,
            owners: BTreeMap::new(),
            done: HashSet::new(),
            aside: HashSet::new(),
            twice: Vec::new(),
            handed: HashSet::new(),
            begun: BTreeMap::new(),
            times: HashMap::new(),
            processors,
            routing,
            visibility_timeout,
            table: Table::default(),
            violations: Vec::new(),
            now: Duration::ZERO,
            run: 0,
            draining: false,
            receives: 0,
            storms: 0,
            jumps: 0,
            jumped: Jumped::Never,
            lenient_until: Duration::ZERO,
            ambush,
        })))
    }

    pub(super) fn watch(&self, trace: &Trace) {
        let judge = self.clone();
        trace.watch(move |at, event: &Event| judge.state().see(at, event));
    }

    /// An object was written, or written over.
    pub(super) fn written(&self, key: &str, version: Version) {
        self.state().truth.written(key, version);
    }

    /// A message will be sent that announces these.
    pub(super) fn announced(
        &self,
        message: &str,
        keys: Vec<String>,
        is_unreadable: bool,
        is_readable: bool,
    ) {
        let mut state = self.state();
        for key in &keys {
            state.owners.entry(key.clone()).or_default().push(message.to_owned());
        }
        let is_lost = |key: &String| {
            state.removed.contains(key) || state.truth.of(key).any(|(_, version)| !version.is_whole)
        };
        let is_doomed = is_unreadable || keys.iter().any(is_lost);
        let life = Life { keys, is_unreadable, is_doomed, is_readable, ..Life::default() };
        state.lives.insert(message.to_owned(), life);
    }

    /// The first thing that may never happen, and did.
    pub(super) fn violation(&self) -> Option<String> {
        self.state().violations.first().cloned()
    }

    pub(super) fn object(&self, what: impl FnOnce() -> String, holds: bool) {
        if !holds {
            self.state().violations.push(what());
        }
    }

    /// What was done more than once: the key, the processor, and the record's index.
    pub(super) fn twice(&self) -> Vec<(String, usize, u64)> {
        self.state().twice.clone()
    }

    /// Progress is about to be saved: a record that nobody did, as it stands in the object that it
    /// is said to be of, must not be in it. What was read damaged is told from that by its marks
    /// alone, when it is read again.
    pub(super) fn saved(&self, saved: &Saved) {
        let mut state = self.state();
        let Identity { key, etag, .. } = &saved.identity;
        let version = state.truth.of(key).find(|(_, version)| version.etag == *etag);
        let Some(version) = version.map(|(at, _)| at).filter(|_| !state.corrupt.contains(key))
        else {
            return;
        };
        for (name, set) in &saved.done {
            let role = state.processors.iter().position(|role| role.name == *name);
            let role = role.expect("a processor of the scenario");
            if let Some(index) = set.iter().find(|at| !state.done.contains(&(role, version, *at))) {
                state.wrong(format!(
                    "trap 89: record {index} of {key} was saved as done by {name}, who did not"
                ));
            }
        }
    }

    /// Records are about to be put aside: each is one that was written, that its processor was
    /// given; and all others of their object are done.
    pub(super) fn puts_aside(&self, records: &[QuarantinedRecord]) {
        let mut state = self.state();
        let aside: HashSet<_> =
            records.iter().filter_map(|record| state.verdict_on(record)).collect();
        let Some(first) = records.first().filter(|first| !state.corrupt.contains(&first.key))
        else {
            return;
        };
        for record in records {
            let QuarantinedRecord { bucket, key, version_id, etag, size, .. } = record;
            let object =
                ObjectRef::new(bucket, key, version_id.as_deref(), etag, *size, None, None);
            let found = Record::new(&record.payload, &object, record.index, record.offset);
            let was_handed =
                state.verdict_on(record).is_some_and(|verdict| state.times.contains_key(&verdict));
            match state.truth.find(&found) {
                Err(wrong) => state.wrong(format!("trap 38: {wrong}")),
                Ok(_) if found.id() != record.id || !was_handed => {
                    state.wrong(format!("trap 38: {record:?} was put aside, and never failed"));
                }
                Ok(_) => {}
            }
        }
        let settled: HashSet<_> = state.done.union(&aside).copied().collect();
        if !state.is_settled(&first.key, &settled) {
            let (key, message) = (&first.key, &first.message_id);
            let what = format!("trap 38: {message} goes on without records of {key} not put aside");
            state.wrong(what);
        }
    }

    /// Records are stored as put aside.
    pub(super) fn has_put_aside(&self, records: &[QuarantinedRecord]) {
        let mut state = self.state();
        let aside: Vec<_> = records.iter().filter_map(|record| state.verdict_on(record)).collect();
        state.aside.extend(aside);
    }

    pub(super) fn table(&self) -> Table {
        self.state().table.clone()
    }

    /// The keys a message announces.
    pub(super) fn keys(&self, message: &str) -> Vec<String> {
        self.state().lives.get(message).map(|life| life.keys.clone()).unwrap_or_default()
    }

    /// Whether another message announces one of its objects too.
    pub(super) fn is_shared(&self, message: &str) -> bool {
        let state = self.state();
        state.distinct_keys(message).iter().any(|key| state.owners(key).len() > 1)
    }

    /// Nothing strikes everything now, and nothing did just before.
    pub(super) fn is_calm(&self) -> bool {
        !self.state().is_lenient()
    }

    /// Whether its objects can be read, whatever else goes wrong.
    pub(super) fn is_readable(&self, message: &str) -> bool {
        self.state().lives.get(message).is_some_and(|life| life.is_readable && !life.is_doomed)
    }

    /// Whether a message that is held was received so often.
    pub(super) fn holds_one_received(&self, times: u32) -> bool {
        self.state().lives.values().any(|life| life.is_held && life.receives >= times)
    }

    /// Whether it came to the dead-letter queue by something of its own.
    pub(super) fn has_own_cause(&self, message: &str) -> bool {
        let state = self.state();
        let life = &state.lives[message];
        life.has_own_cause || life.is_doomed || life.is_unreadable
    }

    /// Whether it is not understood, or one of its objects is not to be had as it was written.
    pub(super) fn cannot_be_read(&self, message: &str) -> bool {
        let state = self.state();
        let life = &state.lives[message];
        life.is_doomed || life.is_unreadable
    }

    /// A fault strikes one message, whose lease it may cost.
    pub(super) fn strikes(&self, fault: Fault, message: &str) {
        let mut state = self.state();
        state.strike(fault, message);
        state.life(message).has_own_cause = true;
        state.life(message).is_readable = false;
        state.life(message).excuse(true);
    }

    /// Somebody makes a message visible that is in flight.
    pub(super) fn expired(&self, message: &str) {
        let mut state = self.state();
        let life = state.life(message);
        life.excuse(true);
        life.lease_until = Duration::MAX;
    }

    /// An object is deleted: whatever becomes of its messages, they may not be deleted unread.
    pub(super) fn removed(&self, key: &str) {
        let mut state = self.state();
        state.removed.insert(key.to_owned());
        for message in state.owners(key) {
            state.life(&message).is_doomed = true;
        }
    }

    /// A message that is held, if there is one.
    pub(super) fn any_held(&self) -> Option<String> {
        let state = self.state();
        state.lives.iter().find(|(_, life)| life.is_held).map(|(message, _)| message.clone())
    }

    /// A fault strikes everything, and lasts until [`calm`](Self::calm).
    pub(super) fn storm(&self, fault: Fault) {
        let mut state = self.state();
        let phases: Vec<_> =
            state.lives.values().filter_map(|life| life.phase(state.draining)).collect();
        let receiving = state.receives > 0 && fault != Fault::StoreOutage && !state.draining;
        for phase in phases.into_iter().chain(receiving.then_some(Phase::Receiving)) {
            state.table.strike(fault, phase);
        }
        state.storms += 1;
        state.is_cut_off |= fault == Fault::CutOff;
        state.excuse_all();
    }

    /// The clock is about to jump.
    pub(super) fn jump(&self) {
        let mut state = self.state();
        state.storms += 1;
        state.jumps += 1;
        state.jumped = Jumped::Now;
        state.excuse_all();
    }

    /// How often the clock jumped.
    pub(super) fn jumps(&self) -> usize {
        self.state().jumps
    }

    /// What was wrong with everything is over.
    pub(super) fn calm(&self, trace: &Trace) {
        let mut state = self.state();
        state.storms = state.storms.saturating_sub(1);
        state.now = trace.elapsed();
        if state.jumped == Jumped::Now {
            state.jumped = Jumped::At(state.now);
        }
        state.lenient_until = state.now + AFTERMATH;
        state.excuse_all();
    }

    /// The run is told to drain.
    pub(super) fn draining(&self) {
        let mut state = self.state();
        state.draining = true;
        let held: Vec<_> = state.lives.keys().cloned().collect();
        held.iter().for_each(|message| state.look(message));
    }

    /// The run that is judged from now on.
    pub(super) fn new_run(&self) {
        let mut state = self.state();
        state.run += 1;
        state.draining = false;
        state.lives.values_mut().for_each(Life::forget_work);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn life(&mut self, message: &str) -> &mut Life {
        self.lives.entry(message.to_owned()).or_default()
    }

    fn strike(&mut self, fault: Fault, message: &str) {
        let draining = self.draining;
        if let Some(phase) = self.life(message).phase(draining) {
            self.table.strike(fault, phase);
        }
    }

    fn excuse_all(&mut self) {
        self.lives.values_mut().for_each(|life| life.excuse(true));
    }

    /// Work goes on in a run: may it? `told`: to stop.
    fn goes_on(&mut self, run: usize, owners: &[String], what: &str, told: bool) {
        let consumer = run as u32 + 1;
        let in_time = match self.jumped {
            Jumped::Never => true,
            Jumped::Now => false,
            Jumped::At(at) => self.now > at,
        };
        // Work on an object that several messages announce is that of one of them; which one cannot
        // be seen from outside.
        let [message] = owners else { return };
        let life = &self.lives[message];
        let (lapsed, until) = (life.has_lapsed(consumer, self.now), life.lease_until);
        if !told && in_time && lapsed {
            self.wrong(format!(
                "I7: {what} of {message}, whose lease ended at {:.3}",
                until.as_secs_f64()
            ));
        }
    }

    fn has_just_jumped(&self) -> bool {
        match self.jumped {
            Jumped::Never => false,
            Jumped::Now => true,
            Jumped::At(at) => self.now < at + AFTERMATH,
        }
    }

    fn is_lenient(&self) -> bool {
        self.storms > 0 || self.draining || self.now < self.lenient_until
    }

    fn owners(&self, key: &str) -> Vec<String> {
        self.owners.get(key).cloned().unwrap_or_default()
    }

    /// Whoever waits for this phase is told.
    fn look(&mut self, message: &str) {
        let draining = self.draining;
        let phase = self.life(message).phase(draining);
        if self.ambush.as_ref().is_some_and(|(wanted, _)| Some(*wanted) == phase)
            && let Some((_, alarm)) = self.ambush.take()
        {
            let _ = alarm.send(message.to_owned());
        }
    }

    fn wrong(&mut self, what: String) {
        let at = self.now.as_secs_f64();
        self.violations.push(format!("at {at:.3}: {what}"));
    }

    /// Whether an object is read by one reader at a time, for one message.
    fn is_read_once(&self, key: &str) -> bool {
        !self.is_cut_off && self.owners.get(key).is_some_and(|owners| owners.len() == 1)
    }

    /// Whether every processor of its route was done with a version of a key, record by record, but
    /// for what is put aside.
    fn is_done(&self, key: &str) -> bool {
        let settled: HashSet<_> = self.done.union(&self.aside).copied().collect();
        self.is_settled(key, &settled)
    }

    fn is_settled(&self, key: &str, settled: &HashSet<(usize, usize, u64)>) -> bool {
        let processors = self.routing.of(key);
        self.truth.of(key).any(|(at, version)| {
            let records = 0..version.records.len() as u64;
            let is_settled =
                |index| processors.iter().all(|role| settled.contains(&(*role, at, index)));
            version.is_whole && records.into_iter().all(is_settled)
        })
    }

    /// The same, of the version with this ETag.
    fn is_settled_as(&self, key: &str, etag: &str) -> bool {
        let version = self.truth.of(key).find(|(_, version)| version.etag == etag);
        let settled = |role, at, index| {
            let verdict = (role, at, index);
            self.done.contains(&verdict) || self.aside.contains(&verdict)
        };
        version.is_some_and(|(at, version)| {
            let records = 0..version.records.len() as u64;
            let mut processors = self.routing.of(key).into_iter();
            processors.all(|role| records.clone().all(|index| settled(role, at, index)))
        })
    }

    /// Which verdict a record that is put aside stands for.
    fn verdict_on(&self, record: &QuarantinedRecord) -> Option<(usize, usize, u64)> {
        let role = self.processors.iter().position(|role| role.name == record.processor)?;
        let version = self.truth.of(&record.key).find(|(_, one)| one.etag == record.etag)?;
        Some((role, version.0, record.index))
    }

    fn distinct_keys(&self, message: &str) -> BTreeSet<String> {
        self.lives.get(message).map(|life| life.keys.iter().cloned().collect()).unwrap_or_default()
    }
}
