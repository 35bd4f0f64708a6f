//! How costs grow: `cargo sweeps [SWEEP]...`.
//!
//! Each sweep changes one thing and leaves the rest: messages in flight, processors, the size of
//! records, consumer processes. `docs/measured/performance.md` says what came out;
//! `docs/measured/plots/plot.py` draws it from the files that a full run leaves beside it.
//!
//! The embedded AWS runs in this process. What consumes from it are processes of their own.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and may panic")]

#[path = "../consuming/consuming.rs"]
mod consuming;
mod costs;
#[path = "../../../processor/benches/measure/measure.rs"]
mod measure;
mod messages;
mod processes;
mod processors;
mod sizes;
mod sweep;

use consuming::consumer;
use measure::plan::Plan;

fn main() {
    if consumer::is_asked_for() {
        return consumer::run();
    }
    let plan = Plan::from_args();
    messages::measure(&plan);
    processors::measure(&plan);
    sizes::measure(&plan);
    processes::measure(&plan);
}
