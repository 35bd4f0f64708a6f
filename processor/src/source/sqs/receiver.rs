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

/// When to receive, and how many receives at once: one while the queue is quiet, more while it is
/// busy, none for a while after an error.
#[derive(Debug)]
pub(super) struct Receiver {
    wanted: usize,
    in_flight: usize,
    failures: u32,
    pause_until: Moment,
}

/// A receive that ended.
pub(super) struct Polled {
    pub(super) sent: Moment,
    pub(super) reserved: usize,
    pub(super) outcome: Result<Vec<Received>, PortError>,
}

impl Receiver {
    pub(super) fn new() -> Self {
        Self { wanted: 1, in_flight: 0, failures: 0, pause_until: Moment::default() }
    }

    pub(super) fn may_send(&self, now: Moment) -> bool {
        self.in_flight < self.wanted && now >= self.pause_until
    }

    /// When the pause after an error is over, if there is one.
    pub(super) fn resumes_at(&self, now: Moment) -> Option<Moment> {
        (self.pause_until > now).then_some(self.pause_until)
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight
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
        Box::pin(async move {
            let call = tokio::time::timeout(receive.wait + margin, queue.receive(receive));
            let outcome = call.await.unwrap_or_else(|_| {
                let message =
                    format!("receiving messages: no answer {margin:?} after the long poll's end");
                Err(PortError::new(crate::port::PortErrorKind::Transient, message))
            });
            Polled { sent, reserved: receive.max, outcome }
        })
    }

    pub(super) fn answered(&mut self, asked: usize, got: usize) {
        self.in_flight -= 1;
        self.failures = 0;
        match got {
            0 => self.wanted = 1,
            got if got >= asked => self.wanted = (self.wanted + 1).min(MOST),
            _ => {}
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
        let pause = FIRST_PAUSE.saturating_mul(1 << self.failures.min(16)).min(LONGEST_PAUSE);
        self.failures = self.failures.saturating_add(1);
        let pause = jitter(pause);
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
            receiver.answered(10, 10);
        }
        assert_eq!(receiver.wanted, MOST);
        receiver.in_flight += 1;
        receiver.answered(10, 0);
        assert_eq!(receiver.wanted, 1);
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
