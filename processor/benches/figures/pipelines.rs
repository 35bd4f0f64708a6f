//! P9, P14, P18, P19: whole pipelines on a queue and a bucket in memory. Wall time: they need a
//! quiet machine.

use crate::measure::{
    clock::{cpu_seconds, wall_seconds},
    countdown::Countdown,
    input::{Input, gzip},
    plan::Plan,
    rounds::rounds,
    table::{Target, row},
};
use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;
use s3_sqs_processor::{
    __private as parts, Builder, Context, MemoryProgress, Pipeline, ProcessError, Record,
    RecordProcessor, Redelivery, Spool,
    decode::{__private::decode, lines},
};
use std::{
    hint::black_box,
    io::{BufRead, BufReader},
    time::Duration,
};
use tokio::{runtime::Runtime, time::sleep};

const LATENCY: Duration = Duration::from_millis(2);
/// As many as a processor works on at once by default.
const IN_FLIGHT: usize = 256;

pub(crate) fn measure(plan: &Plan) {
    if plan.wants("P9") {
        waiting(plan);
    }
    if plan.wants("P14") {
        parsing(plan);
    }
    if plan.wants("P18") {
        skipping(plan);
    }
    if plan.wants("P19") {
        spooling(plan);
    }
}

struct Wait(Countdown);

impl RecordProcessor for Wait {
    async fn process(&self, _record: Record<'_>, _cx: &Context) -> Result<(), ProcessError> {
        sleep(LATENCY).await;
        self.0.one_less();
        Ok(())
    }
}

struct Parse(Countdown);

impl RecordProcessor for Parse {
    async fn process(&self, record: Record<'_>, _cx: &Context) -> Result<(), ProcessError> {
        black_box(serde_json::from_slice::<serde_json::Value>(record.payload())?);
        self.0.one_less();
        Ok(())
    }
}

/// Seconds until the last record is done; what follows (the delete waits for company) is not
/// counted.
fn until_done(
    runtime: &Runtime,
    builder: Builder,
    objects: &[Bytes],
    countdown: &Countdown,
) -> f64 {
    let began = std::time::Instant::now();
    let mut took = 0.0;
    let done = async {
        countdown.over().await;
        took = began.elapsed().as_secs_f64();
    };
    runtime.block_on(parts::run(builder, objects.to_vec(), done));
    took
}

fn waiting(plan: &Plan) {
    let input = Input::of(plan.pick(60_000_000, 500_000), 9);
    let count = input.count();
    let objects = [Bytes::from(gzip(&input.lines()))];
    let runtime = Runtime::new().unwrap();
    let ours = || {
        let countdown = Countdown::from(count);
        until_done(
            &runtime,
            Pipeline::builder().processor("wait", Wait(countdown.clone())),
            &objects,
            &countdown,
        )
    };
    // As many loops, each of which does nothing but wait, one record after the other.
    let ideal = || {
        let loops = (0..IN_FLIGHT).map(|_| {
            runtime.spawn(async move {
                for _ in 0..count.div_ceil(IN_FLIGHT) {
                    sleep(LATENCY).await;
                }
            })
        });
        let loops: Vec<_> = loops.collect();
        wall_seconds(|| runtime.block_on(futures::future::join_all(loops)))
    };
    let (mut ours, mut ideal) = (ours, ideal);
    let measured = rounds(plan.rounds(), [&mut ours, &mut ideal]);
    let ratio = measured.spread(|[ours, ideal]| ours / ideal);
    row(
        "P9",
        "processor of 2 ms, 256 in flight: wall time to that of bare loops",
        "x",
        ratio,
        Target::AtMost(1.1),
    );
    let sleeps = count.div_ceil(IN_FLIGHT) as f64;
    row(
        "",
        "one wait in those loops",
        " ms",
        measured.spread(|[_, ideal]| ideal / sleeps * 1e3),
        Target::None,
    );
}

fn parsing(plan: &Plan) {
    let input = Input::of(plan.pick(50_000_000, 500_000), 14);
    let file = Bytes::from(gzip(&input.lines()));
    let objects = [file.clone(), file];
    let count = 2 * input.count();
    let runtime = Runtime::new().unwrap();
    let ours = || {
        let countdown = Countdown::from(count);
        until_done(
            &runtime,
            Pipeline::builder().processor("parse", Parse(countdown.clone())),
            &objects,
            &countdown,
        )
    };
    let alone = || assert_eq!(objects.iter().map(|object| parse(object)).sum::<usize>(), count);
    // The least that two cores can take, however busy they are.
    let both = || {
        std::thread::scope(|threads| {
            for object in &objects {
                threads.spawn(|| parse(object));
            }
        });
    };
    let measured = rounds(
        plan.rounds(),
        [
            &mut || ours(),
            &mut || wall_seconds(alone),
            &mut || wall_seconds(both),
            &mut || cpu_seconds(ours),
            &mut || cpu_seconds(alone),
        ],
    );
    let ratio = measured.spread(|[ours, alone, ..]| alone / ours);
    let what = "parsing to serde_json::Value: speed on two cores to a loop on one thread";
    row("P14", what, "x", ratio, Target::AtLeast(1.7));
    // These say what idle cores would bring, also where they are not idle.
    let bare = measured.spread(|[ours, _, both, ..]| both / ours);
    row("", "the same, to two bare threads with a file each", "x", bare, Target::None);
    let cpu = measured.spread(|[.., ours, alone]| alone / ours);
    row("", "the same in CPU time, per core", "x", cpu, Target::None);
}

/// Fails the last record of a file as often as it is told to.
struct FailLast {
    last: u64,
    times: u32,
    left: Countdown,
}

impl RecordProcessor for FailLast {
    async fn process(&self, record: Record<'_>, cx: &Context) -> Result<(), ProcessError> {
        if record.index() == self.last && cx.receive_count() <= self.times {
            return Err(ProcessError::reject("told to"));
        }
        self.left.one_less();
        Ok(())
    }
}

/// What each further delivery costs in which nothing but one record is left to do.
fn skipping(plan: &Plan) {
    const TIMES: u32 = 8;
    let input = Input::of(plan.pick(200_000_000, 500_000), 18);
    let (file, count) = (Bytes::from(gzip(&input.lines())), input.count());
    let runtime = Runtime::new().unwrap();
    let ours = |times| {
        let left = Countdown::from(count);
        let processor = FailLast { last: count as u64 - 1, times, left: left.clone() };
        let builder = Pipeline::builder()
            .decoder(lines())
            .processor("fails", processor)
            .redelivery(Redelivery::backoff(Duration::from_secs(1), Duration::from_secs(1)))
            .progress(MemoryProgress::new());
        let objects = [file.clone()];
        cpu_seconds(|| {
            until_done(&runtime, builder, &objects, &left);
        })
    };
    let measured = rounds(
        plan.rounds(),
        [&mut || ours(TIMES), &mut || ours(0), &mut || {
            cpu_seconds(|| assert_eq!(decode(&file, &lines(), 64 << 10), count))
        }],
    );
    let what = "an object of which all is settled but one record: CPU time of decoding, to that";
    let ratio = measured.spread(|[all, first, bare]| bare * f64::from(TIMES) / (all - first));
    row("P18", what, "x", ratio, Target::AtLeast(0.95));
    let whole = measured.spread(|[all, first, _]| first * f64::from(TIMES) / (all - first));
    row("", "the same, of a delivery whose processor does nothing", "x", whole, Target::None);
}

/// What it costs to download a file to a disk first, and to decode it twice.
fn spooling(plan: &Plan) {
    let input = Input::of(plan.pick(200_000_000, 500_000), 19);
    let (file, count) = (Bytes::from(gzip(&input.lines())), input.count());
    let runtime = Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ours = |spools: bool| {
        let left = Countdown::from(count);
        let processor = FailLast { last: count as u64, times: 0, left: left.clone() };
        let builder = Pipeline::builder().decoder(lines()).processor("counts", processor);
        let builder = if spools { builder.spool(Spool::new(folder.path())) } else { builder };
        until_done(&runtime, builder, std::slice::from_ref(&file), &left)
    };
    let cpu = |spools| cpu_seconds(|| ours(spools));
    let measured = rounds(
        plan.rounds(),
        [&mut || ours(true), &mut || ours(false), &mut || cpu(true), &mut || cpu(false)],
    );
    let what = "a spooled file to one that is streamed: wall time";
    row("P19", what, "x", measured.spread(|[with, without, ..]| with / without), Target::None);
    let cpu = measured.spread(|[.., with, without]| with / without);
    row("", "the same, CPU time", "x", cpu, Target::None);
}

/// The whole file on this thread, with nothing else around.
fn parse(object: &[u8]) -> usize {
    let mut lines = BufReader::with_capacity(64 << 10, MultiGzDecoder::new(object));
    let mut line = Vec::new();
    let mut count = 0;
    while lines.read_until(b'\n', &mut line).unwrap() > 0 {
        black_box(serde_json::from_slice::<serde_json::Value>(&line).unwrap());
        line.clear();
        count += 1;
    }
    count
}
