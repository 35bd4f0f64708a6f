use super::{
    super::table::{Fault, Phase, impossible},
    OLD, State,
    life::Succeeded,
};
use crate::{
    config::MAX_TOTAL,
    testing::{EntryResult, Event, ObjectFault, Op},
};
use std::time::Duration;

fn message_of(receipt: &str) -> &str {
    receipt.split_once('#').map_or(receipt, |(message, _)| message)
}

impl State {
    pub(super) fn see(&mut self, at: Duration, event: &Event) {
        self.now = at;
        match event {
            Event::Asked { op: Op::Receive, .. } => self.receives += 1,
            Event::Asked { op, by, about } => {
                about.iter().for_each(|receipt| self.asked(*op, *by, receipt));
            }
            Event::Received { message, by, term, again, .. } => {
                self.received(message, *again);
                self.life(message).leased(*by, at + *term);
            }
            Event::Changed { receipt, term, verdict } => {
                if *verdict == EntryResult::Done {
                    self.changed(receipt, *term);
                }
                self.answered(message_of(receipt), Op::Change, *verdict);
            }
            Event::Deleted { receipt, verdict } => {
                self.answered(message_of(receipt), Op::Delete, *verdict);
            }
            Event::Dead { message } => self.dead(message),
            Event::Refused { op, about, .. } => self.request_failed(Fault::Refused, *op, about),
            Event::Silent { op, about, effect } => {
                self.request_failed(
                    if *effect { Fault::Unanswered } else { Fault::Lost },
                    *op,
                    about,
                );
            }
            Event::Empty => self.table.strike(Fault::EmptyReceive, Phase::Receiving),
            Event::Over { op, about, late } => self.over(*op, about, *late),
            Event::Opened { object } => self.reading(object, |life| life.opening += 1),
            Event::Answered { object } => {
                self.reading(object, |life| life.opening = life.opening.saturating_sub(1));
            }
            Event::Body { object, from } => {
                if *from == 0 {
                    self.begins_anew(object);
                }
                self.reading(object, |life| {
                    life.reading += 1;
                    life.bodies.insert(object.clone());
                });
            }
            Event::Closed { object } => {
                self.reading(object, |life| life.reading = life.reading.saturating_sub(1));
            }
            Event::Struck { object, fault } => self.store_failed(object, *fault),
            Event::Finished { object, etag } => self.finished(object, etag),
            Event::Sent { .. } | Event::Began { .. } | Event::Settled { .. } => {}
        }
    }

    /// An object was deleted: one that was done as it stood, of a message that is gone.
    fn finished(&mut self, key: &str, etag: &str) {
        let is_wanted = |message: &String| self.lives[message].succeeded.is_none();
        if self.owners(key).iter().all(is_wanted) {
            self.wrong(format!("trap 36: {key} was deleted before its message"));
        }
        if !self.is_settled_as(key, etag) {
            self.wrong(format!("trap 92: {key} was deleted, of which not all was done"));
        }
    }

    fn received(&mut self, message: &str, again: bool) {
        let (lenient, draining, now) = (self.is_lenient(), self.draining, self.now);
        // Work on an object is the work of one of the messages that announce it; which one cannot
        // be seen from outside.
        let shared = self.distinct_keys(message).iter().any(|key| self.owners(key).len() > 1);
        let life = self.life(message);
        let phase = life.phase(draining);
        let old = now.saturating_sub(life.received_at) > OLD;
        let (excused, lease_excused) =
            (life.excused || lenient || old, life.lease_excused || lenient || old || shared);
        let (receives, runs, doomed) = (life.receives, life.runs(), life.is_doomed);
        // What was wrong before still counts for work that goes on, as it may where the message was
        // in flight.
        let keeps = again || phase.is_some() || runs;
        life.excused = lenient || doomed || (keeps && life.excused);
        life.lease_excused = lenient || (keeps && life.lease_excused);
        life.receives += 1;
        (life.received_at, life.is_held, life.released) = (now, true, false);
        if !keeps {
            life.bodies.clear();
        }
        if receives > 0 && !again && !excused {
            self.wrong(format!("I10: {message} was delivered again although nothing was wrong"));
        }
        if !again && runs && !lease_excused {
            self.wrong(format!("I7: {message} was delivered again while its work ran"));
        }
        match phase {
            Some(phase) if again && receives > 0 => self.table.strike(Fault::Redelivered, phase),
            Some(phase) => self.table.strike(Fault::Expired, phase),
            None => {}
        }
        if again && self.receives > 0 && !draining {
            self.table.strike(Fault::DoubleReceive, Phase::Receiving);
        }
        self.look(message);
    }

    fn asked(&mut self, op: Op, by: u32, receipt: &str) {
        let message = message_of(receipt);
        let (now, finished) = (self.now, self.is_finished(message));
        let life = self.life(message);
        life.ask(op, finished);
        if op == Op::Delete {
            life.succeeded = Some(Succeeded { by, at: now, receipt: receipt.to_owned() });
        } else if life.succeeded.as_ref().is_some_and(|done| done.receipt == receipt) {
            self.wrong(format!("I4: {receipt} was extended after its delete was asked for"));
        }
        self.look(message);
    }

    /// A visibility timeout was changed, whether anybody learns of it or not. A shorter one than
    /// any extension asks for, long before the 12 hours are over, is a release: nothing that was
    /// asked before may come after it.
    fn changed(&mut self, receipt: &str, term: Duration) {
        let (now, shortest) = (self.now, self.visibility_timeout);
        let life = self.life(message_of(receipt));
        life.lease_until = now + term;
        let is_release =
            term < shortest && now.saturating_sub(life.received_at) + shortest * 2 < MAX_TOTAL;
        if life.handed_back.as_deref() == Some(receipt) {
            self.wrong(format!(
                "I4: {receipt} was hidden for {term:?} more after it had been handed back"
            ));
        } else if is_release {
            life.handed_back = Some(receipt.to_owned());
        }
    }

    /// Every object was begun since the message came.
    fn is_finished(&self, message: &str) -> bool {
        let begun = self.lives.get(message).map(|life| life.bodies.len()).unwrap_or_default();
        begun >= self.distinct_keys(message).len()
    }

    fn request_phase(&mut self, message: &str) -> Phase {
        if self.draining {
            Phase::Draining
        } else {
            self.life(message).asked.unwrap_or(Phase::Extending)
        }
    }

    fn request_failed(&mut self, fault: Fault, op: Op, about: &[String]) {
        match op {
            Op::Receive => {
                let phase = if self.draining { Phase::Draining } else { Phase::Receiving };
                self.table.strike(fault, phase);
            }
            Op::Change | Op::Delete => {
                for receipt in about {
                    let phase = self.request_phase(message_of(receipt));
                    self.table.strike(fault, phase);
                }
            }
            Op::Attributes => {}
        }
        about.iter().for_each(|receipt| self.life(message_of(receipt)).excuse(true));
    }

    fn answered(&mut self, message: &str, op: Op, verdict: EntryResult) {
        let phase = self.request_phase(message);
        match verdict {
            EntryResult::Done if op == Op::Delete => {
                self.deleted(message);
                self.life(message).left();
            }
            EntryResult::Done if self.life(message).asked == Some(Phase::Releasing) => {
                self.life(message).released = true;
            }
            EntryResult::Done => {}
            EntryResult::Stale | EntryResult::NotInFlight | EntryResult::Ignored => {
                self.table.strike(Fault::StaleReceipt, phase);
            }
            EntryResult::Refused => {
                self.table.strike(Fault::EntryRefused, phase);
                self.life(message).excuse(true);
            }
            // Nothing that waits for an answer notices how long it takes while the clock jumps.
            EntryResult::TooLong if self.has_just_jumped() => {}
            EntryResult::TooLong => {
                self.wrong(format!("{message} was to be hidden beyond the 12 hours"));
            }
        }
    }

    /// I1, I9.
    fn deleted(&mut self, message: &str) {
        if self.life(message).is_unreadable {
            self.wrong(format!("I9: {message} cannot be understood, and was deleted"));
        }
        for key in self.distinct_keys(message) {
            if !self.is_done(&key) {
                self.wrong(format!("I1: {message} was deleted, but {key} is not done"));
            }
            // What was done before does not make good what was handed on last.
            if self.spoiled.contains(&key) && self.is_read_once(&key) {
                self.wrong(format!("I9: {message} was deleted, but {key} came corrupt"));
            }
        }
    }

    fn dead(&mut self, message: &str) {
        let old = self.now.saturating_sub(self.life(message).received_at) > OLD;
        if !(self.life(message).excused || self.is_lenient() || old) {
            self.wrong(format!(
                "{message} is dead although nothing was wrong with its last delivery"
            ));
        }
        self.life(message).left();
    }

    fn over(&mut self, op: Op, about: &[String], late: bool) {
        if op == Op::Receive {
            self.receives = self.receives.saturating_sub(1);
            if late {
                let phase = if self.draining { Phase::Draining } else { Phase::Receiving };
                self.table.strike(Fault::LateAnswer, phase);
            }
        }
        for receipt in about {
            let message = message_of(receipt);
            if late {
                let phase = self.request_phase(message);
                self.table.strike(Fault::LateAnswer, phase);
            }
            let life = self.life(message);
            life.asked = None;
            if life.released {
                life.left();
            }
        }
    }

    fn reading(&mut self, key: &str, what: impl Fn(&mut super::Life)) {
        for message in self.owners(key) {
            what(self.life(&message));
            self.look(&message);
        }
    }

    /// Nothing of what was read of an object before is handed on after this.
    /// What was held by a breaker is read again from its start, in the same delivery.
    fn begins_anew(&mut self, key: &str) {
        *self.begun.entry(key.to_owned()).or_default() += 1;
        let versions: Vec<_> = self.truth.of(key).map(|(at, _)| at).collect();
        self.handed.retain(|(_, version, ..)| !versions.contains(version));
        if self.is_read_once(key) {
            self.corrupt.remove(key);
            self.spoiled.remove(key);
        }
    }

    fn store_failed(&mut self, key: &str, fault: ObjectFault) {
        let fault = match fault {
            ObjectFault::Missing => Fault::Missing,
            ObjectFault::Denied => Fault::Denied,
            ObjectFault::Unavailable => Fault::Unavailable,
            ObjectFault::SlowOpen(_) => Fault::SlowOpen,
            ObjectFault::Break(_) => Fault::Break,
            ObjectFault::Short(_) => Fault::Short,
            ObjectFault::Stall(..) => Fault::Stall,
            ObjectFault::SlowChunks(_) => Fault::SlowChunks,
            ObjectFault::Corrupt(_) | ObjectFault::CorruptBreak(..) => Fault::Corrupt,
            ObjectFault::Checksum | ObjectFault::ChecksumBreak(_) => Fault::Checksum,
            ObjectFault::Panic => Fault::ClientPanic,
        };
        if fault == Fault::Corrupt {
            self.corrupt.insert(key.to_owned());
        }
        let owners = self.owners(key);
        owners.iter().for_each(|message| self.life(message).has_own_cause = true);
        let begun = owners.iter().any(|message| self.life(message).bodies.contains(key));
        // What a run that was cut off goes on to read began before its message came again.
        let of_body = impossible(fault, Phase::Opening).is_some();
        let phase = match () {
            () if self.draining => Phase::Draining,
            () if begun || of_body => Phase::Reading,
            () => Phase::Opening,
        };
        self.table.strike(fault, phase);
        // What only takes time is no excuse.
        let excuse = !matches!(fault, Fault::SlowChunks);
        owners.iter().filter(|_| excuse).for_each(|message| self.life(message).excuse(false));
    }
}
