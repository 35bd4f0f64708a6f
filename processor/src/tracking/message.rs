use super::{
    Moment, Policy,
    action::{Answer, ObjectEnd, Outcome, Request},
    delivery::Disposition,
    lease::Lease,
};
use std::time::Duration;

/// What is known of one held message.
#[derive(Debug)]
pub(super) struct Message<J> {
    pub(super) message_id: String,
    pub(super) receipt: String,
    /// Counts the deliveries of this message while it is held.
    pub(super) delivery: u32,
    pub(super) received: Moment,
    /// How long it stays away from its verdict if something fails.
    pub(super) failure_delay: Duration,
    pub(super) lease: Lease,
    pub(super) work: Work<J>,
    /// The work of the newest delivery, while that of an earlier one goes on: it begins if that
    /// ends undone.
    next: Option<Work<J>>,
    /// The one request in flight or waiting in a batch, also if it is about an earlier delivery.
    pub(super) request: Option<Request>,
    /// A delete was answered with a lost lease, or tried after it.
    delete_spent: bool,
    released: Option<Duration>,
    deleted: bool,
    /// When the message is looked at again by itself.
    pub(super) timer: Option<Moment>,
}

/// The work on a message, as far as it was reported.
#[derive(Debug)]
pub(super) struct Work<J> {
    /// What it is begun with, until it is.
    pub(super) job: Option<J>,
    /// Objects that have not ended.
    pub(super) open: usize,
    failed: bool,
    /// Something was not worked on, without anybody's fault.
    cut: bool,
    /// The body cannot be understood.
    unreadable: bool,
    retry_after: Duration,
    cancelled: bool,
}

/// What to do about a message now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Nothing, until something is reported or the moment comes.
    Wait(Option<Moment>),
    /// Begin the work.
    Start,
    /// Tell the work to stop, or do not begin it.
    Cancel,
    Ask(Request),
    End(Outcome),
}

impl<J> Work<J> {
    pub(super) fn new(disposition: Disposition<J>) -> Self {
        let mut work = Self {
            job: None,
            open: 0,
            failed: false,
            cut: false,
            unreadable: false,
            retry_after: Duration::ZERO,
            cancelled: false,
        };
        match disposition {
            Disposition::Objects { count: 0, .. } | Disposition::Nothing => {}
            Disposition::Objects { count, job } => (work.open, work.job) = (count, Some(job)),
            Disposition::Unreadable => work.unreadable = true,
            Disposition::HandBack => work.cut = true,
        }
        work
    }

    /// Whether everything was done.
    pub(super) fn succeeded(&self) -> bool {
        self.open == 0 && !(self.failed || self.cut || self.unreadable)
    }

    /// Whether anybody works on it, who has to be told. What was not begun never will be.
    pub(super) fn cancel(&mut self) -> bool {
        self.cancelled = true;
        let begun = self.job.take().is_none();
        if !begun {
            (self.open, self.cut) = (0, true);
        }
        begun
    }

    fn object_ended(&mut self, end: &ObjectEnd) {
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

impl<J> Message<J> {
    pub(super) fn new(
        message_id: String,
        receipt: String,
        failure_delay: Duration,
        received: Moment,
        lease: Lease,
        work: Work<J>,
    ) -> Self {
        Self {
            message_id,
            receipt,
            delivery: 0,
            received,
            failure_delay,
            lease,
            work,
            next: None,
            request: None,
            delete_spent: false,
            released: None,
            deleted: false,
            timer: None,
        }
    }

    /// A newer delivery of the same message: its receipt and its own 12 hours replace the old ones.
    /// What was confirmed for an older receipt came to nothing, or there would be no newer one.
    pub(super) fn redelivered(
        &mut self,
        receipt: String,
        failure_delay: Duration,
        lease: Lease,
        work: Work<J>,
    ) {
        self.receipt = receipt;
        self.failure_delay = failure_delay;
        self.lease = lease;
        self.delivery += 1;
        self.delete_spent = false;
        self.released = None;
        self.deleted = false;
        self.next = Some(work);
        self.turn_over();
    }

    pub(super) fn object_ended(&mut self, end: &ObjectEnd) {
        self.work.object_ended(end);
        self.turn_over();
    }

    /// What does not run and is not done makes way for the work of the newest delivery. All ends of
    /// its objects were reported by then, so none of them can be taken for one of the new work's.
    fn turn_over(&mut self) {
        if (self.work.open == 0 || self.work.job.is_some())
            && let Some(next) = self.next.take()
            && !self.work.succeeded()
        {
            self.work = next;
        }
    }

    /// The one place where actions are chosen; everything else records facts.
    pub(super) fn decide(&self, now: Moment, policy: &Policy) -> Decision {
        if self.work.open > 0 { self.decide_working(now, policy) } else { self.decide_at_rest(now) }
    }

    fn decide_working(&self, now: Moment, policy: &Policy) -> Decision {
        let lost = self.lease.is_lost(now);
        let give_up = (!self.work.cancelled).then(|| self.lease.give_up_at(policy));
        let cut_short = lost || self.work.cut || give_up.is_some_and(|give_up| now >= give_up);
        match () {
            // Before it is begun, too: a record that is begun without a lease is one that another
            // consumer has as well.
            () if cut_short && !self.work.cancelled => Decision::Cancel,
            () if self.work.job.is_some() => Decision::Start,
            // An extension of a lost lease would take the message from whoever has it now.
            () if lost => Decision::Wait(None),
            () => self.keep_lease(now, give_up, policy),
        }
    }

    /// Extends the lease when it is time, else waits for that, for its end or for `also`.
    fn keep_lease(&self, now: Moment, also: Option<Moment>, policy: &Policy) -> Decision {
        let mut wake = also.map_or(self.lease.until(), |also| also.min(self.lease.until()));
        if self.request.is_none() {
            let extend_at = self.lease.extend_at();
            let at = extend_at.max(now);
            if self.lease.is_extensible(self.next_term(at, policy), at) {
                if now >= extend_at {
                    return Decision::Ask(Request::Extend);
                }
                wake = wake.min(extend_at);
            }
        }
        Decision::Wait(Some(wake))
    }

    fn decide_at_rest(&self, now: Moment) -> Decision {
        // Two requests may arrive in either order: an extension that lands after a release would
        // hide the message again, and one that lands after a delete would be about nothing.
        if self.request.is_some() {
            return Decision::Wait(None);
        }
        if self.deleted {
            return Decision::End(Outcome::Deleted);
        }
        if let Some(delay) = self.released {
            return Decision::End(Outcome::Released(delay));
        }
        // Neither deleted nor released: only its receives bring it to the dead-letter queue, and a
        // release would use them up at once.
        if self.work.unreadable {
            return Decision::End(Outcome::Kept);
        }
        let lost = self.lease.is_lost(now);
        let pause = self.lease.pause().min(self.lease.until());
        match () {
            () if self.work.succeeded() && self.delete_spent => Decision::End(Outcome::LeaseLost),
            // Everything is done, so a delete does no harm whoever has the message; without it all
            // of it would be done again.
            () if self.work.succeeded() && lost => Decision::Ask(Request::Delete),
            // An extension that nobody answered may still arrive, and undo a release. A delete
            // cannot be undone.
            () if !self.work.succeeded() && self.lease.is_doubtful(now) => {
                Decision::End(Outcome::LeftToTimeOut)
            }
            // A release would show the message while another consumer works on it.
            () if lost => Decision::End(Outcome::LeaseLost),
            () if now < pause => Decision::Wait(Some(pause)),
            () if self.work.succeeded() => Decision::Ask(Request::Delete),
            () => Decision::Ask(Request::Release),
        }
    }

    /// Until when a request decided on now may wait for others to share its batch. A delete may,
    /// while it still arrives well before the lease ends.
    pub(super) fn may_linger_until(
        &self,
        request: Request,
        now: Moment,
        policy: &Policy,
    ) -> Moment {
        let lingered = now + policy.delete_linger;
        let in_time =
            !self.lease.is_lost(now) && lingered + policy.request_timeout() < self.lease.until();
        if request == Request::Delete && in_time { lingered } else { now }
    }

    /// The timeout a request sent now asks for.
    pub(super) fn term(&self, request: Request, now: Moment, policy: &Policy) -> Duration {
        match request {
            Request::Extend => self.next_term(now, policy),
            Request::Release => self.release_delay(now, policy),
            Request::Delete => Duration::ZERO,
        }
    }

    fn next_term(&self, now: Moment, policy: &Policy) -> Duration {
        self.lease.next_term(now.since(self.received), now, policy)
    }

    /// What failed comes back after a delay, what was only handed back at once, if nobody of this
    /// process would get it; both within the 12 hours.
    fn release_delay(&self, now: Moment, policy: &Policy) -> Duration {
        let wanted = match self.work.failed {
            true => self.failure_delay.max(self.work.retry_after),
            false => policy.hand_back_at.since(now),
        };
        let whole = wanted.as_secs().saturating_add(u64::from(wanted.subsec_nanos() > 0));
        Duration::from_secs(whole).min(self.lease.longest(now, policy))
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
                self.lease.unanswered(sent, term, now);
                self.lease.pause_until(now + policy.request_pause());
            }
            (Request::Delete, Answer::Unanswered) | (_, Answer::Refused) => {
                self.lease.pause_until(now + policy.request_pause());
            }
        }
    }
}
