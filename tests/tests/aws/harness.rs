//! What the tests have in common.

mod consumer;
mod counts;
mod eventually;
mod gated;
mod log;
mod notice;
mod process;
mod server;
mod setup;
mod sink;
mod world;

pub(crate) use consumer::Consumer;
pub(crate) use counts::Counts;
pub(crate) use eventually::eventually;
pub(crate) use gated::Gated;
pub(crate) use log::logged;
pub(crate) use notice::{entry, notification};
pub(crate) use process::Process;
pub(crate) use server::{backend, backend_kind, lacks, turn};
pub(crate) use setup::Setup;
pub(crate) use sink::{Seen, Sink};
pub(crate) use world::World;

use std::time::Duration;

pub(crate) const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Records that can be told apart: `{"id":"NAME-0"}` and so on.
pub(crate) fn records(name: &str, count: usize) -> Vec<String> {
    (0..count).map(|index| format!(r#"{{"id":"{name}-{index}"}}"#)).collect()
}

pub(crate) fn ndjson(records: &[String]) -> Vec<u8> {
    records.iter().flat_map(|record| [record.as_str(), "\n"]).collect::<String>().into_bytes()
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
