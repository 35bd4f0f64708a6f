//! P17: each format's decoding to the bare crate's on the same bytes.

use crate::measure::{
    clock::cpu_seconds,
    input::Input,
    plan::Plan,
    rounds::rounds,
    table::{Target, row},
};
use csv_core::{ReadRecordResult, Reader};
use s3_sqs_processor::decode::{
    __private::decode, Decoder, csv, csv_rows, json, json_elements, lines,
};
use std::{
    fmt::Write as _,
    io::{Read, Write as _},
};

/// As they come from a connection.
const CHUNK: usize = 32 << 10;

pub(crate) fn measure(plan: &Plan) {
    if plan.wants("P17") {
        codecs(plan);
        elements(plan);
        rows(plan);
    }
}

/// Both sides look for line ends, as LIMIT does.
fn codecs(plan: &Plan) {
    let input = Input::of(plan.pick(100_000_000, 1_000_000), 8);
    let (text, count) = (input.lines(), input.count());
    let zstd = zstd::encode_all(&text[..], 3).expect("it can be compressed");
    let mut snappy = snap::write::FrameEncoder::new(Vec::new());
    snappy.write_all(&text).expect("a vector takes all");
    let snappy = snappy.into_inner().expect("a vector takes all");
    let ours = |object: &[u8]| cpu_seconds(|| assert_eq!(decode(object, &lines(), CHUNK), count));
    let measured = rounds(
        plan.rounds(),
        [
            &mut || ours(&zstd),
            &mut || {
                let reader = zstd::stream::read::Decoder::new(&zstd[..]).expect("it can be made");
                cpu_seconds(|| assert_eq!(line_ends(reader), count))
            },
            &mut || ours(&snappy),
            &mut || {
                let reader = snap::read::FrameDecoder::new(&snappy[..]);
                cpu_seconds(|| assert_eq!(line_ends(reader), count))
            },
        ],
    );
    row(
        "P17",
        "zstd, lines: speed to the bare crate's reader and a count of line ends",
        "x",
        measured.spread(|[ours, bare, ..]| bare / ours),
        Target::AtLeast(0.9),
    );
    row(
        "P17",
        "Snappy, lines: speed to the bare crate's reader and a count of line ends",
        "x",
        measured.spread(|[.., ours, bare]| bare / ours),
        Target::AtLeast(0.9),
    );
}

fn line_ends(mut reader: impl Read) -> usize {
    let (mut buffer, mut lines) = (vec![0; 64 << 10], 0);
    loop {
        match reader.read(&mut buffer).expect("it is whole") {
            0 => return lines,
            read => lines += memchr::memchr_iter(b'\n', &buffer[..read]).count(),
        }
    }
}

/// The elements of one list, against the same values one behind the other; both uncompressed, where
/// unpacking hides nothing.
fn elements(plan: &Plan) {
    let input = Input::of(plan.pick(50_000_000, 500_000), 6);
    let count = input.count();
    let decoder = json_elements("Records").expect("it is a path");
    // No record has a newline.
    let comma = |byte: &u8| if *byte == b'\n' { b',' } else { *byte };
    let commas: Vec<_> = input.lines().trim_ascii_end().iter().map(comma).collect();
    let list = [b"{\"Records\":[", &commas[..], b"]}"].concat();
    let values = input.undelimited();
    let measured = rounds(
        plan.rounds(),
        [&mut || cpu_seconds(|| assert_eq!(decode(&list, &decoder, CHUNK), count)), &mut || {
            cpu_seconds(|| assert_eq!(decode(values, &json(), CHUNK), count))
        }],
    );
    row(
        "P17",
        "JSON elements under a path: speed to that of the same values alone",
        "x",
        measured.spread(|[elements, values]| values / elements),
        Target::AtLeast(0.85),
    );
}

/// Ten fields in a row, one of them quoted in every tenth; uncompressed.
fn rows(plan: &Plan) {
    let (text, count) = table(plan.pick(50_000_000, 500_000));
    let ours = |decoder: &dyn Decoder, records: usize| {
        cpu_seconds(|| assert_eq!(decode(&text, decoder, CHUNK), records))
    };
    let measured = rounds(
        plan.rounds(),
        [&mut || ours(&csv_rows(), count + 1), &mut || ours(&csv(), count), &mut || {
            cpu_seconds(|| assert_eq!(bare_csv(&text), count + 1))
        }],
    );
    row(
        "P17",
        "CSV, rows as they stand: speed to csv-core",
        "x",
        measured.spread(|[rows, _, bare]| bare / rows),
        Target::AtLeast(0.8),
    );
    row(
        "P17",
        "CSV as JSON objects: speed to csv-core",
        "x",
        measured.spread(|[_, objects, bare]| bare / objects),
        Target::AtLeast(0.5),
    );
}

fn table(bytes: usize) -> (Vec<u8>, usize) {
    let mut text = String::from("id,time,level,host,method,path,status,bytes,agent,note\n");
    let mut count = 0;
    while text.len() < bytes {
        let note = if count % 10 == 0 { "\"slow, \"\"again\"\"\"" } else { "fine" };
        let written = writeln!(
            text,
            "{count},2026-11-26T08:{:02}:{:02}Z,INFO,host-{},GET,/orders/{}/items,200,{},agent/{},\
             {note}",
            count / 60 % 60,
            count % 60,
            count % 17,
            count * 7_919 % 100_003,
            count % 5_000,
            count % 9,
        );
        written.expect("a text takes all");
        count += 1;
    }
    (text.into_bytes(), count)
}

/// Splits every row into its fields.
fn bare_csv(text: &[u8]) -> usize {
    let mut reader = Reader::new();
    let (mut fields, mut ends) = ([0; 4_096], [0; 64]);
    let (mut rest, mut rows) = (text, 0);
    loop {
        let (result, read, ..) = reader.read_record(rest, &mut fields, &mut ends);
        rest = &rest[read..];
        match result {
            ReadRecordResult::Record => rows += 1,
            ReadRecordResult::End => return rows,
            _ => {}
        }
    }
}
