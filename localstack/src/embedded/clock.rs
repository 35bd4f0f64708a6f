//! The server's clock: real time plus whatever a test has added to it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Real time, moved forward by [`Clock::advance`]. It is the server's own, so a paused clock in the
/// caller's runtime does not stop it.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    ahead_millis: AtomicU64,
}

impl Clock {
    fn ahead(&self) -> Duration {
        Duration::from_millis(self.ahead_millis.load(Ordering::Relaxed))
    }

    pub(crate) fn now(&self) -> Instant {
        Instant::now() + self.ahead()
    }

    pub(crate) fn wall(&self) -> SystemTime {
        SystemTime::now() + self.ahead()
    }

    pub(crate) fn unix_millis(&self) -> u64 {
        let since = self.wall().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    pub(crate) fn advance(&self, by: Duration) {
        let millis = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.ahead_millis.fetch_add(millis, Ordering::Relaxed);
    }
}

/// `2026-11-20T10:35:40.061Z`.
pub(crate) fn iso8601(at: SystemTime) -> String {
    let mut text = Vec::with_capacity(24);
    let stamp = s3s::dto::Timestamp::from(at);
    stamp
        .format(s3s::dto::TimestampFormat::DateTime, &mut text)
        .expect("a date of this era has a text form");
    String::from_utf8(text).expect("dates are ASCII")
}
