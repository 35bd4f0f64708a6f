use super::{
    Moment, Policy,
    action::{Answer, MessageKey, ObjectEnd, Outcome, Request},
    lease::Lease,
};
use std::time::Duration;

/// What is known of one held message.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) message_id: String,
    pub(super) receipt: String,
    /// Counts the deliveries of this message while it is held.
    pub(super) delivery: u32,
    pub(super) received: Moment,
    pub(super) lease: Lease,
    pub(super) work: Work,
    /// The one request in flight or waiting in a batch.
    pub(super) request: Option<Request>,
    /// A delete was answered with a lost lease, or tried after it.
    delete_spent: bool,
    pub(super) released: Option<Duration>,
    pub(super) deleted: bool,
    pub(super) superseded: bool,
    /// The older delivery of the same message that this one took over from: while a request about that one is in flight,
    /// none is sent about this one.
    pub(super) after: Option<MessageKey>,
    /// When the message is looked at again by itself.
    pub(super) timer: Option<Moment>,
}

/// The work on a message, as far as it was reported.
#[derive(Debug, Default)]
pub(super) struct Work {
    /// Objects that have not ended.
    pub(super) open: usize,
    pub(super) failed: bool,
    /// Something was not worked on, without anybody's fault.
    pub(super) cut: bool,
    /// The body cannot be understood.
    pub(super) unreadable: bool,
    pub(super) retry_after: Duration,
    pub(super) cancelled: bool,
}

/// What to do about a message now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Nothing, until something is reported or the moment comes.
    Wait(Option<Moment>),
    Cancel,
    Extend(Duration),
    Release(Duration),
    Delete,
    End(Outcome),
}

impl Work {
    /// Whether the work may still succeed. Cancelled work may have succeeded anyway, but nobody waits for it.
    pub(super) fn is_hopeful(&self) -> bool {
        self.has_no_fault() && !(self.cancelled && self.open > 0)
    }

    /// Whether everything was done.
    pub(super) fn succeeded(&self) -> bool {
        self.open == 0 && self.has_no_fault()
    }

    fn has_no_fault(&self) -> bool {
        !(self.failed || self.cut || self.unreadable)
    }

    pub(super) fn object_ended(&mut self, end: &ObjectEnd) {
        self.open = self.open.checked_sub(1).expect("an object ends once");
        match end {
            ObjectEnd::Done => {}
            ObjectEnd::Failed { retry_after } => {
                self.failed = true;
                self.retry_after = self.retry_after.max(retry_after.unwrap_or_default());
            }
            ObjectEnd::Cancelled | ObjectEnd::NotStarted => self.cut = true,
        }
    }
}

impl Message {
    pub(super) fn new(message_id: String, receipt: String, received: Moment, lease: Lease, work: Work) -> Self {
        Self {
            message_id,
            receipt,
            delivery: 0,
            received,
            lease,
            work,
            request: None,
            delete_spent: false,
            released: None,
            deleted: false,
            superseded: false,
            after: None,
            timer: None,
        }
    }

    /// A newer delivery of the same message: its receipt and its own 12 hours replace the old ones.
    pub(super) fn redelivered(&mut self, receipt: String, lease: Lease) {
        self.receipt = receipt;
        self.lease = lease;
        self.delivery += 1;
        self.delete_spent = false;
    }

    /// The one place where actions are chosen; everything else records facts.
    pub(super) fn decide(&self, now: Moment, policy: &Policy) -> Decision {
        if self.work.open > 0 { self.decide_working(now, policy) } else { self.decide_at_rest(now, policy) }
    }

    fn decide_working(&self, now: Moment, policy: &Policy) -> Decision {
        let lost = self.lease.is_lost(now);
        let give_up = self.lease.give_up_at(policy);
        if self.superseded {
            // Its receipt is stale; the lease is kept by the delivery that took over.
            return if self.work.cut && !self.work.cancelled { Decision::Cancel } else { Decision::Wait(None) };
        }
        if !self.work.cancelled && (lost || now >= give_up || self.work.cut) {
            return Decision::Cancel;
        }
        if lost {
            return Decision::Wait(None);
        }
        if self.request.is_some() {
            return Decision::Wait(Some(self.lease.until()));
        }
        let term = self.lease.next_term(now.since(self.received), now, policy);
        let extend_at = self.lease.extend_at();
        if now >= extend_at && !term.is_zero() {
            return Decision::Extend(term);
        }
        let mut wake = self.lease.until();
        if !term.is_zero() {
            wake = wake.min(extend_at);
        }
        if !self.work.cancelled {
            wake = wake.min(give_up);
        }
        Decision::Wait(Some(wake))
    }

    fn decide_at_rest(&self, now: Moment, policy: &Policy) -> Decision {
        if self.deleted {
            return Decision::End(Outcome::Deleted);
        }
        if let Some(delay) = self.released {
            return Decision::End(Outcome::Released(delay));
        }
        if self.work.unreadable {
            return Decision::End(Outcome::Kept);
        }
        if self.request.is_some() {
            return Decision::Wait(None);
        }
        if self.superseded {
            return Decision::End(Outcome::Superseded);
        }
        let lost = self.lease.is_lost(now);
        let pause = self.lease.pause().min(self.lease.until());
        if self.work.succeeded() {
            return match () {
                () if self.delete_spent => Decision::End(Outcome::LeaseLost),
                () if !lost && now < pause => Decision::Wait(Some(pause)),
                () => Decision::Delete,
            };
        }
        match () {
            () if lost => Decision::End(Outcome::LeaseLost),
            () if self.lease.is_doubtful() => Decision::End(Outcome::LeftToTimeOut),
            () if now < pause => Decision::Wait(Some(pause)),
            () => Decision::Release(self.release_delay(now, policy)),
        }
    }

    /// What failed comes back after a delay, what was only handed back at once; both within the 12 hours.
    pub(super) fn release_delay(&self, now: Moment, policy: &Policy) -> Duration {
        let wanted = if self.work.failed { policy.failure_delay.max(self.work.retry_after) } else { Duration::ZERO };
        let whole = Duration::from_secs(wanted.as_secs() + u64::from(wanted.subsec_nanos() > 0));
        whole.min(self.lease.longest_delay(now))
    }

    /// The request is about to be sent, or to wait in a batch.
    pub(super) fn requested(&mut self, request: Request, now: Moment) {
        debug_assert!(self.request.is_none(), "one queue request in flight per message");
        self.request = Some(request);
        if request == Request::Delete && self.lease.is_lost(now) {
            self.delete_spent = true;
        }
    }

    /// Records what became of a request about this delivery of the message.
    pub(super) fn answered(
        &mut self,
        request: Request,
        term: Duration,
        answer: Answer,
        sent: Moment,
        now: Moment,
        policy: &Policy,
    ) {
        match (request, answer) {
            (Request::Extend, Answer::Done) => self.lease.extended(sent, term),
            (Request::Release, Answer::Done) => self.released = Some(term),
            (Request::Delete, Answer::Done) => self.deleted = true,
            (Request::Extend | Request::Release, Answer::Lost) => self.lease.lose(),
            (Request::Delete, Answer::Lost) => self.delete_spent = true,
            (Request::Extend | Request::Release, Answer::Unanswered) => {
                self.lease.unanswered(sent, term);
                self.lease.pause_until(now + policy.request_pause());
            }
            (Request::Delete, Answer::Unanswered) | (_, Answer::Refused) => {
                self.lease.pause_until(now + policy.request_pause());
            }
        }
    }
}
