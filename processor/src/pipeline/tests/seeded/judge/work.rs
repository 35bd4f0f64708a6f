use super::{
    super::table::{Fault, Phase},
    Judge,
};
use crate::{
    Context,
    record::Record,
    testing::{Event, Trace},
};

/// A processor of the scenario.
#[derive(Debug, Clone)]
pub(in super::super) struct Role {
    pub(in super::super) name: String,
    /// Each try has its own receive count: not where records of several messages share a call.
    pub(in super::super) is_counted: bool,
    /// How often a record may be tried in one delivery.
    pub(in super::super) tries: u32,
}

/// A record that a processor works on, until it is dropped.
pub(in super::super) struct Doing {
    judge: Judge,
    trace: Trace,
    run: usize,
    role: usize,
    key: String,
    /// The messages that wait for it.
    owners: Vec<String>,
    index: u64,
    version: Option<usize>,
    is_deferred: bool,
    given_up: bool,
    /// Of a record that is alone in its call.
    cx: Option<Context>,
    pub(in super::super) ok: bool,
}

impl Judge {
    /// The run that is judged.
    pub(in super::super) fn run(&self) -> usize {
        self.state().run
    }

    /// How often this object was read from its start: in each delivery at least once.
    pub(in super::super) fn readings(&self, key: &str) -> u32 {
        self.state().begun.get(key).copied().unwrap_or_default()
    }

    /// A processor got a record: is it the right one, and its first time in this delivery and try?
    pub(in super::super) fn began(
        &self,
        trace: &Trace,
        run: usize,
        role: usize,
        record: &Record<'_>,
        cx: &Context,
    ) -> Doing {
        let (receive, attempt) = (cx.receive_count(), cx.attempt());
        let (key, index) = (record.object().key().to_owned(), record.index());
        let (processor, object) = (self.state().processors[role].name.clone(), key.clone());
        trace.note(Event::Began { processor, object, index });
        let mut state = self.state();
        let owners = state.owners(&key);
        let Role { name, is_counted, tries } = state.processors[role].clone();
        let begun = state.begun.get(&key).copied().unwrap_or_default();
        if !state.routing.of(&key).contains(&role) {
            state.wrong(format!("{name} got a record of {key}, whose route does not lead to it"));
        }
        let version = match state.truth.find(record) {
            Ok(version) => Some(version),
            // Nobody can know before the object's end.
            Err(_) if state.corrupt.contains(&key) => {
                state.spoiled.insert(key.clone());
                None
            }
            Err(wrong) => {
                state.wrong(format!("{name}: {wrong}"));
                None
            }
        };
        if let Some(version) = version {
            let times = state.times.entry((role, version, index)).or_default();
            *times += 1;
            let too_often = *times > begun * tries;
            let is_first = state.handed.insert((role, version, index, receive, attempt));
            if too_often || (is_counted && owners.len() == 1 && !is_first) {
                state.wrong(format!(
                    "{name} got record {index} of {key} twice in one delivery and try"
                ));
            }
        }
        let mut owners = owners;
        if is_counted {
            state.now = trace.elapsed();
            state.goes_on(
                run,
                &owners,
                &format!("record {index} of {key} was begun"),
                cx.is_cancelled(),
            );
        }
        let consumer = run as u32 + 1;
        if let [message] = &owners[..]
            && state.lives[message].is_remembered(consumer, trace.elapsed())
        {
            state.wrong(format!(
                "trap 33: {message} was done, and record {index} of {key} is done again"
            ));
        }
        owners.retain(|message| state.life(message).is_held);
        if state.run == run {
            owners.iter().for_each(|message| state.life(message).processing += 1);
            owners.iter().for_each(|message| state.look(message));
        }
        let judge = self.clone();
        let trace = trace.clone();
        Doing {
            judge,
            trace,
            run,
            role,
            key,
            owners,
            index,
            version,
            is_deferred: false,
            given_up: false,
            cx: is_counted.then(|| cx.clone()),
            ok: false,
        }
    }
}

impl Doing {
    /// A fault of the processor strikes here.
    pub(in super::super) fn strikes(&self, fault: Fault) {
        let mut state = self.judge.state();
        let phase = match () {
            () if state.draining => Phase::Draining,
            () if self.is_deferred || matches!(fault, Fault::DropsAck | Fault::LateVerdict) => {
                Phase::Deferred
            }
            () => Phase::Processing,
        };
        if !(fault == Fault::LateVerdict && phase == Phase::Draining) {
            state.table.strike(fault, phase);
        }
        if fault != Fault::LateVerdict {
            for message in state.owners(&self.key) {
                state.life(&message).has_own_cause = true;
                state.life(&message).excuse(false);
            }
        }
    }

    /// It is taken over: its verdict comes later.
    pub(in super::super) fn is_deferred(&mut self) {
        self.is_deferred = true;
        self.recount(|life| {
            life.processing -= 1;
            life.deferred += 1;
        });
    }

    /// Nobody waits for its verdict any more.
    pub(in super::super) fn given_up(&mut self) {
        if !std::mem::replace(&mut self.given_up, true) {
            let deferred = self.is_deferred;
            self.recount(|life| {
                *(if deferred { &mut life.deferred } else { &mut life.processing }) -= 1;
            });
        }
    }

    fn recount(&self, how: impl Fn(&mut super::Life)) {
        let mut state = self.judge.state();
        if state.run == self.run {
            for message in &self.owners {
                how(state.life(message));
                state.look(message);
            }
        }
    }
}

impl Drop for Doing {
    fn drop(&mut self) {
        self.given_up();
        let (processor, done) = {
            let mut state = self.judge.state();
            if let (true, Some(cx)) = (self.ok, &self.cx) {
                let what = format!("record {} of {} went on", self.index, self.key);
                state.now = self.trace.elapsed();
                let owners = state.owners(&self.key);
                state.goes_on(self.run, &owners, &what, cx.is_cancelled());
            }
            if let (true, Some(version)) = (self.ok, self.version) {
                let is_first = state.done.insert((self.role, version, self.index));
                if !is_first {
                    state.twice.push((self.key.clone(), self.role, self.index));
                }
            }
            (state.processors[self.role].name.clone(), self.ok)
        };
        self.trace.note(Event::Settled {
            processor,
            object: self.key.clone(),
            index: self.index,
            ok: done,
        });
    }
}
