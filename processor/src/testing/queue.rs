//! An SQS queue in memory.

mod lease;
mod settings;
mod state;

use super::{Chaos, EntryResult, Event, Fault, Op, Trace, fault::FaultPlan};
use crate::{
    port::{Answers, PortError, PortErrorKind, Queue, QueueAttributes, Receive, Received},
    record::Told,
    tracking::{Answer, Entry},
};
use futures::future::BoxFuture;
pub(crate) use settings::QueueSettings;
pub(crate) use state::Place;
use state::State;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep, sleep_until},
};

const URL: &str = "https://sqs.eu-west-1.amazonaws.com/123456789012/memory";

/// An SQS queue in memory. Cloning shares it.
///
/// A receipt is `message#n`, where n counts the receives of the message; only the newest is good.
/// What is asked against the rules of the service, or twice at once about one message, is kept as a
/// [violation](Self::violations).
#[derive(Debug, Clone)]
pub(crate) struct MemoryQueue {
    inner: Arc<Inner>,
    /// Which consumer this is: what one may not do twice at once, two may.
    consumer: u32,
}

#[derive(Debug)]
struct Inner {
    settings: QueueSettings,
    state: Mutex<State>,
    faults: Mutex<FaultPlan>,
    /// A message may have become visible.
    changed: Notify,
    trace: Trace,
}

/// A request under way.
struct Call {
    fault: Fault,
    there: Duration,
    back: Duration,
    _busy: Busy,
}

/// The messages of a request under way, until it is answered or nobody waits for it any more.
struct Busy {
    queue: MemoryQueue,
    op: Op,
    receipts: Vec<String>,
    late: bool,
}

/// A request that arrives later than this after it was signed is refused (IAM User Guide, "AWS
/// Signature Version 4").
const SIGNED_FOR: Duration = Duration::from_secs(5 * 60);

/// An answer that takes longer than this on its way back is late.
const LATE: Duration = Duration::from_millis(250);

impl MemoryQueue {
    pub(crate) fn new(settings: QueueSettings, trace: Trace) -> Self {
        let state = Mutex::new(State::new(trace.clone()));
        let inner =
            Inner { settings, state, faults: Mutex::default(), changed: Notify::new(), trace };
        Self { inner: Arc::new(inner), consumer: 0 }
    }

    /// The same queue as another consumer sees it.
    pub(crate) fn consumer(&self) -> Self {
        let consumer = self.state().new_consumer();
        Self { inner: Arc::clone(&self.inner), consumer }
    }

    /// What is told of messages that are sent from now on, beside their ids.
    pub(crate) fn tell(&self, told: Told) {
        self.state().told = told;
    }

    /// Sends a message; the name it goes by comes back.
    pub(crate) fn send(&self, body: impl Into<String>) -> String {
        self.send_after(Duration::ZERO, body)
    }

    /// Sends a message that is visible only after the delay.
    pub(crate) fn send_after(&self, delay: Duration, body: impl Into<String>) -> String {
        let id = self.state().send(body.into(), Instant::now() + delay);
        self.inner.changed.notify_waiters();
        id
    }

    /// The next receive brings this message although it is in flight, as the service may.
    pub(crate) fn deliver_again(&self, message: &str) {
        self.state().deliver_again(message);
        self.inner.changed.notify_waiters();
    }

    /// The next request of this kind suffers the fault; called again, the one after it.
    pub(crate) fn fail_next(&self, op: Op, fault: Fault) {
        self.faults().push(op, fault);
    }

    /// Every request of this kind suffers the fault, until told otherwise.
    pub(crate) fn fail_always(&self, op: Op, fault: Fault) {
        self.faults().always(op, fault);
    }

    /// What every request of this kind suffered is over.
    pub(crate) fn recover(&self, op: Op) {
        self.faults().no_longer(op);
    }

    /// Random faults from a seed, or none any more.
    pub(crate) fn chaos(&self, chaos: Option<Chaos>, seed: u64) {
        self.faults().chaos(chaos, seed);
    }

    /// The network between the queue and every consumer that exists now is gone for good.
    pub(crate) fn cut_off(&self) {
        self.state().cut_off();
    }

    /// The process of this consumer is killed: what it asked for and was not done is never done.
    pub(crate) fn kill(&self) {
        self.state().kill(self.consumer);
    }

    /// Somebody makes this message visible although it is in flight.
    pub(crate) fn expire(&self, message: &str) {
        self.state().expire(message, Instant::now());
        self.inner.changed.notify_waiters();
    }

    /// The queue is deleted.
    pub(crate) fn vanish(&self) {
        for op in [Op::Attributes, Op::Receive, Op::Change, Op::Delete] {
            self.fail_always(op, Fault::Refuse(PortErrorKind::Gone));
        }
        self.state().vanished = true;
        self.inner.changed.notify_waiters();
    }

    /// Where a message is now.
    pub(crate) fn place(&self, message: &str) -> Place {
        self.state().place(message, Instant::now())
    }

    /// The names of all messages in this place, in the order they were sent.
    pub(crate) fn in_place(&self, place: Place) -> Vec<String> {
        self.state().in_place(place, Instant::now())
    }

    /// How many messages the queue knows of.
    pub(crate) fn len(&self) -> usize {
        self.state().len()
    }

    /// How often a message was received.
    pub(crate) fn receives(&self, message: &str) -> u32 {
        self.state().receives(message)
    }

    /// Whether every message was deleted or is in the dead-letter queue.
    pub(crate) fn is_finished(&self) -> bool {
        let state = self.state();
        state.all(Instant::now(), |place| matches!(place, Place::Deleted | Place::Dead))
    }

    /// What was asked against the rules.
    pub(crate) fn violations(&self) -> Vec<String> {
        self.state().violations.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.inner.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.apply_late(Instant::now(), &self.inner.settings);
        state
    }

    fn faults(&self) -> MutexGuard<'_, FaultPlan> {
        self.inner.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the request and draws its fault. A refusal ends it here, silence never does.
    async fn call(&self, op: Op, entries: &[Entry]) -> Result<Call, PortError> {
        let receipts: Vec<_> = entries.iter().map(|entry| entry.receipt.clone()).collect();
        self.inner.trace.note(Event::Asked { op, by: self.consumer, about: receipts.clone() });
        let (fault, there, back) = self.faults().draw(op, entries.len());
        self.state().begin(self.consumer, op, entries);
        let about = receipts.clone();
        let busy = Busy { queue: self.clone(), op, receipts, late: back > LATE };
        if self.state().is_cut_off(self.consumer) {
            self.silently(op, about, false, |_| {}).await;
        }
        pause(there).await;
        match fault {
            Fault::Refuse(kind) => {
                self.inner.trace.note(Event::Refused { op, kind, about });
                pause(back).await;
                Err(refused(kind))
            }
            Fault::Lost => self.silently(op, about, false, |_| {}).await,
            fault => Ok(Call { fault, there, back, _busy: busy }),
        }
    }

    /// What a request without an answer does before nothing more is heard of it.
    async fn silently(
        &self,
        op: Op,
        about: Vec<String>,
        takes: bool,
        effect: impl FnOnce(&mut State),
    ) -> ! {
        self.inner.trace.note(Event::Silent { op, about, effect: takes });
        effect(&mut self.state());
        self.inner.changed.notify_waiters();
        std::future::pending().await
    }

    async fn receive_messages(self, receive: Receive) -> Result<Vec<Received>, PortError> {
        self.state().check_receive(&receive);
        let call = self.call(Op::Receive, &[]).await?;
        if call.fault == Fault::Empty {
            self.inner.trace.note(Event::Empty);
            pause(call.back).await;
            return Ok(Vec::new());
        }
        let deadline = Instant::now() + receive.wait.saturating_sub(call.there);
        loop {
            let changed = self.inner.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let now = Instant::now();
            if self.state().is_dead(self.consumer) {
                self.silently(Op::Receive, Vec::new(), false, |_| {}).await;
            }
            let (taken, next) = {
                let mut state = self.state();
                if state.vanished {
                    return Err(refused(PortErrorKind::Gone));
                }
                let twice = call.fault == Fault::Duplicate;
                let taken = state.take(&receive, self.consumer, &self.inner.settings, twice, now);
                (taken, state.next_change(now))
            };
            if !taken.is_empty() && matches!(call.fault, Fault::Unanswered(_)) {
                let about = taken.into_iter().map(|message| message.receipt).collect();
                self.silently(Op::Receive, about, true, |_| {}).await;
            }
            if !taken.is_empty() || now >= deadline {
                pause(call.back).await;
                return Ok(taken);
            }
            tokio::select! {
                biased;
                () = changed => {}
                () = sleep_until(next.map_or(deadline, |next| next.min(deadline))) => {}
            }
        }
    }

    async fn batch(self, op: Op, entries: Vec<Entry>) -> Result<Answers, PortError> {
        let asked = Instant::now();
        let call = self.call(op, &entries).await?;
        let now = Instant::now();
        if let Fault::Unanswered(delay) = call.fault {
            let about = entries.iter().map(|entry| entry.receipt.clone()).collect();
            let takes = delay < SIGNED_FOR;
            let effect = |state: &mut State| {
                if takes {
                    state.later(now + delay, op, entries);
                }
            };
            self.silently(op, about, takes, effect).await;
        }
        let refused = |n: usize| matches!(&call.fault, Fault::Entries(which) if which.contains(&n));
        let answers = {
            let mut state = self.state();
            let settings = &self.inner.settings;
            let apply = |(n, entry)| match call.fault {
                Fault::Ignore => state.note(op, entry, EntryResult::Ignored),
                _ if refused(n) => state.note(op, entry, EntryResult::Refused),
                _ => state.apply(op, entry, settings, asked, now),
            };
            entries.iter().enumerate().map(apply).map(answer).collect()
        };
        self.inner.changed.notify_waiters();
        pause(call.back).await;
        Ok(answers)
    }
}

impl Queue for MemoryQueue {
    fn attributes(&self) -> BoxFuture<'_, Result<QueueAttributes, PortError>> {
        Box::pin(async {
            let call = self.call(Op::Attributes, &[]).await?;
            pause(call.back).await;
            let QueueSettings { visibility_timeout, max_receives, .. } = self.inner.settings;
            Ok(QueueAttributes { visibility_timeout, max_receives })
        })
    }

    fn receive(&self, receive: Receive) -> BoxFuture<'_, Result<Vec<Received>, PortError>> {
        Box::pin(self.clone().receive_messages(receive))
    }

    fn change_visibility(&self, entries: Vec<Entry>) -> BoxFuture<'_, Result<Answers, PortError>> {
        Box::pin(self.clone().batch(Op::Change, entries))
    }

    fn delete(&self, entries: Vec<Entry>) -> BoxFuture<'_, Result<Answers, PortError>> {
        Box::pin(self.clone().batch(Op::Delete, entries))
    }

    fn url(&self) -> &str {
        URL
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.queue
            .inner
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .finish(self.queue.consumer, &self.receipts);
        let (op, about, late) = (self.op, std::mem::take(&mut self.receipts), self.late);
        self.queue.inner.trace.note(Event::Over { op, about, late });
    }
}

fn answer(verdict: EntryResult) -> Answer {
    match verdict {
        EntryResult::Done | EntryResult::Ignored => Answer::Done,
        EntryResult::Stale | EntryResult::NotInFlight => Answer::Lost,
        EntryResult::TooLong | EntryResult::Refused => Answer::Refused,
    }
}

fn refused(kind: PortErrorKind) -> PortError {
    PortError::new(kind, format!("the queue was told to refuse this ({kind:?})"))
}

/// A sleep of no length would still wait for the clock's next tick.
async fn pause(delay: Duration) {
    if !delay.is_zero() {
        sleep(delay).await;
    }
}
