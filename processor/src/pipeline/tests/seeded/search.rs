//! Seed after seed, on all cores.

use super::{SEEDS, number, play_and_check, table::Table};
use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// How often a long search says how far it is.
const NEWS: u64 = 10_000;

/// Plays `S3SQS_SEEDS` seeds, or as many as `S3SQS_SIM_SECONDS` allow. The first that fails ends
/// it.
#[expect(clippy::print_stdout, reason = "how much was tried is what one wants to know")]
pub(super) fn all() -> Table {
    let seconds = number("S3SQS_SIM_SECONDS").map(Duration::from_secs);
    let seeds = number("S3SQS_SEEDS").unwrap_or(if seconds.is_some() { u64::MAX } else { SEEDS });
    let (next, failed) = (AtomicU64::new(0), AtomicBool::new(false));
    let table = Mutex::new(Table::default());
    let began = Instant::now();
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            let over = seed >= seeds || seconds.is_some_and(|seconds| began.elapsed() > seconds);
            if over || failed.load(Ordering::Relaxed) {
                return;
            }
            let flag = Flag(&failed);
            let (_, struck) = play_and_check(seed);
            std::mem::forget(flag);
            *table.lock().unwrap_or_else(PoisonError::into_inner) += &struck;
            if (seed + 1).is_multiple_of(NEWS) {
                println!("{} seeds in {:?}", seed + 1, began.elapsed());
            }
        }
    };
    std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for thread in all {
            if let Err(panic) = thread.join() {
                std::panic::resume_unwind(panic);
            }
        }
    });
    println!("{} seeds in {:?}", next.into_inner().min(seeds), began.elapsed());
    table.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Says that a seed failed, unless it is forgotten.
struct Flag<'a>(&'a AtomicBool);

impl Drop for Flag<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
