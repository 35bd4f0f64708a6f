//! The parts of a record's way, each over the same records in every pass.

use crate::{
    dispatch::{
        lane::{BLOCK, Lane},
        payloads::Payloads,
        processors::{KeepAndSettle, SettleAtOnce, SuspendOnce, Trivial},
    },
    measure::{
        input::{Input, gzip},
        limit::limit,
    },
};
use s3_sqs_processor::{
    Builder, Pipeline,
    decode::{__private::decode, BuiltIn, json, lines},
};
use std::{fmt, num::ParseIntError, str::FromStr};
use tokio::runtime::Builder as RuntimeBuilder;

pub(crate) struct Part {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    run: fn(passes: usize) -> Pass,
}

/// The first is what the others are compared with.
pub(crate) const PARTS: [Part; 9] = [
    Part { name: "LIMIT", what: "flate2's decoder and a count of newlines", run: bare },
    Part {
        name: "lines",
        what: "decoding lines",
        run: |passes| decoded(passes, &lines(), &gzip(&input().lines())),
    },
    Part {
        name: "json",
        what: "decoding undelimited JSON",
        run: |passes| decoded(passes, &json(), &gzip(input().undelimited())),
    },
    Part { name: "direct", what: "a direct call with the payload", run: direct },
    Part {
        name: "ready",
        what: "dispatching a record that is ready at once",
        run: |passes| dispatched(passes, Pipeline::builder().processor("p", Trivial)),
    },
    Part {
        name: "suspend",
        what: "dispatching a record that suspends once",
        run: |passes| dispatched(passes, Pipeline::builder().processor("p", SuspendOnce)),
    },
    Part {
        name: "deferred",
        what: "dispatching a deferred record, acknowledged at once",
        run: |passes| dispatched(passes, Pipeline::builder().deferred_processor("p", SettleAtOnce)),
    },
    Part {
        name: "kept",
        what: "dispatching a deferred record, a copy of which is kept",
        run: |passes| {
            dispatched(passes, Pipeline::builder().deferred_processor("p", KeepAndSettle))
        },
    },
    Part { name: "spawn", what: "one tokio::spawn", run: spawned },
];

impl Part {
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        PARTS.iter().find(|part| part.name == name)
    }

    /// Returns what one of the passes went through.
    pub(crate) fn run(&self, passes: usize) -> Pass {
        (self.run)(passes)
    }
}

/// What one pass goes through. Written as two numbers.
pub(crate) struct Pass {
    pub(crate) records: usize,
    /// Decoded ones.
    pub(crate) bytes: usize,
}

impl Pass {
    fn over(input: &Input) -> Self {
        Self { records: input.count(), bytes: input.undelimited().len() }
    }
}

impl fmt::Display for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.records, self.bytes)
    }
}

impl FromStr for Pass {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        let (records, bytes) = text.trim().split_once(' ').unwrap_or_default();
        Ok(Self { records: records.parse()?, bytes: bytes.parse()? })
    }
}

/// Some more than two blocks of 1 MiB, as a pass of dispatching takes.
fn input() -> Input {
    Input::of(2 * BLOCK, 4)
}

/// Blocks of a pass of dispatching.
const BLOCKS: usize = 4;
/// As they come from a connection.
const CHUNK: usize = 32 << 10;

fn bare(passes: usize) -> Pass {
    let input = input();
    let object = gzip(&input.lines());
    for _ in 0..passes {
        assert_eq!(limit(&object[..]).0, input.count());
    }
    Pass::over(&input)
}

fn decoded(passes: usize, decoder: &BuiltIn, object: &[u8]) -> Pass {
    let input = input();
    for _ in 0..passes {
        assert_eq!(decode(object, decoder, CHUNK), input.count());
    }
    Pass::over(&input)
}

fn lane(builder: Builder, blocks: usize) -> Lane {
    Lane::new(builder, &mut one_thread(), &input().lines(), blocks)
}

/// Nothing that is counted may depend on what else the machine does: there is one thread, and time
/// stands still for it.
fn one_thread() -> RuntimeBuilder {
    let mut builder = RuntimeBuilder::new_current_thread();
    builder.start_paused(true);
    builder
}

fn of_blocks(lane: &Lane) -> Pass {
    let (records, bytes) =
        lane.block().fold((0, 0), |(records, bytes), record| (records + 1, bytes + record.len()));
    Pass { records: records * BLOCKS, bytes: bytes * BLOCKS }
}

fn dispatched(passes: usize, builder: Builder) -> Pass {
    let mut lane = lane(builder, passes * BLOCKS);
    lane.run();
    of_blocks(&lane)
}

fn direct(passes: usize) -> Pass {
    let lane = lane(Pipeline::builder().processor("p", Trivial), 0);
    Payloads::of(&lane).direct(passes * BLOCKS);
    of_blocks(&lane)
}

fn spawned(passes: usize) -> Pass {
    let lane = lane(Pipeline::builder().processor("p", Trivial), 0);
    let runtime = one_thread().enable_all().build().unwrap();
    Payloads::of(&lane).spawned(&runtime, passes * BLOCKS);
    of_blocks(&lane)
}
