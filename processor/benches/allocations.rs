//! P11: heap allocations per record that is ready at once: `cargo figures P11`.
//!
//! Apart from the other figures, because counting takes the place of the allocator.

#[path = "dispatch/dispatch.rs"]
mod dispatch;
#[path = "measure/measure.rs"]
mod measure;

use dispatch::processors::Trivial;
use measure::{
    countdown::Countdown,
    input::Input,
    plan::Plan,
    table::{self, Target, row},
};
use s3_sqs_processor::{
    __private::{dispatch, run},
    Context, Pipeline, ProcessError, Record, RecordProcessor,
};

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
    row(
        "P11",
        "heap allocations per ready record, beyond those per batch",
        "",
        per_record,
        Target::AtMost(0.0),
    );
    row("", "heap allocations per batch and processor", "", large.allocations, Target::None);
    let [few, many] = [200, 1_200].map(taken_for_objects);
    let per_object = (many - few) / 1_000.0 / 1024.0;
    row(
        "P11",
        "heap taken in all for an object of 1 KB, of which one buffer of 64 KiB",
        " KiB",
        per_object,
        Target::AtMost(128.0),
    );
}

/// Bytes of the heap that are taken, over time, for so many objects of 1 KB, what the queue and the
/// bucket in memory need included. On one thread, the only one that counts; the pipeline's control
/// thread is another.
fn taken_for_objects(count: usize) -> f64 {
    let text = bytes::Bytes::from(Input::of_size(1_000 * count, 1_000, 12).undelimited().to_vec());
    let objects: Vec<_> = (0..count).map(|at| text.slice(at * 1_000..(at + 1) * 1_000)).collect();
    let countdown = Countdown::from(count);
    let builder = Pipeline::builder().processor("p", Counting(countdown.clone()));
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let work = || drop(runtime.block_on(run(builder, objects, countdown.over())));
    allocation_counter::measure(work).bytes_total as f64
}

struct Counting(Countdown);

impl RecordProcessor for Counting {
    async fn process(&self, _record: Record<'_>, _cx: &Context) -> Result<(), ProcessError> {
        self.0.one_less();
        Ok(())
    }
}

/// Per batch.
struct Counted {
    records: usize,
    allocations: f64,
}

fn counted(text: &[u8], block_size: usize) -> Counted {
    const BATCHES: usize = 100;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut dispatch = dispatch(Pipeline::builder().processor("p", Trivial), text, block_size);
    let records = dispatch.records().count();
    // What is made once is made here.
    runtime.block_on(dispatch.run(BATCHES));
    let info = allocation_counter::measure(|| runtime.block_on(dispatch.run(BATCHES)));
    Counted { records, allocations: info.count_total as f64 / BATCHES as f64 }
}
