//! The whole runtime on the ports in memory, in virtual time.

mod basics;
mod batch;
mod deadlock;
mod deferred;
mod duplicates;
mod fairness;
mod probe;
mod resume;
mod retry;
mod seeded;
mod snapshot;
mod thief;
mod world;

use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
