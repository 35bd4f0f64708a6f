//! CPU time as the operating system counts it.

use rustix::time::{ClockId, clock_gettime};
use std::time::{Duration, Instant};

/// What this process has used so far, over all of its threads, in user and kernel mode.
pub fn cpu() -> Duration {
    let spent = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(spent.tv_sec.unsigned_abs(), spent.tv_nsec as u32)
}

/// Seconds of this process's CPU time that `work` takes.
pub fn cpu_seconds<T>(work: impl FnOnce() -> T) -> f64 {
    let before = cpu();
    std::hint::black_box(work());
    (cpu() - before).as_secs_f64()
}

/// Seconds until `work` is done.
pub fn wall_seconds<T>(work: impl FnOnce() -> T) -> f64 {
    let before = Instant::now();
    std::hint::black_box(work());
    before.elapsed().as_secs_f64()
}
