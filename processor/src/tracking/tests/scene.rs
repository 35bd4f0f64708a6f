use crate::tracking::{
    Action, Answer, Delivery, Disposition, Entry, MessageKey, Moment, ObjectEnd, Policy, Request,
    Tracker,
};
use std::{collections::VecDeque, time::Duration};

/// A tracker, a clock and the requests that wait for their answers.
pub(super) struct Scene {
    pub(super) tracker: Tracker<()>,
    now: Moment,
    sent: VecDeque<(Request, Vec<Entry>, Moment)>,
}

pub(super) fn seconds(seconds: f64) -> Duration {
    Duration::from_millis((seconds * 1000.0).round() as u64)
}

impl Scene {
    /// 30 s of visibility, extensions of at most 600 s, deletes that wait 0.2 s for company.
    pub(super) fn new() -> Self {
        Self::with(Policy::default())
    }

    pub(super) fn with(policy: Policy) -> Self {
        Self { tracker: Tracker::new(policy), now: Moment::default(), sent: VecDeque::new() }
    }

    /// A message with so many objects, received this instant.
    pub(super) fn receive(&mut self, id: &str, receipt: &str, objects: usize) -> Vec<String> {
        self.receive_sent(id, receipt, Disposition::Objects { count: objects, job: () }, 0.0)
    }

    /// A message whose receive was sent so many seconds ago.
    pub(super) fn receive_sent(
        &mut self,
        id: &str,
        receipt: &str,
        disposition: Disposition<()>,
        ago: f64,
    ) -> Vec<String> {
        self.receive_quietly(id, receipt, disposition, ago);
        self.poll()
    }

    /// More of the same receive is to be reported before the tracker is asked.
    pub(super) fn receive_quietly(
        &mut self,
        id: &str,
        receipt: &str,
        disposition: Disposition<()>,
        ago: f64,
    ) {
        let delivery = Delivery {
            message_id: id.to_owned(),
            receipt: receipt.to_owned(),
            failure_delay: self.tracker.policy().visibility_timeout,
            disposition,
        };
        self.tracker.received(delivery, self.now - seconds(ago), self.now);
    }

    pub(super) fn done(&mut self, message: u64) -> Vec<String> {
        self.object(message, &ObjectEnd::Done)
    }

    pub(super) fn failed(&mut self, message: u64) -> Vec<String> {
        self.object(message, &ObjectEnd::Failed { retry_after: None })
    }

    pub(super) fn object(&mut self, message: u64, end: &ObjectEnd) -> Vec<String> {
        self.tracker.object_ended(MessageKey(message), end);
        self.poll()
    }

    /// The oldest request that waits is answered, the same for every entry.
    pub(super) fn answer(&mut self, answer: Answer) -> Vec<String> {
        self.answer_each(&[answer; 10])
    }

    /// The oldest request that waits is answered, entry by entry.
    pub(super) fn answer_each(&mut self, answers: &[Answer]) -> Vec<String> {
        self.report(answers);
        self.poll()
    }

    /// As [`answer`](Self::answer); more is to be reported before the tracker is asked.
    pub(super) fn answer_quietly(&mut self, answer: Answer) {
        self.report(&[answer; 10]);
    }

    fn report(&mut self, answers: &[Answer]) {
        let (request, entries, sent) =
            self.sent.pop_front().expect("a request waits for its answer");
        for (entry, answer) in entries.iter().zip(answers) {
            self.tracker.answered(request, entry, *answer, sent, self.now);
        }
    }

    /// Time goes on to so many seconds after the start, and the tracker is polled whenever it wants
    /// to be.
    pub(super) fn at(&mut self, until: f64) -> Vec<String> {
        let until = Moment::after_start(seconds(until));
        let mut shown = Vec::new();
        while let Some(next) = self.tracker.next_poll().filter(|next| *next <= until) {
            self.now = next;
            shown.extend(self.poll());
            assert!(
                self.tracker.next_poll().is_none_or(|next| next > self.now),
                "polled in a circle"
            );
        }
        self.now = until;
        shown
    }

    pub(super) fn poll(&mut self) -> Vec<String> {
        let actions = self.tracker.poll(self.now);
        self.show(actions)
    }

    pub(super) fn abandon(&mut self) -> Vec<String> {
        let actions = self.tracker.abandon(self.now);
        self.show(actions)
    }

    fn show(&mut self, actions: Vec<Action<()>>) -> Vec<String> {
        actions.into_iter().map(|action| self.show_one(action)).collect()
    }

    fn show_one(&mut self, action: Action<()>) -> String {
        match action {
            Action::Start { key, .. } => format!("start {key}"),
            Action::Cancel { key } => format!("cancel {key}"),
            Action::End { key, outcome, .. } => format!("end {key} {outcome:?}"),
            Action::Send { request, entries } => {
                let shown: Vec<_> =
                    entries.iter().map(|entry| show_entry(request, entry)).collect();
                self.sent.push_back((request, entries, self.now));
                format!("{request:?} {}", shown.join(" ")).to_lowercase()
            }
        }
    }
}

fn show_entry(request: Request, entry: &Entry) -> String {
    let Entry { key, receipt, term, .. } = entry;
    if request == Request::Delete {
        format!("{key}:{receipt}")
    } else {
        format!("{key}:{receipt}+{}", term.as_secs())
    }
}

/// Nothing was to be done.
pub(super) const NOTHING: [&str; 0] = [];
