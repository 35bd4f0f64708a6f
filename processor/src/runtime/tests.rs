//! The whole runtime on the ports in memory, in virtual time.

mod basics;
mod duplicates;
mod failures;
mod hand_back;
mod leases;
mod limits;
mod logs;
mod probe;
mod requests;
mod seeded;
mod startup;
mod stopping;
mod world;

use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
