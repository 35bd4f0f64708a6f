//! A decoder from outside, in a whole pipeline.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use s3_sqs_processor::{
    Context, ProcessError, Record, RecordProcessor,
    decode::{BlockWriter, Decode, DecodeError, DecodeLimits, Decoder, Input, ObjectInfo, Step},
    testing::{Harness, Report},
};
use std::{
    borrow::Cow,
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

/// One record for each byte, up to a full stop, behind which nothing is looked at. It panics at an
/// exclamation mark.
#[derive(Debug)]
struct Bytes;

impl Decoder for Bytes {
    fn identity(&self) -> Cow<'static, str> {
        "bytes".into()
    }

    fn begin(&self, object: &ObjectInfo<'_>, _: &DecodeLimits) -> Box<dyn Decode> {
        assert!(object.key != "refused", "told to panic");
        Box::new(Self)
    }
}

impl Decode for Bytes {
    fn step(
        &mut self,
        mut input: Input<'_, '_>,
        block: &mut BlockWriter<'_>,
    ) -> Result<Step, DecodeError> {
        while let Some(&byte) = input.bytes.first() {
            match byte {
                b'.' => return Ok(Step::End),
                b'!' => panic!("told to panic"),
                _ if !block.copy(&[byte]) => return Ok(Step::BlockFull),
                _ => _ = input.take(1),
            }
        }
        Ok(if input.last { Step::End } else { Step::NeedInput })
    }
}

/// What a record was.
struct Found {
    id: String,
    index: u64,
    offset: u64,
    payload: Vec<u8>,
}

/// The records there were.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<Found>>>);

impl RecordProcessor for Seen {
    async fn process(&self, record: Record<'_>, _: &Context) -> Result<(), ProcessError> {
        self.0.lock().unwrap().push(Found {
            id: record.id().to_string(),
            index: record.index(),
            offset: record.offset(),
            payload: record.payload().to_vec(),
        });
        Ok(())
    }
}

fn run(harness: Harness) -> (Report, Vec<Found>) {
    let seen = Seen::default();
    let processor = seen.clone();
    let report = harness.run(|pipeline| pipeline.decoder(Bytes).processor("seen", processor));
    let seen = std::mem::take(&mut *seen.0.lock().unwrap());
    (report, seen)
}

#[test]
fn its_records_arrive_and_the_message_is_deleted() {
    let (report, seen) = run(Harness::new().file("orders", "abba"));
    assert!(report.all_deleted());
    let records: Vec<_> =
        seen.iter().map(|found| (found.index, found.offset, &found.payload[..])).collect();
    assert_eq!(records, [(0, 0, &b"a"[..]), (1, 1, b"b"), (2, 2, b"b"), (3, 3, b"a")]);
    assert_eq!(seen.iter().map(|found| &found.id).collect::<BTreeSet<_>>().len(), 4, "ids differ");
}

#[test]
fn a_panic_fails_its_object_only() {
    for size in [0, 1 << 20] {
        let panics = ["a!", &"a".repeat(size)].concat();
        let harness = Harness::new().file("good", "ab").file("bad", panics).file("refused", "a");
        let (report, _) = run(harness);
        assert!(report.message("good").deleted);
        for key in ["bad", "refused"] {
            assert!(report.message(key).dead_lettered, "{key}");
        }
        assert_eq!(report.stats.objects.failed, 6, "three times each");
    }
}

/// What is behind the end is read all the same, however it comes.
#[test]
fn an_object_may_end_before_its_bytes_do() {
    for size in [0, 10, 300_000] {
        let file = ["ab.", &"c".repeat(size)].concat();
        let (report, seen) = run(Harness::new().file("orders", file.clone()));
        assert!(report.all_deleted());
        assert_eq!((seen.len(), report.stats.objects.bytes_read), (2, file.len() as u64));
    }
}
