use crate::{
    port::{PortError, Queue, Receive, Received},
    tracking::Moment,
};
use futures::future::BoxFuture;
use std::{sync::Arc, time::Duration};

/// SQS hands out at most ten messages per receive (Amazon SQS API Reference, `ReceiveMessage`).
pub(super) const MAX_MESSAGES: usize = 10;
/// So many receives side by side while the queue is busy.
const MOST: usize = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A queue that answers "empty" without a long poll is asked so seldom at the most. A message that
/// comes meanwhile waits for it.
const LONGEST_PAUSE_EMPTY: Duration = Duration::from_secs(1);
/// A queue that holds messages answers sooner, and so does a long poll of a second.
const QUICK_ANSWER: Duration = Duration::from_secs(2);

/// When to receive, and how many receives at once: one while the queue is quiet, more while it is
/// busy, none for a while after one that was of no use, growing while they are.
///
/// And for how many messages: for no more than can be begun soon, so that other consumers get their
/// part and little is handed back unbegun. That is one at first, and twice as many each time when
/// all that came was begun at once.
#[derive(Debug)]
pub(super) struct Receiver {
    wanted: usize,
    in_flight: usize,
    /// When the last one was sent, and when its long poll ends.
    sent: Moment,
    polls_until: Moment,
    /// For so many messages a receive is sent.
    ask: usize,
    /// As many came as were asked for.
    was_full: bool,
    /// Since when too many objects wait for room.
    no_room_since: Option<Moment>,
    /// So many in a row failed; so many were answered "empty" at once.
    failures: u32,
    empties: u32,
    pause_until: Moment,
}

/// A receive that ended.
pub(super) struct Polled {
    pub(super) sent: Moment,
    wait: Duration,
    pub(super) reserved: usize,
    pub(super) outcome: Result<Vec<Received>, PortError>,
}

impl Polled {
    /// Whether the answer came so soon that there was no long poll.
    pub(super) fn is_at_once(&self, now: Moment) -> bool {
        now.since(self.sent) < self.wait / 2
    }
}

impl Receiver {
    pub(super) fn new() -> Self {
        Self {
            wanted: 1,
            in_flight: 0,
            sent: Moment::default(),
            polls_until: Moment::default(),
            ask: 1,
            was_full: false,
            no_room_since: None,
            failures: 0,
            empties: 0,
            pause_until: Moment::default(),
        }
    }

    pub(super) fn may_send(&self, now: Moment) -> bool {
        self.in_flight < self.wanted && now >= self.pause_until
    }

    /// Only while fewer objects wait for room than this another receive is sent.
    pub(super) fn room(&self) -> usize {
        self.ask.div_ceil(2)
    }

    /// More wait.
    pub(super) fn has_no_room(&mut self, now: Moment) {
        self.no_room_since.get_or_insert(now);
    }

    /// For how many messages the next receive is: half as many for each second that was spent
    /// waiting for room.
    pub(super) fn next_ask(&mut self, nothing_waits: bool, now: Moment) -> usize {
        if let Some(since) = self.no_room_since.take() {
            self.ask = (self.ask >> now.since(since).as_secs().min(8)).max(1);
        }
        if std::mem::take(&mut self.was_full) && nothing_waits {
            self.ask = (self.ask * 2).min(MAX_MESSAGES);
        }
        self.ask
    }

    /// When the pause is over, if there is one.
    pub(super) fn resumes_at(&self, now: Moment) -> Option<Moment> {
        (self.pause_until > now).then_some(self.pause_until)
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Until when an open receive may bring messages; what is visible by then, it may be.
    pub(super) fn polls_until(&self) -> Option<Moment> {
        (self.in_flight > 0).then_some(self.polls_until)
    }

    /// Until when an open receive is worth waiting for. One that is not answered by then is a long
    /// poll of an empty queue. One that is given up may still take a message that comes before its
    /// end. That message is then hidden for its visibility timeout.
    pub(super) fn answers_until(&self) -> Option<Moment> {
        (self.in_flight > 0).then_some(self.sent + QUICK_ANSWER)
    }

    /// One receive, for as many messages as slots were reserved.
    pub(super) fn send(
        &mut self,
        queue: Arc<dyn Queue>,
        receive: Receive,
        sent: Moment,
        margin: Duration,
    ) -> BoxFuture<'static, Polled> {
        self.in_flight += 1;
        let wait = receive.wait;
        (self.sent, self.polls_until) = (sent, self.polls_until.max(sent + wait));
        Box::pin(async move {
            let call = tokio::time::timeout(wait + margin, queue.receive(receive));
            let outcome = call.await.unwrap_or_else(|_| {
                let message =
                    format!("receiving messages: no answer {margin:?} after the long poll's end");
                Err(PortError::new(crate::port::PortErrorKind::Transient, message))
            });
            Polled { sent, wait, reserved: receive.max, outcome }
        })
    }

    /// One receive brought messages.
    pub(super) fn brought(&mut self, asked: usize, got: usize) {
        self.in_flight -= 1;
        (self.failures, self.empties) = (0, 0);
        if got >= asked {
            self.was_full = true;
            self.wanted = (self.wanted + 1).min(MOST);
        }
    }

    /// One receive brought nothing. Only what was answered without a long poll leads to a pause.
    pub(super) fn was_empty(
        &mut self,
        at_once: bool,
        now: Moment,
        jitter: impl Fn(Duration) -> Duration,
    ) {
        self.in_flight -= 1;
        (self.wanted, self.ask) = (1, 1);
        self.failures = 0;
        self.empties = if at_once { self.empties.saturating_add(1) } else { 0 };
        if at_once {
            self.pause(self.empties, LONGEST_PAUSE_EMPTY, now, jitter);
        }
    }

    /// Returns how long to wait; `jitter` spreads consumers.
    pub(super) fn failed(
        &mut self,
        now: Moment,
        jitter: impl Fn(Duration) -> Duration,
    ) -> Duration {
        self.in_flight -= 1;
        self.wanted = 1;
        self.empties = 0;
        self.failures = self.failures.saturating_add(1);
        self.pause(self.failures, LONGEST_PAUSE, now, jitter)
    }

    fn pause(
        &mut self,
        in_a_row: u32,
        longest: Duration,
        now: Moment,
        jitter: impl Fn(Duration) -> Duration,
    ) -> Duration {
        let pause = jitter(FIRST_PAUSE.saturating_mul(1 << (in_a_row - 1).min(16)).min(longest));
        self.pause_until = now + pause;
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_receives_while_full_batches_come_one_when_the_queue_is_quiet() {
        let mut receiver = Receiver::new();
        for _ in 0..10 {
            receiver.in_flight += 1;
            receiver.brought(10, 10);
        }
        assert_eq!(receiver.wanted, MOST);
        receiver.in_flight += 1;
        receiver.was_empty(false, Moment::default(), |pause| pause);
        assert_eq!(receiver.wanted, 1);
    }

    #[test]
    fn empty_answers_without_a_long_poll_do_not_lengthen_the_pause_after_an_error() {
        let mut receiver = Receiver::new();
        receiver.in_flight = 11;
        for _ in 0..10 {
            receiver.was_empty(true, Moment::default(), |pause| pause);
        }
        assert_eq!(receiver.pause_until, Moment::default() + LONGEST_PAUSE_EMPTY);
        assert_eq!(receiver.failed(Moment::default(), |pause| pause), FIRST_PAUSE);
    }

    #[test]
    fn trap_53_errors_back_off_up_to_a_bound() {
        let mut receiver = Receiver::new();
        let mut pauses = Vec::new();
        for _ in 0..12 {
            receiver.in_flight += 1;
            pauses.push(receiver.failed(Moment::default(), |pause| pause));
        }
        assert_eq!(&pauses[..3], [FIRST_PAUSE, FIRST_PAUSE * 2, FIRST_PAUSE * 4]);
        assert_eq!(pauses[11], LONGEST_PAUSE);
        assert!(
            !receiver.may_send(Moment::default())
                && receiver.may_send(Moment::default() + LONGEST_PAUSE)
        );
    }
}
