//! When `--until-empty` is over.

use crate::queue::{Backlog, Queue};
use s3_sqs_processor::{Handle, Stats};
use std::time::Duration;

/// So many receives in a row must have come back empty.
const EMPTY_RECEIVES: u64 = 2;
/// How often the pipeline's counters are looked at.
const LOOK: Duration = Duration::from_millis(100);
/// How long to wait until the queue is asked again.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// Waits until a queue is empty.
pub(super) struct Emptiness {
    queue: Queue,
}

impl Emptiness {
    pub(super) fn new(queue: Queue) -> Self {
        Self { queue }
    }

    pub(super) async fn wait(self, handle: &Handle) {
        let mut quiet = Quiet::default();
        loop {
            tokio::time::sleep(LOOK).await;
            if !quiet.observe(&Look::at(&handle.stats())) {
                continue;
            }
            match self.queue.backlog().await {
                Ok(backlog) if is_over(&Look::at(&handle.stats()), backlog) => return,
                Ok(Backlog { visible, hidden, delayed }) => {
                    tracing::debug!(
                        visible,
                        hidden,
                        delayed,
                        "nothing to receive, but the queue is not empty yet"
                    );
                }
                Err(error) => tracing::warn!("{error}; trying again"),
            }
            tokio::time::sleep(ASK_AGAIN).await;
        }
    }
}

/// The counters that matter here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Look {
    receives: u64,
    empty_receives: u64,
    held: u64,
}

impl Look {
    fn at(stats: &Stats) -> Self {
        Self {
            receives: stats.queue.receives,
            empty_receives: stats.queue.empty_receives,
            held: stats.held,
        }
    }

    fn full_receives(&self) -> u64 {
        self.receives.saturating_sub(self.empty_receives)
    }
}

/// Counts empty receives since something was last received or held.
#[derive(Debug, Default)]
struct Quiet {
    since: Look,
}

impl Quiet {
    /// Whether enough receives in a row were empty, with nothing held, for it to be worth asking
    /// the queue.
    fn observe(&mut self, now: &Look) -> bool {
        if now.held > 0 || now.full_receives() != self.since.full_receives() {
            self.since = *now;
        }
        now.empty_receives - self.since.empty_receives >= EMPTY_RECEIVES
    }
}

/// Whether the queue is empty and nothing of it is held here: a hidden message may come back.
fn is_over(now: &Look, backlog: Backlog) -> bool {
    now.held == 0 && backlog == Backlog { visible: 0, hidden: 0, delayed: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(receives: u64, empty_receives: u64, held: u64) -> Look {
        Look { receives, empty_receives, held }
    }

    #[test]
    fn two_empty_receives_in_a_row_are_needed() {
        let mut quiet = Quiet::default();
        let looks = [
            (look(0, 0, 0), false),
            (look(1, 1, 0), false),
            (look(2, 1, 0), false), // one brought something, which is not held yet
            (look(3, 2, 0), false),
            (look(4, 3, 0), true),
            (look(5, 4, 0), true),
        ];
        for (now, expected) in looks {
            assert_eq!(quiet.observe(&now), expected, "{now:?}");
        }
    }

    #[test]
    fn empty_receives_do_not_count_while_something_is_held() {
        let mut quiet = Quiet::default();
        for (now, expected) in [
            (look(1, 0, 3), false),
            (look(4, 3, 3), false),
            (look(5, 4, 0), false),
            (look(6, 5, 0), true),
            (look(7, 5, 1), false),
            (look(8, 6, 0), false),
        ] {
            assert_eq!(quiet.observe(&now), expected, "{now:?}");
        }
    }

    #[test]
    fn a_message_anywhere_keeps_it_going() {
        let none = Backlog { visible: 0, hidden: 0, delayed: 0 };
        assert!(is_over(&look(9, 9, 0), none));
        assert!(!is_over(&look(9, 9, 1), none));
        for backlog in [
            Backlog { visible: 1, ..none },
            Backlog { hidden: 1, ..none },
            Backlog { delayed: 1, ..none },
        ] {
            assert!(!is_over(&look(9, 9, 0), backlog), "{backlog:?}");
        }
    }
}
