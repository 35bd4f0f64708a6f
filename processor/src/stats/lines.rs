use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// So many lines of one kind are logged within a minute. What fails always fails with every
/// delivery, at the pace of the traffic; a hundred lines show what it is, and the counters how
/// much.
const LINES: u32 = 100;
const MINUTE: Duration = Duration::from_secs(60);

/// Log lines about failures, each kind with a limit of its own: of what goes on, lines must not
/// grow with it.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    /// By processor, so that one that always fails does not hide another's failures.
    pub(crate) record_failed: Vec<LineLimit>,
    pub(crate) too_many_failures: LineLimit,
    pub(crate) object_failed: LineLimit,
    pub(crate) object_unreadable: LineLimit,
    pub(crate) object_overwritten: LineLimit,
    pub(crate) message_unreadable: LineLimit,
    pub(crate) message_without_objects: LineLimit,
    pub(crate) message_released: LineLimit,
    pub(crate) message_cancelled: LineLimit,
    pub(crate) lease_lost: LineLimit,
    pub(crate) left_to_time_out: LineLimit,
    pub(crate) request_failed: LineLimit,
    pub(crate) progress_failed: LineLimit,
    pub(crate) quarantined: LineLimit,
    pub(crate) not_quarantined: LineLimit,
    pub(crate) object_kept: LineLimit,
}

impl Lines {
    pub(super) fn new(processors: usize) -> Self {
        Self {
            record_failed: (0..processors).map(|_| LineLimit::default()).collect(),
            ..Self::default()
        }
    }
}

/// Lets so many lines pass within a minute, and counts the others.
#[derive(Default)]
pub(crate) struct LineLimit(Mutex<Minute>);

#[derive(Default)]
struct Minute {
    began: Option<Instant>,
    lines: u32,
    withheld: u64,
}

/// Whether a line may be logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    /// Yes; so many were withheld since the last one that was.
    Yes {
        withheld: u64,
    },
    /// Yes, as the last one of this minute.
    Last,
    No,
}

impl LineLimit {
    pub(crate) fn pass(&self) -> Pass {
        self.pass_at(Instant::now())
    }

    fn pass_at(&self, now: Instant) -> Pass {
        let mut minute = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if minute.began.is_none_or(|began| now.saturating_duration_since(began) >= MINUTE) {
            (minute.began, minute.lines) = (Some(now), 0);
        }
        if minute.lines == LINES {
            minute.withheld += 1;
            return Pass::No;
        }
        minute.lines += 1;
        match minute.lines {
            LINES => Pass::Last,
            _ => Pass::Yes { withheld: std::mem::take(&mut minute.withheld) },
        }
    }
}

impl fmt::Debug for LineLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LineLimit")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_a_minute_and_then_the_number_of_those_withheld() {
        let (limit, start) = (LineLimit::default(), Instant::now());
        let passes: Vec<_> = (0..1_000).map(|_| limit.pass_at(start)).collect();
        assert_eq!(passes.iter().filter(|pass| **pass == Pass::Yes { withheld: 0 }).count(), 99);
        assert_eq!((passes[99], passes[100], passes[999]), (Pass::Last, Pass::No, Pass::No));
        assert_eq!(limit.pass_at(start + MINUTE / 2), Pass::No);
        assert_eq!(limit.pass_at(start + MINUTE), Pass::Yes { withheld: 901 });
        assert_eq!(limit.pass_at(start + MINUTE), Pass::Yes { withheld: 0 });
    }
}
