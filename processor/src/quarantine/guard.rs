use crate::tracking::Moment;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

const HOUR: Duration = Duration::from_secs(3_600);
/// In an hour a process puts aside at most so many records, or this part of all that it read.
const RECORDS: u64 = 1_000;
const PART: u64 = 100;

/// Keeps a defect of the code from putting a whole backlog aside: where more fails than this, it is
/// not single records that are bad. Then messages fail as usual.
#[derive(Debug, Default)]
pub(crate) struct Guard(Mutex<Hour>);

#[derive(Debug, Default)]
struct Hour {
    began: Moment,
    /// How many records had been read before it.
    read_before: u64,
    put_aside: u64,
}

/// That so many records may be put aside. Dropped before they [were](Self::used), they were not.
#[derive(Debug)]
pub(crate) struct Allowed {
    guard: Arc<Guard>,
    records: u64,
    hour: Moment,
}

impl Guard {
    /// May so many be put aside? `read`: how many records the process has read so far.
    pub(crate) fn allows(
        self: &Arc<Self>,
        records: u64,
        read: u64,
        now: Moment,
    ) -> Option<Allowed> {
        let mut hour = self.hour();
        if now.since(hour.began) >= HOUR {
            *hour = Hour { began: now, read_before: read, put_aside: 0 };
        }
        let most = RECORDS.max(read.saturating_sub(hour.read_before) / PART);
        if hour.put_aside + records > most {
            return None;
        }
        hour.put_aside += records;
        Some(Allowed { guard: Arc::clone(self), records, hour: hour.began })
    }

    fn hour(&self) -> MutexGuard<'_, Hour> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Allowed {
    /// They were put aside.
    pub(crate) fn used(mut self) {
        self.records = 0;
    }
}

impl Drop for Allowed {
    fn drop(&mut self) {
        let mut hour = self.guard.hour();
        if hour.began == self.hour {
            hour.put_aside -= self.records;
        }
    }
}
