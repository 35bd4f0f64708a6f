use super::{
    chance::Chance,
    queue::{Holder, Queue, message_of},
    setup::Setup,
};
use crate::{
    config::MAX_TOTAL,
    tracking::{
        Action, Answer, Delivery, Disposition, Entry, MessageKey, Moment, ObjectEnd, Outcome,
        Policy, Request, Tracker, lease::DOUBT,
    },
};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

/// More wakes than this between two steps is a loop that makes no progress.
const WAKES: usize = 20_000;
/// So many answers may come again.
const ANSWERS: usize = 20;
/// Shorter than what the tracker remembers a finished message for.
const REMEMBERED: Duration = Duration::from_secs(59 * 60);

/// A driver, its work, the queue and the time, with everything needed to tell right from wrong.
pub(super) struct World {
    tracker: Tracker<usize>,
    queue: Queue,
    chance: Chance,
    faults: u32,
    /// Nothing ever went wrong, and nobody else consumes.
    healthy: bool,
    now: Moment,
    events: BTreeMap<(Moment, u64), Event>,
    next_event: u64,
    reserved: usize,
    draining: bool,
    /// Abandoned: no answer is waited for, and nothing is asked any more.
    over: bool,
    jobs: BTreeMap<MessageKey, Job>,
    ended: BTreeSet<MessageKey>,
    /// The messages a queue request is in flight for.
    asked: BTreeSet<usize>,
    /// Received again while held, and neither begun nor lapsed since.
    waiting: BTreeSet<usize>,
    /// Until when a release could be undone by what nobody answered.
    doubtful: BTreeMap<String, Moment>,
    confirmed: BTreeMap<MessageKey, (Request, Duration)>,
    succeeded: BTreeMap<usize, Moment>,
    /// The last answers that were reported.
    answers: VecDeque<(Request, Entry, Moment)>,
}

/// The work on a message, once started.
#[derive(Debug)]
struct Job {
    message: usize,
    open: usize,
    good: bool,
    cancelled: bool,
}

#[derive(Debug)]
enum Event {
    ReceiveLands { max: usize, sent: Moment, answer_after: Duration, lost: bool },
    ReceiveAnswered { max: usize, sent: Moment, receipts: Vec<String>, lost: bool },
    Lands { batch: BatchRequest, answer_after: Option<Duration>, punctual: bool },
    Answered(BatchRequest),
}

#[derive(Debug)]
struct BatchRequest {
    request: Request,
    sent: Moment,
    entries: Vec<(Entry, Answer)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Objects(usize),
    Nothing,
    Unreadable,
}

fn kind_of(message: usize) -> Kind {
    match message % 16 {
        14 => Kind::Nothing,
        15 => Kind::Unreadable,
        other => Kind::Objects(1 + other % 3),
    }
}

impl World {
    pub(super) fn new(setup: &Setup) -> Self {
        Self {
            tracker: Tracker::new(setup.policy()),
            queue: Queue::new(setup.messages),
            chance: Chance::new(setup.seed),
            faults: setup.faults,
            healthy: setup.faults == 0,
            now: Moment::after_start(Duration::from_millis(setup.seed % 1000)),
            events: BTreeMap::new(),
            next_event: 0,
            reserved: 0,
            draining: false,
            over: false,
            jobs: BTreeMap::new(),
            ended: BTreeSet::new(),
            asked: BTreeSet::new(),
            waiting: BTreeSet::new(),
            doubtful: BTreeMap::new(),
            confirmed: BTreeMap::new(),
            succeeded: BTreeMap::new(),
            answers: VecDeque::new(),
        }
    }

    /// Does one thing, chosen by `kind` out of a hundred.
    pub(super) fn step(&mut self, kind: u8, n: u32) {
        let timeout = self.policy().visibility_timeout;
        match kind {
            _ if self.over => {
                assert_eq!((self.tracker.poll(self.now), self.tracker.next_poll()), (vec![], None));
            }
            0..20 => self.receive(1 + n as usize % 10),
            20..45 => {
                self.end_object(n, if n.is_multiple_of(4) { Ending::Bad } else { Ending::Good });
            }
            45..70 => self.pass(timeout * (n % 100) / 100),
            70..78 => self.pass(Duration::from_millis(u64::from(n % 400))),
            78..82 => self.pass(timeout * (n % 10)),
            82..85 => self.pass(Duration::from_secs(u64::from(n) % self.long_time())),
            85..88 if self.faults > 0 => self.steal(n),
            88..93 if self.faults > 0 => self.queue.duplicate(n),
            93..96 => self.say_again(n),
            96..98 => self.tracker.hand_back_at(self.now + Duration::from_secs(u64::from(n % 8))),
            98 if n.is_multiple_of(4) => self.drain(),
            99 if n.is_multiple_of(8) => self.abandon(),
            _ => self.end_object(n, Ending::Good),
        }
    }

    /// From here on nothing goes wrong, and everything has to come to its end.
    pub(super) fn settle(&mut self) {
        self.faults = 0;
        self.tracker.hand_back_at(Moment::default());
        let mut rounds = 0;
        loop {
            while self.jobs.values().any(|job| job.open > 0) {
                self.end_object(0, Ending::Good);
            }
            let ended = self.tracker.held() == 0
                && self.events.is_empty()
                && (self.draining || self.is_emptied());
            if ended || self.over {
                return;
            }
            rounds += 1;
            assert!(rounds < 1_000, "I2: held and forgotten: {:#?}", self.tracker);
            if !self.draining {
                self.receive(10);
            }
            let patience = rounds % 8 == 0 && self.tracker.held() == 0;
            self.pass(Duration::from_secs(if patience { 3600 } else { 25 }));
        }
    }

    /// I2: whatever can be processed was, and is gone.
    fn is_emptied(&self) -> bool {
        self.queue
            .stored
            .iter()
            .enumerate()
            .all(|(index, stored)| stored.deleted || kind_of(index) == Kind::Unreadable)
    }

    /// Up to 12 hours, as far as that does not take too many extensions.
    fn long_time(&self) -> u64 {
        let Policy { visibility_timeout, max_term, .. } = self.policy();
        let term = if self.healthy { visibility_timeout.max(max_term) } else { visibility_timeout };
        (term.as_secs() * 300).min(50_000)
    }

    fn policy(&self) -> &Policy {
        self.tracker.policy()
    }

    /// Up to an eighth of the visibility timeout: a service in good health.
    fn latency(&mut self) -> Duration {
        let longest =
            (self.policy().visibility_timeout / 16).min(self.policy().request_timeout() / 2);
        Duration::from_millis(self.chance.below(longest.as_millis() as u64))
    }

    fn at(&mut self, after: Duration, event: Event) {
        self.next_event += 1;
        self.events.insert((self.now + after, self.next_event), event);
    }

    fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        for wakes in 0.. {
            assert!(wakes < WAKES, "no progress: {:#?}", self.tracker);
            let event = self.events.first_key_value().map(|((at, _), _)| *at);
            let next = event.into_iter().chain(self.tracker.next_poll()).min();
            let Some(next) = next.filter(|next| *next <= until) else { break };
            self.now = next.max(self.now);
            if event == Some(next)
                && let Some((_, event)) = self.events.pop_first()
            {
                self.happen(event);
            }
            self.poll();
        }
        self.now = until;
        self.poll();
    }

    fn receive(&mut self, wanted: usize) {
        let max = self.tracker.reserve(wanted, 0);
        self.reserved += max;
        if max > 0 {
            let wait = self.policy().visibility_timeout.min(Duration::from_secs(40)) / 2;
            let wait = Duration::from_millis(self.chance.below(wait.as_millis() as u64));
            let (sent, lost) = (self.now, self.chance.percent(self.faults / 4));
            // So late that a later receive may have been answered before, or that the lease is
            // over.
            let late =
                self.chance.percent(self.faults / 2).then(|| self.policy().visibility_timeout * 2);
            let late =
                late.map(|late| Duration::from_millis(self.chance.below(late.as_millis() as u64)));
            let answer_after = late.unwrap_or_else(|| self.latency());
            self.at(wait, Event::ReceiveLands { max, sent, answer_after, lost });
        }
        self.poll();
    }

    fn end_object(&mut self, n: u32, ending: Ending) {
        let open: Vec<_> =
            self.jobs.iter().filter(|(_, job)| job.open > 0).map(|(key, _)| *key).collect();
        let Some(key) = open.get(n as usize % open.len().max(1)).copied() else { return };
        let job = self.jobs.get_mut(&key).expect("open");
        let retry_after = match n % 9 {
            0..3 => None,
            3 => Some(Duration::MAX),
            _ => Some(Duration::from_millis(u64::from(n % 100_000))),
        };
        let end = match ending {
            Ending::Good => ObjectEnd::Done,
            Ending::Bad if job.cancelled => ObjectEnd::Cancelled,
            Ending::Bad if self.draining => ObjectEnd::NotStarted,
            Ending::Bad => ObjectEnd::Failed { retry_after },
        };
        job.open -= 1;
        job.good &= end == ObjectEnd::Done;
        if job.open == 0 && job.good {
            self.succeeded.insert(job.message, self.now);
        }
        self.tracker.object_ended(key, &end);
        self.poll();
    }

    /// What was reported of a message comes once more after its end: it changes nothing.
    fn say_again(&mut self, n: u32) {
        let before = format!("{:?}", self.tracker);
        let pick = |len: usize| n as usize % len.max(1);
        if let Some(key) = self.ended.iter().nth(pick(self.ended.len())).copied() {
            for end in [
                ObjectEnd::Done,
                ObjectEnd::Failed { retry_after: Some(Duration::MAX) },
                ObjectEnd::Cancelled,
            ] {
                self.tracker.object_ended(key, &end);
            }
            assert_eq!(self.tracker.lease_until(key), None, "what has ended has no lease");
        }
        if let Some((request, entry, sent)) = self.answers.get(pick(self.answers.len())).cloned()
            && self.ended.contains(&entry.key)
        {
            for answer in [Answer::Done, Answer::Lost, Answer::Refused, Answer::Unanswered] {
                self.tracker.answered(request, &entry, answer, sent, self.now);
            }
        }
        assert_eq!(format!("{:?}", self.tracker), before, "said again");
    }

    /// Another consumer receives a message that is visible, and may delete it.
    fn steal(&mut self, n: u32) {
        let index = n as usize % self.queue.stored.len();
        if self.queue.is_visible(index, self.now) {
            let term = Duration::from_secs(u64::from(n % 60));
            self.queue.hand_out(index, term, self.now);
            self.queue.stored[index].deleted = n.is_multiple_of(5);
        }
    }

    fn drain(&mut self) {
        self.draining = true;
        self.tracker.hurry();
        self.poll();
    }

    fn abandon(&mut self) {
        self.drain();
        let actions = self.tracker.abandon(self.now);
        self.carry_out(actions);
        assert_eq!(self.tracker.held(), 0, "nothing is held once abandoned");
        self.jobs.clear();
        self.over = true;
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::ReceiveLands { max, sent, answer_after, lost } => {
                let receipts = self.queue.receive(max, self.policy().visibility_timeout, self.now);
                self.at(answer_after, Event::ReceiveAnswered { max, sent, receipts, lost });
            }
            Event::ReceiveAnswered { max, sent, receipts, lost } => {
                self.tracker.unreserve(max);
                self.reserved -= max;
                receipts
                    .into_iter()
                    .filter(|_| !lost)
                    .for_each(|receipt| self.received(receipt, sent));
            }
            Event::Lands { mut batch, answer_after, punctual } => {
                for (entry, answer) in &mut batch.entries {
                    let polite = self.chance.percent(50);
                    *answer = match batch.request {
                        _ if self.chance.percent(self.faults / 2) => Answer::Refused,
                        Request::Delete => self.queue.delete(&entry.receipt, polite),
                        _ => self.queue.change_visibility(
                            &entry.receipt,
                            entry.term,
                            self.now,
                            punctual,
                        ),
                    };
                }
                if let Some(after) = answer_after {
                    self.at(after, Event::Answered(batch));
                }
            }
            Event::Answered(batch) => self.answered(batch),
        }
    }

    fn received(&mut self, receipt: String, sent: Moment) {
        let index = message_of(&receipt);
        let runs =
            self.jobs.values().any(|job| job.message == index && job.open > 0 && !job.cancelled);
        assert!(!(self.healthy && runs), "I10: {receipt} while its work runs");
        if self.queue.is_newest(&receipt) {
            self.queue.stored[index].holder = Holder::Us;
        }
        if self.jobs.values().any(|job| job.message == index) {
            self.waiting.insert(index);
        }
        let failure_delay = self.policy().visibility_timeout;
        let disposition = match kind_of(index) {
            _ if self.draining => Disposition::HandBack,
            Kind::Objects(count) => Disposition::Objects { count, job: index },
            Kind::Nothing => Disposition::Nothing,
            Kind::Unreadable => Disposition::Unreadable,
        };
        self.tracker.received(
            Delivery { message_id: index.to_string(), receipt, failure_delay, disposition },
            sent,
            self.now,
        );
    }

    fn answered(&mut self, batch: BatchRequest) {
        for (entry, answer) in batch.entries {
            self.asked.remove(&message_of(&entry.receipt));
            match answer {
                Answer::Done => drop(self.confirmed.insert(entry.key, (batch.request, entry.term))),
                Answer::Unanswered if batch.request != Request::Delete => {
                    self.doubtful.insert(entry.receipt.clone(), self.now + DOUBT);
                }
                _ => {}
            }
            self.tracker.answered(batch.request, &entry, answer, batch.sent, self.now);
            self.answers.push_front((batch.request, entry, batch.sent));
            self.answers.truncate(ANSWERS);
        }
    }

    fn poll(&mut self) {
        let actions = self.tracker.poll(self.now);
        self.carry_out(actions);
        let next = self.tracker.next_poll();
        assert!(next.is_none_or(|next| next > self.now), "polled at {}, wants {next:?}", self.now);
        self.check();
    }

    fn carry_out(&mut self, actions: Vec<Action<usize>>) {
        for action in actions {
            match action {
                Action::Start { key, job } => self.start(key, job),
                Action::Cancel { key } => {
                    let job = self.jobs.get_mut(&key).expect("what is cancelled was started");
                    assert!(job.open > 0 && !job.cancelled, "cancelled once, while it runs");
                    job.cancelled = true;
                    let message = job.message;
                    let early = self.left(message) > Duration::from_secs(60);
                    assert!(
                        !(self.healthy && early && !self.draining),
                        "I7: {key} was cancelled at {}",
                        self.now
                    );
                }
                Action::Send { request, entries } => self.send(request, entries),
                Action::End { key, message_id, outcome, .. } => self.end(key, &message_id, outcome),
            }
        }
    }

    fn start(&mut self, key: MessageKey, message: usize) {
        let Kind::Objects(open) = kind_of(message) else { panic!("nothing to start") };
        assert!(!self.ended.contains(&key), "started after its end");
        assert!(!self.runs(message), "rule 11: one job per message");
        let remembered =
            self.succeeded.get(&message).is_some_and(|at| self.now.since(*at) < REMEMBERED);
        assert!(!remembered, "trap 33: done before, done again");
        let job = Job { message, open, good: true, cancelled: false };
        let before = self.jobs.insert(key, job);
        assert!(before.is_none_or(|job| !job.good), "done before, begun anew");
        self.waiting.remove(&message);
    }

    fn runs(&self, message: usize) -> bool {
        self.jobs.values().any(|job| job.message == message && job.open > 0)
    }

    fn send(&mut self, request: Request, entries: Vec<Entry>) {
        assert!((1..=10).contains(&entries.len()), "a batch of {}", entries.len());
        for entry in &entries {
            let message = message_of(&entry.receipt);
            assert!(self.asked.insert(message), "I3: two requests in flight for {}", entry.receipt);
            assert!(!self.ended.contains(&entry.key), "a request after the end");
            let own = self.jobs.get(&entry.key);
            match request {
                Request::Extend => {
                    assert!(!entry.term.is_zero(), "an extension that hands back");
                    let open = own.map_or_else(|| self.runs(message), |job| job.open > 0);
                    assert!(open, "I4: extended after the ending");
                }
                Request::Release => {
                    assert!(!self.runs(message), "released while work runs");
                    let doubt = self.doubtful.get(&entry.receipt);
                    assert!(doubt.is_none_or(|ends| self.now >= *ends), "released in doubt");
                    assert!(!own.is_some_and(|job| job.good), "released although all went well");
                    let waits = self.waiting.contains(&message) && !self.draining;
                    let old = self.left(message) < Duration::from_secs(60);
                    assert!(!waits || old, "released instead of begun anew");
                }
                Request::Delete => {
                    assert!(!self.runs(message), "I1: deleted while work runs");
                    let done =
                        self.succeeded.contains_key(&message) || kind_of(message) == Kind::Nothing;
                    assert!(done, "I1: {} deleted without success", entry.receipt);
                }
            }
        }
        self.transmit(request, entries);
    }

    fn transmit(&mut self, request: Request, entries: Vec<Entry>) {
        let sent = self.now;
        let batch = |answer| {
            let entries = entries.iter().map(|entry| (entry.clone(), answer)).collect();
            BatchRequest { request, sent, entries }
        };
        let (there, back) = (self.latency(), self.latency());
        if !self.chance.percent(self.faults) {
            let batch = batch(Answer::Unanswered);
            return self
                .at(there, Event::Lands { batch, answer_after: Some(back), punctual: true });
        }
        let patience = self.policy().request_timeout();
        self.at(patience, Event::Answered(batch(Answer::Unanswered)));
        let late = Duration::from_millis(
            self.chance.below(self.policy().visibility_timeout.as_millis() as u64 * 3),
        );
        let batch = batch(Answer::Unanswered);
        match self.chance.below(3) {
            0 => self.at(there, Event::Lands { batch, answer_after: None, punctual: true }),
            // Later the service does not accept its signature any more.
            1 if late < patience + DOUBT => {
                self.at(late, Event::Lands { batch, answer_after: None, punctual: false });
            }
            _ => {}
        }
    }

    fn end(&mut self, key: MessageKey, message_id: &str, outcome: Outcome) {
        assert!(self.ended.insert(key), "I5: ended twice");
        let job = self.jobs.remove(&key);
        let runs = job.as_ref().is_some_and(|job| job.open > 0);
        let message: usize = message_id.parse().expect("an index");
        self.waiting.remove(&message);
        match outcome {
            Outcome::Abandoned => return,
            Outcome::Deleted => {
                assert!(matches!(self.confirmed.get(&key), Some((Request::Delete, _))));
            }
            Outcome::Released(delay) => {
                assert_eq!(self.confirmed.get(&key), Some(&(Request::Release, delay)));
            }
            Outcome::Kept => assert_eq!(kind_of(message), Kind::Unreadable),
            Outcome::LeaseLost | Outcome::LeftToTimeOut => {}
        }
        assert!(!runs, "I5: ended while work runs");
    }

    /// What is left of the 12 hours at least, as the tracker may see it: the long poll and the time
    /// a request may take count as well.
    fn left(&self, message: usize) -> Duration {
        let margin = Duration::from_secs(22) + self.policy().request_timeout() * 2;
        (self.queue.stored[message].received_at + MAX_TOTAL).since(self.now + margin)
    }

    fn check(&mut self) {
        for (key, job) in &self.jobs {
            if self.tracker.lease_until(*key).is_some_and(|until| until <= self.now) {
                self.waiting.remove(&job.message);
            }
        }
        let held = self.tracker.held() + self.reserved;
        assert!(held <= self.policy().slots, "I6: {held} slots taken");
        for (key, job) in self.jobs.iter().filter(|(_, job)| job.open > 0) {
            let stored = &self.queue.stored[job.message];
            let ours = stored.holder == Holder::Us && !stored.deleted;
            let visible = self.queue.is_visible(job.message, self.now);
            assert!(
                !(ours && visible && !job.cancelled),
                "{key} is visible at {}, and its work goes on",
                self.now
            );
            let lapsed = visible
                && self.left(job.message)
                    > self.policy().request_timeout() * 2 + Duration::from_secs(2);
            assert!(!(self.healthy && lapsed), "I7: the lease of {key} lapsed at {}", self.now);
        }
    }
}

/// How an object ends.
#[derive(Debug, Clone, Copy)]
enum Ending {
    Good,
    Bad,
}
