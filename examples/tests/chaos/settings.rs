//! What the environment asks for.

use local_aws::BackendKind;
use std::{
    hash::{BuildHasher as _, RandomState},
    str::FromStr,
    time::Duration,
};

/// One run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    /// How long faults are made. What comes after, until everything is settled, is not counted.
    pub(crate) chaos: Duration,
    pub(crate) seed: u64,
    pub(crate) kind: BackendKind,
    /// Processes side by side, over all services.
    pub(crate) consumers: usize,
    pub(crate) files_per_second: f64,
    /// On average one event in this time: a consumer dies, stops or is asked to end, or an outage
    /// begins.
    pub(crate) pace: Duration,
    /// Of the queues: after this a lost message comes back.
    pub(crate) visibility: Duration,
    /// For everything to be settled once the faults are over: reached only by what never happens.
    pub(crate) patience: Duration,
}

impl Settings {
    /// The short form, unless `S3SQS_CHAOS_SECONDS` asks for a long one. The short form is always
    /// on the embedded AWS: the whole of `cargo test` may have been asked to run on another.
    pub(crate) fn from_environment() -> Self {
        let seed = variable("S3SQS_SEED").unwrap_or_else(|| RandomState::new().hash_one(0) >> 32);
        match variable("S3SQS_CHAOS_SECONDS") {
            None => Self {
                chaos: Duration::from_secs(8),
                seed,
                kind: BackendKind::Embedded,
                consumers: 4,
                files_per_second: 5.0,
                pace: Duration::from_millis(600),
                visibility: Duration::from_secs(2),
                patience: Duration::from_secs(120),
            },
            Some(seconds) => Self {
                chaos: Duration::from_secs(seconds),
                seed,
                kind: variable("S3SQS_BACKEND").unwrap_or(BackendKind::Embedded),
                consumers: 5,
                files_per_second: 1.5,
                pace: Duration::from_millis(1_200),
                visibility: Duration::from_secs(4),
                // What is made to fail stays away for up to 15 minutes by then.
                patience: Duration::from_secs(1_200),
            },
        }
    }
}

fn variable<T: FromStr<Err: std::fmt::Display>>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|error| panic!("{name}={text}: {error}")))
}
