//! The control thread's loop: everything that talks to SQS, and the tracker that decides.
//!
//! The loop is dull on purpose: it reports facts to the tracker, carries out what the tracker
//! decides, and waits.

use super::{
    caution::Caution,
    receiver::{MAX_MESSAGES, Polled, Receiver},
    requests::{self, Answered},
    settings::SqsSettings,
    startup,
};
use crate::{
    breaker::Receiving,
    error::RunError,
    job::{Job, JobObject, LeaseView, MessageInfo, ObjectEnded, Routed, Ticket},
    notification::NotifiedObject,
    port::{PortErrorKind, Queue, Receive, Received},
    record::Message,
    route::Treatment,
    runtime::{Phase, Shared, Stop, report},
    tracking::{
        Action, Answer, Delivery, Disposition, MessageKey, Moment, ObjectEnd, Outcome, Policy,
        Tracker,
    },
};
use futures::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use std::{
    collections::HashMap,
    pin::pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
        watch,
    },
    time::{Instant, sleep_until},
};

/// While many objects are worked on, ends are looked at so long after the last look, so that not
/// each of them wakes the control thread. Deletes wait longer than that for company. Of few, each
/// is looked at: its slot may be what the next one waits for.
const ENDS_PAUSE: Duration = Duration::from_millis(1);

/// After an abort everything is handed back within this. With the default drain timeout before it
/// and a second after it, that fits into the 30 s which Kubernetes leaves between SIGTERM and
/// SIGKILL.
const HANDING_BACK: Duration = Duration::from_secs(8);

/// The control side of a running pipeline.
pub(super) struct Control {
    settings: SqsSettings,
    shared: Shared,
    queue: Arc<dyn Queue>,
    tracker: Tracker<Parsed>,
    receiver: Receiver,
    caution: Caution<Parsed>,
    in_flight: FuturesUnordered<BoxFuture<'static, Ended>>,
    jobs: UnboundedSender<Vec<Job>>,
    ends: UnboundedReceiver<ObjectEnded>,
    end_sender: UnboundedSender<ObjectEnded>,
    running: HashMap<MessageKey, Running>,
    stopping: Stopping,
    /// Objects whose end is still to come.
    open_objects: usize,
    /// When ends of objects are looked at again.
    ends_at: Moment,
    /// The queue's own visibility timeout, as far as it is known.
    plain_delay: Duration,
    max_receives: Option<u32>,
    /// The queue answered once: from now on outages pause the pipeline and do not end it.
    proven: bool,
    failure: Option<RunError>,
}

/// A message's objects, until its work begins.
struct Parsed {
    message: Message,
    receive_count: u32,
    is_last_chance: bool,
    objects: Vec<(NotifiedObject, Arc<Treatment>)>,
}

/// What is kept of a message whose work has begun.
struct Running {
    cancel: Stop,
    message: Arc<MessageInfo>,
}

/// A request that ended.
enum Ended {
    Receive(Polled),
    Batch(Answered),
}

/// How far the stopping has come, and when it goes on by itself.
#[derive(Clone, Copy, PartialEq)]
enum Stopping {
    No,
    Draining { abort_at: Moment },
    Aborting { abandon_at: Moment },
}

impl Control {
    /// Runs until the pipeline has stopped and nothing is held any more.
    pub(super) async fn run(
        queue: Arc<dyn Queue>,
        settings: SqsSettings,
        jobs: UnboundedSender<Vec<Job>>,
        shared: Shared,
    ) -> Result<(), RunError> {
        let Shared { env, signals, .. } = &shared;
        let Some(terms) = startup::terms(&*queue, &settings.lease, env, signals).await? else {
            return Ok(());
        };
        let policy = Policy {
            visibility_timeout: terms.visibility_timeout,
            max_term: settings.lease.max_term,
            slots: settings.slots,
            ..Policy::default()
        };
        report::started(queue.url(), &policy, terms.attributes.as_ref());
        let (end_sender, ends) = unbounded_channel();
        if terms.attributes.is_some() {
            shared.gate.heard();
        }
        let max_receives = terms.attributes.as_ref().and_then(|queue| queue.max_receives);
        let control = Self {
            tracker: Tracker::new(policy),
            receiver: Receiver::new(),
            caution: Caution::new(max_receives),
            in_flight: FuturesUnordered::new(),
            running: HashMap::new(),
            stopping: Stopping::No,
            open_objects: 0,
            ends_at: Moment::default(),
            plain_delay: terms.failure_delay,
            max_receives,
            proven: terms.attributes.is_some(),
            failure: None,
            settings,
            shared,
            queue,
            jobs,
            ends,
            end_sender,
        };
        control.drive().await
    }

    async fn drive(mut self) -> Result<(), RunError> {
        let mut phases = self.shared.signals.watch();
        let (gate, capacity) = (Arc::clone(&self.shared.gate), Arc::clone(&self.shared.capacity));
        loop {
            let mut changed = pin!(gate.changed());
            changed.as_mut().enable();
            self.shared.env.turn();
            self.follow_phase();
            self.act();
            self.receive_more();
            if self.is_over() {
                report::stopped(&self.shared.counters);
                return self.failure.map_or(Ok(()), Err);
            }
            let ends_at = Some(self.ends_at).filter(|at| *at > self.now());
            let wake = self.next_wake(ends_at);
            tokio::select! {
                biased;
                _ = phases.changed() => {}
                () = changed => {}
                () = capacity.freed(), if self.stopping == Stopping::No => {}
                () = self.jobs.closed(), if self.stopping == Stopping::No => {
                    self.shared.signals.advance(Phase::Aborting);
                }
                Some(ended) = self.ends.recv(), if ends_at.is_none() => self.objects_ended(ended),
                Some(ended) = self.in_flight.next() => self.request_ended(ended),
                () = sleep_until(wake) => {}
            }
        }
    }

    fn now(&self) -> Moment {
        self.shared.env.now()
    }

    fn is_over(&self) -> bool {
        self.stopping != Stopping::No
            && self.tracker.held() == 0
            && self.receiver.answers_until().is_none_or(|until| self.now() >= until)
    }

    /// When something is to be done even if nothing is reported.
    fn next_wake(&self, ends_at: Option<Moment>) -> Instant {
        let stopping = match self.stopping {
            Stopping::No => self.receives_at(),
            Stopping::Draining { abort_at: at } | Stopping::Aborting { abandon_at: at } => {
                let answers_until = self.receiver.answers_until();
                Some(answers_until.filter(|_| self.tracker.held() == 0).unwrap_or(at).min(at))
            }
        };
        let next = self.tracker.next_poll().into_iter().chain(stopping).chain(ends_at).min();
        self.shared.env.instant(next.unwrap_or_else(|| self.now() + Duration::from_secs(3600)))
    }

    /// When a pause of receiving is over, if there is one.
    fn receives_at(&self) -> Option<Moment> {
        let outage = match self.shared.gate.receiving() {
            Receiving::Paused(until) => Some(until),
            Receiving::Free | Receiving::One => None,
        };
        self.receiver
            .resumes_at(self.now())
            .into_iter()
            .chain(outage)
            .chain(self.caution.due())
            .min()
    }

    fn follow_phase(&mut self) {
        let now = self.now();
        match self.stopping {
            Stopping::Draining { abort_at } if now >= abort_at => {
                self.shared.signals.advance(Phase::Aborting);
            }
            Stopping::Aborting { abandon_at } if now >= abandon_at => {
                let actions = self.tracker.abandon(now);
                self.carry_out(actions);
                // Nothing is held any more, so nothing is waited for.
                self.receiver = Receiver::new();
                self.in_flight.clear();
            }
            _ => {}
        }
        match (self.shared.signals.phase(), self.stopping) {
            (Phase::Draining, Stopping::No) => {
                report::draining(self.tracker.held());
                self.tracker.hurry();
                self.stopping = Stopping::Draining { abort_at: now + self.settings.drain_timeout };
            }
            (Phase::Aborting, Stopping::No | Stopping::Draining { .. }) => {
                report::aborting(self.tracker.held());
                self.tracker.hurry();
                // Futures are dropped where they wait. What blocks its thread sees this when it
                // returns, and begins nothing more.
                self.running.values().for_each(|running| running.cancel.cancel());
                let patience = self.tracker.policy().request_timeout() * 2;
                self.stopping = Stopping::Aborting { abandon_at: now + patience.min(HANDING_BACK) };
            }
            _ => {}
        }
    }

    fn act(&mut self) {
        // A receive that is still open would bring back what is handed back, and count as one more
        // receive of it.
        let polls_until = self.receiver.polls_until().filter(|_| self.stopping != Stopping::No);
        self.tracker.hand_back_at(polls_until.unwrap_or_default());
        loop {
            let actions = self.tracker.poll(self.now());
            if !self.carry_out(actions) {
                break;
            }
        }
        self.begin();
        self.shared.counters.held.store(self.tracker.held() as u64, Ordering::Relaxed);
        #[cfg(test)]
        self.show_sizes();
    }

    #[cfg(test)]
    fn show_sizes(&self) {
        self.shared.env.keeps(|| {
            let own = [
                ("control: running", self.running.len()),
                ("control: requests", self.in_flight.len()),
            ];
            self.tracker
                .sizes()
                .into_iter()
                .chain(self.shared.gate.sizes())
                .chain(self.caution.sizes())
                .chain(own)
        });
    }

    /// Says whether the tracker learnt something by it.
    fn carry_out(&mut self, actions: Vec<Action<Parsed>>) -> bool {
        let (now, mut is_news) = (self.now(), false);
        for action in actions {
            match action {
                Action::Start { key, job } => {
                    let is_last_chance = job.is_last_chance;
                    self.caution.push(key, job, is_last_chance, now);
                }
                Action::Cancel { key } => {
                    for _ in self.caution.withdraw(key).into_iter().flat_map(|job| job.objects) {
                        self.tracker.object_ended(key, &ObjectEnd::NotStarted);
                        is_news = true;
                    }
                    let message_id = self.tracker.message_id(key).unwrap_or_default();
                    report::message_cancelled(&self.shared.counters, key, message_id);
                    if let Some(running) = self.running.get(&key) {
                        running.cancel.cancel();
                    }
                }
                Action::Send { request, entries } => {
                    let timeout = self.tracker.policy().request_timeout();
                    let queue = Arc::clone(&self.queue);
                    let answer = requests::send(queue, request, entries, self.now(), timeout);
                    self.in_flight.push(Box::pin(async { Ended::Batch(answer.await) }));
                }
                Action::End { key, message_id, outcome, held } => {
                    let came_back = !matches!(outcome, Outcome::Deleted | Outcome::LeaseLost);
                    self.caution.ended(key, &message_id, came_back);
                    let message = self.running.remove(&key).map(|running| running.message);
                    if let Some(message) = message.as_ref().filter(|_| outcome == Outcome::Deleted)
                    {
                        message.deleted.send_replace(true);
                    }
                    let span = message.and_then(|message| message.span.get().cloned());
                    let counters = &self.shared.counters;
                    span.iter().for_each(|span| report::span_ended(span, outcome));
                    report::last_of(span, || {
                        report::message_ended(counters, key, &message_id, outcome, held);
                    });
                }
            }
        }
        is_news
    }

    /// Begins what may be begun.
    fn begin(&mut self) {
        // What a breaker holds does not run.
        let held = self.tracker.held().saturating_sub(self.shared.capacity.parked());
        let ready = self.caution.ready(held, self.stopping != Stopping::No, self.shared.env.now());
        let jobs: Vec<_> = ready.into_iter().map(|(key, job)| self.start(key, job)).collect();
        if !jobs.is_empty() {
            // If the user's runtime is gone, the tickets dropped with the jobs say that they were
            // given up.
            let _ = self.jobs.send(jobs);
        }
    }

    /// What the user's runtime is to do for a message.
    fn start(&mut self, key: MessageKey, parsed: Parsed) -> Job {
        let Parsed { message: told, receive_count, is_last_chance, objects } = parsed;
        report::message_started(key, told.id(), receive_count, objects.len());
        let cancel = Stop::new();
        let until = self.tracker.lease_until(key).unwrap_or_default();
        let lease = Arc::new(LeaseView::new(self.shared.env.instant(until)));
        self.open_objects += objects.len();
        let objects = objects
            .into_iter()
            .map(|(notified, treatment)| JobObject {
                notified,
                treatment,
                ticket: Ticket::new(key, self.end_sender.clone()),
                waiting: self.shared.capacity.wait(),
            })
            .collect();
        let parked = AtomicUsize::new(0);
        let message = Arc::new(MessageInfo {
            message_id: told.id().into(),
            told,
            receive_count,
            is_late: self.max_receives.is_some_and(|most| receive_count + 1 >= most),
            is_last_chance,
            lease,
            parked,
            span: OnceLock::new(),
            deleted: watch::Sender::new(false),
        });
        let running = Running { cancel: cancel.clone(), message: Arc::clone(&message) };
        self.running.insert(key, running);
        Job { message, objects, cancel }
    }

    fn receive_more(&mut self) {
        let now = self.now();
        let capacity = Arc::clone(&self.shared.capacity);
        while self.stopping == Stopping::No && self.receiver.may_send(now) {
            if self.caution.is_alone(now) {
                return;
            }
            let most = match self.shared.gate.receiving() {
                Receiving::Free if !self.caution.is_careful() => MAX_MESSAGES,
                Receiving::Free | Receiving::One if self.receiver.in_flight() == 0 => 1,
                Receiving::Free | Receiving::One | Receiving::Paused(_) => return,
            };
            if !capacity.has_fewer_than(self.receiver.room()) {
                return self.receiver.has_no_room(now);
            }
            let asked = self.receiver.next_ask(capacity.waiting() == 0, now).min(most);
            let max = self.tracker.reserve(asked, capacity.parked());
            if max == 0 {
                return;
            }
            let policy = self.tracker.policy();
            let visibility_timeout = policy.visibility_timeout;
            let receive = Receive {
                max,
                visibility_timeout,
                wait: wait(self.settings.wait, visibility_timeout),
            };
            let polled =
                self.receiver.send(Arc::clone(&self.queue), receive, now, policy.request_timeout());
            self.in_flight.push(Box::pin(async { Ended::Receive(polled.await) }));
        }
    }

    fn objects_ended(&mut self, first: ObjectEnded) {
        let mut next = Some(first);
        while let Some(ObjectEnded { key, end }) = next {
            self.open_objects -= 1;
            self.tracker.object_ended(key, &end);
            next = self.ends.try_recv().ok();
        }
        if self.open_objects >= self.shared.env.many() {
            self.ends_at = self.now() + ENDS_PAUSE;
        }
    }

    fn request_ended(&mut self, ended: Ended) {
        let now = self.now();
        match ended {
            Ended::Receive(polled) => self.polled(polled, now),
            Ended::Batch(answered) => {
                self.report_answers(&answered);
                if answered.entries.iter().any(|(_, answer)| *answer == Answer::Done) {
                    self.shared.gate.heard();
                }
                for (entry, answer) in &answered.entries {
                    self.tracker.answered(answered.request, entry, *answer, answered.sent, now);
                    let until = self.tracker.lease_until(entry.key);
                    if let (Some(until), Some(running)) = (until, self.running.get(&entry.key)) {
                        running.message.lease.set(self.shared.env.instant(until));
                    }
                }
                if answered.queue_gone {
                    self.queue_is_gone();
                }
            }
        }
    }

    fn report_answers(&self, answered: &Answered) {
        let Answered { request, entries, error, .. } = answered;
        let failed: Vec<_> = entries
            .iter()
            .filter(|(_, answer)| *answer != Answer::Done)
            .filter_map(|(entry, _)| self.tracker.message_id(entry.key))
            .collect();
        let counters = &self.shared.counters;
        report::request_answered(counters, *request, entries.len(), &failed, error.as_deref());
    }

    fn polled(&mut self, polled: Polled, now: Moment) {
        let at_once = polled.is_at_once(now);
        let Polled { sent, reserved, outcome, .. } = polled;
        let jitter = |pause| self.shared.env.jittered(pause);
        self.tracker.unreserve(reserved);
        match outcome {
            Ok(messages) => {
                self.proven = true;
                self.shared.gate.queue_answered();
                report::received(&self.shared.counters, messages.len());
                if !messages.is_empty() {
                    self.shared.gate.received();
                }
                match messages.len() {
                    0 => self.receiver.was_empty(at_once, now, jitter),
                    got => self.receiver.brought(reserved, got),
                }
                for message in messages {
                    let delivery = self.read(message);
                    self.tracker.received(delivery, sent, now);
                }
            }
            Err(error) => {
                let pause = self.receiver.failed(now, jitter);
                let is_news = self.shared.gate.queue_failed(self.queue.url(), &error);
                report::receive_failed(
                    &self.shared.counters,
                    self.queue.url(),
                    &error,
                    pause,
                    is_news,
                );
                match error.kind {
                    PortErrorKind::Gone => self.queue_is_gone(),
                    PortErrorKind::Denied | PortErrorKind::Credentials | PortErrorKind::Fatal
                        if !self.proven =>
                    {
                        let refusal = startup::receive_refused(self.queue.url(), error);
                        self.failure.get_or_insert(refusal);
                        self.shared.signals.advance(Phase::Aborting);
                    }
                    _ => {}
                }
            }
        }
    }

    /// What a message asks for. Once stopping, everything is handed back as it is.
    fn read(&mut self, message: Received) -> Delivery<Parsed> {
        let Received { receipt, body, receive_count, told } = message;
        let message_id = told.id.clone();
        let counters = &self.shared.counters;
        let trusted = |bucket: &str| self.settings.trust.allows(bucket);
        let (reader, routes) = (&self.settings.reader, &self.shared.routes);
        let found = reader
            .read(&body)
            .and_then(|found| found.only_from(trusted))
            .and_then(|found| Ok((Routed::new(found.objects, routes)?, found.skipped)));
        let is_last_chance = self.caution.received(&message_id, receive_count);
        let disposition = match found {
            _ if self.stopping != Stopping::No => Disposition::HandBack,
            Err(error) => {
                report::unreadable(counters, self.queue.url(), &message_id, receive_count, &error);
                Disposition::Unreadable
            }
            Ok((Routed { objects, skipped }, beside)) => {
                for (object, route) in &skipped {
                    report::object_skipped(counters, &message_id, object, *route);
                }
                if objects.is_empty() {
                    report::without_objects(counters, &message_id, beside, skipped.len());
                    Disposition::Nothing
                } else {
                    counters.messages.odd_hints.add(beside.odd_hints as u64);
                    let message = Message::new(told);
                    let count = objects.len();
                    let job = Parsed { message, receive_count, is_last_chance, objects };
                    Disposition::Objects { count, job }
                }
            }
        };
        let failure_delay = self.settings.redelivery.delay(receive_count, self.plain_delay);
        Delivery { message_id, receipt, failure_delay, disposition }
    }

    fn queue_is_gone(&mut self) {
        if self.failure.is_none() {
            report::queue_gone(self.queue.url());
            self.failure = Some(startup::gone(self.queue.url()));
            self.shared.signals.advance(Phase::Aborting);
        }
    }
}

/// A lease counts from when its receive was sent, so a long poll must leave enough of a short one.
fn wait(wanted: Duration, visibility_timeout: Duration) -> Duration {
    let longest = Duration::from_secs((visibility_timeout / 2).as_secs());
    wanted.min(longest).max(Duration::from_secs(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn trap_54_no_receive_is_a_short_poll_and_none_outlasts_half_a_lease() {
        let waits = [2, 3, 30, 3_600].map(|timeout| wait(20 * SECOND, timeout * SECOND).as_secs());
        assert_eq!(waits, [1, 1, 15, 20]);
        assert_eq!(wait(Duration::ZERO, 30 * SECOND), SECOND);
    }
}
