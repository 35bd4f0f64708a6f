//! The whole runtime on the ports in memory, in virtual time.

mod basics;
mod hand_back;
mod probe;
mod seeded;
mod world;

use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
