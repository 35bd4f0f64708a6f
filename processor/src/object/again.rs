use super::{
    counts::Counts,
    duty::{Duty, Question},
    engine::Engine,
    finisher::Finished,
    parked::Parked,
    registry::Claim,
    saver::Saver,
    saving::Saving,
    task::Task,
};
use crate::{
    breaker::OutageOf,
    config::Finish,
    job::{MessageInfo, Ticket},
    record::ObjectRef,
    runtime::{Held, report},
    tracking::ObjectEnd,
};
use futures::future::join_all;
use std::{sync::Arc, time::Duration};
use tracing::Instrument;

/// So long an object is held at least before it is tried again, if nothing else says so; doubled
/// each further time, shortened at random by up to a half.
const FIRST_HOLD: Duration = Duration::from_secs(1);
const LONGEST_HOLD: Duration = Duration::from_secs(30);

/// The claim is dropped first: who waits for the object is told before its message is.
pub(super) struct Owed {
    pub(super) claim: Claim,
    pub(super) ticket: Ticket,
    pub(super) task: Task,
    /// As it was read, once it was opened.
    pub(super) object: Option<ObjectRef>,
}

/// An object that did not come to its end, perhaps through no fault of its own.
struct Again {
    duty: Box<Owed>,
    /// What it depends on and may be down.
    of: Vec<OutageOf>,
    /// How it ends if nothing of that is; `None`: it is known that something was.
    question: Option<Question>,
}

impl Duty for Owed {
    fn opened(&mut self, object: &ObjectRef, counts: &Arc<Counts>) {
        self.object = Some(object.clone());
        self.claim.opened(counts);
    }

    fn end(self: Box<Self>, end: ObjectEnd, failed: &[u64], read_to_end: bool) {
        let Self { claim, ticket, task, object } = *self;
        if matches!(end, ObjectEnd::Done | ObjectEnd::Failed { .. }) {
            let delivery = (end == ObjectEnd::Done).then_some(task.message.receive_count);
            task.counters().timing.object(claim.age(), delivery);
        }
        let message_id = &task.message.message_id;
        // Not under the processor that happened to settle the last record.
        task.span.in_scope(|| {
            let name = task.name();
            report::object_ended(
                task.counters(),
                message_id,
                &task.treatment,
                &name,
                &end,
                failed,
                read_to_end,
            );
        });
        let Engine { saver, more, finisher, .. } = &*task.engine;
        let finish = &task.treatment.finish;
        // What has records in quarantine is wanted again.
        if let Some(object) = object.filter(|_| task.collecting.is_none())
            && end == ObjectEnd::Done
            && *finish != Finish::keep()
        {
            let region = task.notified.region.clone();
            let finished = Finished { object, region, finish: finish.clone() };
            let (finisher, message) = (Arc::clone(finisher), Arc::clone(&task.message));
            let _ = more.send(finisher.when_deleted(finished, message));
        }
        let tell = move |end: ObjectEnd| {
            claim.end(&end);
            ticket.report(end);
        };
        let Some(saver) = saver else { return tell(end) };
        let saving = task.saving.as_ref();
        saving.iter().for_each(|saving| saving.end());
        let before = task.siblings.ended(&end, saving);
        if let Some(saving) = saving.filter(|saving| end == ObjectEnd::Done && saving.is_stored()) {
            let (saver, message) = (Arc::clone(saver), Arc::clone(&task.message));
            let _ = more.send(Box::pin(forget_when_deleted(saver, Arc::clone(saving), message)));
        }
        if before.is_empty() {
            return tell(end);
        }
        let saver = Arc::clone(saver);
        // If nobody works any more, the ticket that is dropped says so.
        let _ = more.send(Box::pin(async move {
            join_all(before.iter().map(|saving| saver.before_release(saving))).await;
            tell(end);
        }));
    }

    fn again(self: Box<Self>, of: Vec<OutageOf>, question: Option<Question>) {
        let more = self.task.engine.more.clone();
        // If nobody works any more, the ticket that is dropped says so.
        let _ = more.send(Box::pin(Again { duty: self, of, question }.run()));
    }
}

/// What is remembered of an object lives as long as its message.
async fn forget_when_deleted(saver: Arc<Saver>, saving: Arc<Saving>, message: Arc<MessageInfo>) {
    let mut deleted = message.deleted.subscribe();
    // If nobody is left who could say so, it was not.
    drop(message);
    if deleted.wait_for(|deleted| *deleted).await.is_ok() {
        saver.forget(&saving).await;
    }
}

impl Again {
    /// Holds the object while something is down that it needs, and then begins it anew.
    async fn run(self) {
        let span = self.duty.task.span.clone();
        let abort = self.duty.task.engine.shared.signals.abort.clone();
        let work = Box::pin(self.hold_and_begin());
        abort.run_until_cancelled_owned(work.instrument(span)).await;
    }

    async fn hold_and_begin(self) {
        let Self { duty, of, question } = self;
        let shared = duty.task.engine.shared.clone();
        let mut down = of;
        if let Some(question) = question {
            let (name, mut known) = (duty.task.name().to_string(), Vec::new());
            for of in down {
                if shared.gate.means_down(&of, name.clone(), question.failed_at).await {
                    known.push(of);
                }
            }
            if known.is_empty() {
                let Owed { task, .. } = &*duty;
                let quarantine = task.engine.quarantine.as_ref().zip(question.aside);
                let collecting = quarantine.and_then(|(quarantine, failed)| {
                    quarantine.may_take(&task.message.message_id, failed)
                });
                if collecting.is_some() {
                    let Owed { claim, ticket, task, .. } = *duty;
                    claim.closed();
                    let task = Task { collecting, ..task }.anew();
                    return task.attempt(claim, ticket, shared.capacity.wait()).await;
                }
                let end = ObjectEnd::Failed { retry_after: question.retry_after };
                return duty.end(end, &question.failed, question.read_to_end);
            }
            down = known;
        }
        report::object_held(&duty.task.message.message_id, &duty.task.name(), &down);
        duty.claim.closed();
        let pause = FIRST_HOLD.saturating_mul(1 << duty.task.held.min(16)).min(LONGEST_HOLD);
        let not_before = shared.env.now() + shared.env.jittered(pause);
        let may_try = {
            let _parked = Parked::new(&duty.task.message, &shared.capacity);
            let held: Held<'_> = shared.gate.hold(&down);
            tokio::select! {
                biased;
                () = duty.task.cancel.cancelled() => Err(ObjectEnd::Cancelled),
                // Handed back at once: nobody knows when it could be finished.
                () = shared.signals.drain.cancelled() => Err(ObjectEnd::NotStarted),
                () = held.may_try(not_before) => Ok(()),
            }
        };
        match may_try {
            Ok(()) => {
                let Owed { claim, ticket, task, .. } = *duty;
                task.anew().attempt(claim, ticket, shared.capacity.wait()).await;
            }
            Err(end) => duty.end(end, &[], false),
        }
    }
}
