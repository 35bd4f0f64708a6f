//! Holds `docs/defaults.md` to the code: a default that is changed here and not there fails, and so
//! does one that is in only one of them.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use s3_sqs_processor::{
    BatchOptions, DeferredOptions, Lease, Limits, Pipeline, ProcessorOptions, Retry, Spool,
};
use std::{fmt::Debug, fs, path::Path};

/// The row of the document and the texts its second column has to have, in this order.
type Row = (&'static str, Vec<String>);

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Rows whose values are to be had, as `Debug` shows them or as their constants stand in the
/// sources.
fn rows() -> Vec<Row> {
    let builder = Pipeline::builder();
    let limits = Limits::default();
    let (record, batch, deferred) =
        (ProcessorOptions::default(), BatchOptions::default(), DeferredOptions::default());
    let retry = Retry::times(1);
    vec![
        ("`progress_every`", vec![time(&builder, "progress_every")]),
        ("the same while draining", vec![constant("object/saver.rs", "DRAINING")]),
        ("between two saves of a process", vec![constant("object/saver.rs", "BETWEEN_SAVES")]),
        (
            "patience with a load, and with a save before a release",
            vec![constant("object/saver.rs", "PATIENCE")],
        ),
        ("tries of a save where others write", vec![constant("object/saver.rs", "TRIES")]),
        ("marks of a set", vec![constant("progress/object.rs", "MOST_MARKS")]),
        ("sets in `MemoryProgress`", vec![constant("port/progress/memory.rs", "MOST")]),
        (
            "failures of an object that are put aside",
            vec![constant("notification/replay.rs", "MOST_RECORDS")],
        ),
        ("bytes of them", vec![size(constant("quarantine/record.rs", "MOST_BYTES"))]),
        (
            "records of a process in an hour",
            vec![constant("quarantine/guard.rs", "RECORDS"), "1 %".into()],
        ),
        ("patience with a put", vec![constant("object/quarantine.rs", "PATIENCE")]),
        ("`finish`", vec!["keep".into()]),
        ("`spool`", vec!["off".into()]),
        ("`Spool::bytes`", vec![bytes(&Spool::new("d"), "bytes")]),
        ("read from the disk at once", vec![size(constant("port/disk/temporary.rs", "PIECE"))]),
        ("`missing`", vec!["fail".into()]),
        ("requests to delete or tag at once", vec![constant("object/finisher.rs", "AT_ONCE")]),
        ("tries of one", vec![constant("object/finisher.rs", "TRIES")]),
        ("objects that wait for it", vec![constant("object/finisher.rs", "MOST_WAITING")]),
        ("`lease.max_term`", vec![time(&Lease::default(), "max_term")]),
        ("request timeout", vec!["a quarter".into(), constant("tracking.rs", "LONGEST_REQUEST")]),
        ("`wait_time`", vec![time(&builder, "wait_time")]),
        (
            "doubt about a request that nobody answered",
            vec![constant("tracking/lease.rs", "DOUBT")],
        ),
        (
            "pause after an empty answer that was no long poll",
            vec![
                constant("source/sqs/receiver.rs", "FIRST_PAUSE"),
                constant("source/sqs/receiver.rs", "LONGEST_PAUSE_EMPTY"),
            ],
        ),
        ("delete linger", vec![constant("tracking.rs", "DELETE_LINGER")]),
        ("remembered messages", vec![constant("tracking/finished.rs", "MOST"), "one hour".into()]),
        ("`limits.messages`", vec![count(&limits, "messages")]),
        ("`limits.buffered_bytes`", vec![bytes(&limits, "buffered_bytes")]),
        (
            "buffers per object",
            vec![
                constant("object/budget.rs", "BLOCKS"),
                size(constant("object/budget.rs", "SMALLEST_BLOCK")),
                size(constant("object/budget.rs", "LARGEST_BLOCK")),
            ],
        ),
        (
            "pieces read ahead",
            vec![
                constant("object/reader/chunks.rs", "AHEAD"),
                size(constant("object/reader/pieces.rs", "PIECE")),
            ],
        ),
        ("`limits.record_bytes`", vec![bytes(&limits, "record_bytes")]),
        ("`limits.object_bytes`", vec![bytes(&limits, "object_bytes")]),
        (
            "`limits.compression_ratio`",
            vec![
                constant("../decode/src/unpack.rs", "MAX_RATIO"),
                constant("../decode/src/unpack/zstd.rs", "MAX_RATIO"),
            ],
        ),
        ("`limits.failed_records`", vec![count(&limits, "failed_records")]),
        ("`concurrency` (records)", vec![count(&record, "concurrency")]),
        ("`timeout`, `accept_timeout`", vec![time(&record, "timeout")]),
        (
            "batch: `max_records`, `max_bytes`, `max_wait`",
            vec![
                count(&batch, "max_records"),
                bytes(&batch, "max_bytes"),
                time(&batch, "max_wait"),
            ],
        ),
        ("batch: `concurrency`", vec![count(&batch, "concurrency")]),
        ("`verdict_timeout` (deferred)", vec!["none".into()]),
        ("deferred: `concurrency`", vec![count(&deferred, "concurrency")]),
        ("grace period of cancelled work (fixed)", vec![constant("lane/grace.rs", "GRACE")]),
        ("`retry` back-off, if used", vec![time(&retry, "first"), time(&retry, "longest")]),
        (
            "`provision`: `max_receives`",
            vec![constant("provision/plan.rs", "DEFAULT_MAX_RECEIVES")],
        ),
        ("stall", vec![constant("object/reader/asking.rs", "STALL")]),
        (
            "tries, opening or resuming",
            vec![
                constant("object/reader/asking.rs", "TRIES"),
                constant("object/reader/asking.rs", "FIRST_PAUSE"),
                constant("object/reader/asking.rs", "LONGEST_PAUSE"),
            ],
        ),
        (
            "tries when throttled",
            vec![
                constant("object/reader/asking.rs", "TRIES_THROTTLED"),
                constant("object/reader/asking.rs", "LONGEST_PAUSE_THROTTLED"),
            ],
        ),
        (
            "pause of all after throttling",
            vec![constant("breaker.rs", "FIRST_PAUSE"), constant("breaker.rs", "LONGEST_PAUSE")],
        ),
        ("objects that fail alike", vec![constant("breaker.rs", "CROWD")]),
        ("wait for company", vec![constant("breaker.rs", "COMPANY")]),
        (
            "trials",
            vec![constant("breaker.rs", "FIRST_TRIAL"), constant("breaker.rs", "LONGEST_TRIAL")],
        ),
        ("objects held", vec![constant("breaker.rs", "MOST_HELD")]),
        ("messages in a row that end it", vec![constant("source/sqs/caution.rs", "CALM")]),
        ("patience with a last chance", vec![constant("source/sqs/caution.rs", "PATIENCE")]),
        ("failed messages known", vec![constant("source/sqs/caution.rs", "KNOWN")]),
        ("`unmatched`", vec![field(&builder, "unmatched").to_lowercase()]),
        ("objects of one message", vec![constant("notification/object.rs", "MOST_OBJECTS")]),
        ("`drain_timeout`", vec![time(&builder, "drain_timeout")]),
        (
            "failed records logged one by one, of one object and processor",
            vec![constant("object/state.rs", "LOGGED")],
        ),
        (
            "lines of one kind about failures (failed records: of one processor)",
            vec![constant("stats/lines.rs", "LINES")],
        ),
    ]
}

#[test]
fn the_document_names_the_defaults_of_the_code() {
    let document = fs::read_to_string(root().join("docs/defaults.md")).unwrap();
    for (name, texts) in rows() {
        let line = document.lines().find(|line| line.starts_with(&format!("| {name} |")));
        let line = line.unwrap_or_else(|| panic!("docs/defaults.md has no row `{name}`"));
        let mut value = line.split('|').nth(2).unwrap();
        for text in texts {
            let at = words(value, &text);
            let at = at
                .unwrap_or_else(|| panic!("docs/defaults.md says `{line}`; the code says {text}"));
            value = &value[at + text.len()..];
        }
    }
}

#[test]
fn every_setting_of_the_document_is_held_to_the_code() {
    /// Whatever is not a number: the words say all.
    const WORDS: [&str; 7] = [
        "`lease.visibility_timeout`",
        "`decoder_threads`",
        "`decoder`",
        "`retry`",
        "`redelivery`",
        "`allowed_buckets`",
        "`expected_bucket_owner`",
    ];
    let document = fs::read_to_string(root().join("docs/defaults.md")).unwrap();
    let rows = rows();
    for line in document.lines().filter(|line| line.starts_with("| ") && line.contains('`')) {
        let name = line.split('|').nth(1).unwrap().trim();
        let known = !name.contains('`')
            || WORDS.contains(&name)
            || rows.iter().any(|(row, _)| *row == name);
        assert!(known, "docs/defaults.md has a row `{name}` that no test holds to the code");
    }
}

/// The three kinds of processors share one default, which the document gives once.
#[test]
fn time_outs_of_processors_are_the_same() {
    let record = time(&ProcessorOptions::default(), "timeout");
    assert_eq!(time(&BatchOptions::default(), "timeout"), record);
    assert_eq!(time(&DeferredOptions::default(), "accept_timeout"), record);
}

/// Where `text` stands by itself: `4` is not in `64 KiB`.
fn words(value: &str, text: &str) -> Option<usize> {
    let apart = |neighbour: Option<char>| neighbour.is_none_or(|c| !c.is_ascii_alphanumeric());
    value.match_indices(text).map(|(at, _)| at).find(|at| {
        apart(value[..*at].chars().next_back()) && apart(value[at + text.len()..].chars().next())
    })
}

/// The value of a field, as `Debug` shows it.
fn field(of: &dyn Debug, name: &str) -> String {
    let shown = format!("{of:?}");
    let (_, rest) =
        shown.split_once(&format!(" {name}: ")).unwrap_or_else(|| panic!("no {name} in {shown}"));
    let value = rest.split([',', ' ', '}']).next().unwrap();
    value.trim_start_matches("Some(").trim_end_matches(')').to_owned()
}

fn count(of: &dyn Debug, name: &str) -> String {
    thousands(field(of, name).parse().unwrap())
}

fn bytes(of: &dyn Debug, name: &str) -> String {
    size(field(of, name))
}

fn time(of: &dyn Debug, name: &str) -> String {
    let shown = field(of, name);
    let (number, unit) = shown.split_at(shown.find(|c: char| c.is_ascii_alphabetic()).unwrap());
    duration(number.parse().unwrap(), unit)
}

fn duration(number: u64, unit: &str) -> String {
    match (number, unit) {
        (seconds, "s") if seconds > 60 && seconds % 60 == 0 => format!("{} min", seconds / 60),
        _ => format!("{number} {unit}"),
    }
}

fn thousands(number: u64) -> String {
    if number < 1_000 {
        return number.to_string();
    }
    format!("{},{:03}", thousands(number / 1_000), number % 1_000)
}

fn size(number: String) -> String {
    let number: u64 = number.replace(',', "").parse().unwrap();
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let unit =
        units.into_iter().find(|(bits, _)| number >= 1 << bits && number.trailing_zeros() >= *bits);
    unit.map_or(thousands(number), |(bits, unit)| format!("{} {unit}", number >> bits))
}

/// The value of a constant that is not public, read from its source: a number, a shift, or a
/// duration in whole units.
fn constant(file: &str, name: &str) -> String {
    let source = fs::read_to_string(root().join("processor/src").join(file)).unwrap();
    let line = source.lines().find(|line| line.contains(&format!("const {name}: ")));
    let line = line.unwrap_or_else(|| panic!("{file} has no constant {name}"));
    let value = line.split_once(" = ").unwrap().1.trim_end_matches(';').replace('_', "");
    let inner =
        |call: &str| Some(value.strip_prefix(call)?.strip_suffix(')')?.parse::<u64>().unwrap());
    if let Some(seconds) = inner("Duration::fromsecs(") {
        return duration(seconds, "s");
    }
    if let Some(millis) = inner("Duration::frommillis(") {
        return duration(millis, "ms");
    }
    let mut parts = value.split(" << ").map(|part| part.parse::<u64>().unwrap());
    let first = parts.next().unwrap();
    thousands(parts.fold(first, |number, bits| number << bits))
}

#[test]
fn numbers_are_shown_as_the_document_writes_them() {
    assert_eq!([thousands(7), thousands(1_000), thousands(1_048_577)], ["7", "1,000", "1,048,577"]);
    assert_eq!(
        [size("65536".into()), size("1,048,576".into()), size("1000".into())],
        ["64 KiB", "1 MiB", "1,000"]
    );
    assert_eq!(
        [duration(600, "s"), duration(60, "s"), duration(200, "ms")],
        ["10 min", "60 s", "200 ms"]
    );
    assert_eq!(words("64 KiB of 4", "4"), Some(10));
}
