//! The figures of whole consuming processes: `cargo figures [FIGURE]...`.
//!
//! `docs/measured/performance.md` says what each figure means. Those of the library's parts are in
//! `processor/benches/figures`.
//!
//! The embedded AWS runs in this process. What consumes from it is this program once more, in a
//! process of its own, which prints what it used.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and may panic")]

#[path = "../consuming/consuming.rs"]
mod consuming;
mod kills;
#[path = "../../../processor/benches/measure/measure.rs"]
mod measure;
mod memory;
mod messages;
mod poison;
mod throughput;

use consuming::consumer;
use measure::{plan::Plan, table};

fn main() {
    if consumer::is_asked_for() {
        return consumer::run();
    }
    let plan = Plan::from_args();
    if ["P1", "P2", "P3", "P12", "P13", "P15", "poison", "kills"]
        .iter()
        .any(|figure| plan.wants(figure))
    {
        table::head();
        throughput::measure(&plan);
        memory::measure(&plan);
        messages::measure(&plan);
        poison::measure(&plan);
        kills::measure(&plan);
    }
}
