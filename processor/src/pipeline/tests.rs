//! The whole runtime on the ports in memory, in virtual time.

mod basics;
mod batch;
mod blocked;
mod deadlock;
mod deferred;
mod duplicates;
mod endless;
mod failures;
mod fairness;
mod finish;
mod formats;
mod fuse;
mod hand_back;
mod hostile;
mod leases;
mod limits;
mod live;
mod logs;
mod memory;
mod mortal;
mod outage;
mod poison;
mod probe;
mod progress;
mod quarantine;
mod redeliveries;
mod requests;
mod resume;
mod retry;
mod routes;
mod scale;
mod seeded;
mod snapshot;
mod spool;
mod startup;
mod steps;
mod stopping;
mod thief;
mod trust;
mod waiting;
mod waking;
mod whole;
mod world;

use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
