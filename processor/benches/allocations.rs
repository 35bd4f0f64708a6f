//! P11: heap allocations per record that is ready at once: `cargo figures P11`.
//!
//! Apart from the other figures, because counting takes the place of the allocator.

#[path = "measure/measure.rs"]
mod measure;

use measure::{
    input::Input,
    plan::Plan,
    table::{self, Target, row},
};
use s3_sqs_processor::{Context, Pipeline, ProcessError, Record, RecordProcessor, testing::bench::dispatch};
use std::hint::black_box;

struct Trivial;

impl RecordProcessor for Trivial {
    async fn process(&self, record: Record<'_>, _cx: &Context) -> Result<(), ProcessError> {
        black_box(record.payload());
        Ok(())
    }
}

fn main() {
    let plan = Plan::from_args();
    if !plan.wants("P11") {
        return;
    }
    table::head();
    let text = Input::of(2 << 20, 11).lines();
    let [small, large] = [64 << 10, 1 << 20].map(|block_size| counted(&text, block_size));
    let records = (large.records - small.records) as f64;
    let per_record = (large.allocations - small.allocations) / records;
    row("P11", "heap allocations per ready record, beyond those per batch", "", per_record, Target::AtMost(0.0));
    row("", "heap allocations per batch and processor", "", large.allocations, Target::None);
}

/// Per batch.
struct Counted {
    records: usize,
    allocations: f64,
}

fn counted(text: &[u8], block_size: usize) -> Counted {
    const BATCHES: usize = 100;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut dispatch = dispatch(Pipeline::builder().processor("p", Trivial), text, block_size);
    let records = dispatch.records().count();
    // What is made once is made here.
    runtime.block_on(dispatch.run(BATCHES));
    let info = allocation_counter::measure(|| runtime.block_on(dispatch.run(BATCHES)));
    Counted { records, allocations: info.count_total as f64 / BATCHES as f64 }
}
