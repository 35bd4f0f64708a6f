use super::{identity::Identity, mark::Mark, saved::Saved, set::Set};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A saved set is of no more marks than these: they grow only where several write at once.
const MOST_MARKS: usize = 16;

/// Records that some task works on.
pub(crate) trait DoneSoFar: Send + Sync {
    /// Adds those that are done by now.
    fn add_to(&self, set: &mut Set);
}

/// What of one object is settled done, by each processor, over all deliveries of its message that
/// are known of.
pub(crate) struct Progress {
    identity: Identity,
    /// The pipeline's processors.
    names: Arc<[String]>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By the processor's index.
    done: Vec<Set>,
    /// Of processors that are not of this pipeline: another version of the service may have them.
    others: BTreeMap<String, Set>,
    /// What is worked on, each with a number and its processor.
    running: Vec<(u64, usize, Arc<dyn DoneSoFar>)>,
    next: u64,
    /// How far the object was read by now.
    mark: Option<Mark>,
    /// Earlier marks, on which `done` depends as well.
    earlier: Vec<Mark>,
    /// So many verdicts were saved.
    saved: u64,
    /// What was read is not what the sets are of: nothing is saved any more.
    is_spoiled: bool,
}

/// What is to be saved.
pub(crate) struct Snapshot {
    pub(crate) bytes: Vec<u8>,
    /// How many verdicts are in it.
    pub(crate) verdicts: u64,
}

impl Progress {
    pub(crate) fn new(identity: Identity, names: Arc<[String]>) -> Self {
        let done = names.iter().map(|_| Set::default()).collect();
        Self { identity, names, state: Mutex::new(State { done, ..State::default() }) }
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Adds what somebody saved, if it is of the same; says whether it is. It holds only if the
    /// object is found to be the same at its marks, so whoever uses it has to compare them.
    pub(crate) fn add(&self, saved: &Saved) -> bool {
        if saved.identity != self.identity {
            return false;
        }
        let mut state = self.state();
        for mark in &saved.marks {
            if !state.earlier.contains(mark) {
                state.earlier.push(mark.clone());
            }
        }
        for (name, set) in &saved.done {
            match self.names.iter().position(|known| known == name) {
                Some(at) => state.done[at] |= set,
                None => *state.others.entry(name.clone()).or_default() |= set,
            }
        }
        true
    }

    /// What is done before the object is read, by each processor, and the marks it depends on;
    /// `None` if nothing is.
    pub(crate) fn before(&self) -> Option<(Vec<Set>, Vec<Mark>)> {
        let mut state = self.state();
        let State { done, mark, earlier, .. } = &mut *state;
        // An attempt that was cut is one more reader of the same bytes.
        earlier.extend(mark.take());
        if done.iter().all(Set::is_empty) {
            earlier.clear();
            return None;
        }
        Some((done.clone(), earlier.clone()))
    }

    /// The object was read up to this mark; these earlier ones were found to be right on the way.
    pub(crate) fn reached(&self, mark: Mark, confirmed: &[Mark]) {
        let mut state = self.state();
        state.mark = Some(mark);
        if !confirmed.is_empty() {
            state.earlier.retain(|earlier| !confirmed.contains(earlier));
        }
    }

    /// A processor begins to work on records; the number is for [`ended`](Self::ended).
    pub(crate) fn began(&self, processor: usize, running: Arc<dyn DoneSoFar>) -> u64 {
        let mut state = self.state();
        state.next += 1;
        let number = state.next;
        state.running.push((number, processor, running));
        number
    }

    /// What came of them is known.
    pub(crate) fn ended(&self, number: u64) {
        let mut state = self.state();
        let State { running, done, .. } = &mut *state;
        if let Some(at) = running.iter().position(|(other, ..)| *other == number) {
            let (_, processor, running) = running.swap_remove(at);
            running.add_to(&mut done[processor]);
        }
    }

    /// What was read is damaged, or is not what was read before: nothing of it is remembered.
    pub(crate) fn spoil(&self) {
        self.state().is_spoiled = true;
    }

    pub(crate) fn is_spoiled(&self) -> bool {
        self.state().is_spoiled
    }

    /// All that is done by now, if there is more than was saved.
    pub(crate) fn snapshot(&self) -> Option<Snapshot> {
        let state = self.state();
        let done = state.now();
        let verdicts = done.iter().map(Set::len).sum();
        let marks: Vec<_> = state.mark.iter().chain(&state.earlier).cloned().collect();
        if state.is_spoiled || verdicts <= state.saved || marks.len() > MOST_MARKS {
            return None;
        }
        let done = self.names.iter().cloned().zip(done).chain(state.others.clone());
        let done = done.filter(|(_, set)| !set.is_empty()).collect();
        let saved = Saved { identity: self.identity.clone(), marks, done };
        Some(Snapshot { bytes: saved.to_bytes(), verdicts })
    }

    /// So many verdicts are saved, or were loaded.
    pub(crate) fn saved(&self, verdicts: u64) {
        let mut state = self.state();
        state.saved = state.saved.max(verdicts);
    }

    /// What is known by now was loaded, or is saved.
    pub(crate) fn all_saved(&self) {
        let known = self.known();
        self.saved(known);
    }

    /// How many verdicts are known, without what is worked on.
    pub(crate) fn known(&self) -> u64 {
        self.state().done.iter().map(Set::len).sum()
    }

    /// Whether there is more than was saved.
    pub(crate) fn has_news(&self) -> bool {
        let state = self.state();
        !state.is_spoiled && state.now().iter().map(Set::len).sum::<u64>() > state.saved
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// What is done by now, with what is worked on.
    fn now(&self) -> Vec<Set> {
        let mut done = self.done.clone();
        for (_, processor, running) in &self.running {
            running.add_to(&mut done[*processor]);
        }
        done
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Progress").field("identity", &self.identity).finish_non_exhaustive()
    }
}
