//! The figures of the library's parts, each beside its bare alternative:
//! `cargo figures [FIGURE]...`.
//!
//! `docs/measured/performance.md` says what each figure means. Those of whole processes are in
//! `tests/benches/figures`.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and may panic")]

mod decoding;
#[path = "../dispatch/dispatch.rs"]
mod dispatch;
mod dispatching;
mod formats;
#[path = "../measure/measure.rs"]
mod measure;
mod pipelines;

use measure::{plan::Plan, table};

fn main() {
    let plan = Plan::from_args();
    if ["P4", "P5", "P6", "P7", "P8", "P9", "P10", "P14", "P17", "P18", "P19"]
        .iter()
        .any(|figure| plan.wants(figure))
    {
        table::head();
        decoding::measure(&plan);
        formats::measure(&plan);
        dispatching::measure(&plan);
        pipelines::measure(&plan);
    }
}
