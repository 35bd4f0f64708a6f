//! Files made by the formats' reference tools; `fixtures/make.py` says how.

use super::{AMPLE, Arrival, decode_as};
use crate::Format;
use std::{fs, path::Path};

#[derive(serde::Deserialize)]
struct Case {
    file: String,
    decoder: String,
    records: Vec<String>,
}

#[test]
fn what_other_tools_write_is_read_however_it_comes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let read = |name: &str| fs::read(folder.join(name)).expect("it is there");
    let cases: Vec<Case> = serde_json::from_slice(&read("cases.json")).expect("it is JSON");
    assert!(cases.len() > 15);
    for Case { file, decoder, records } in cases {
        let object = read(&file);
        let format: Format = decoder.parse().expect("it is compiled in");
        for size in [1, 2, 3, 5, 7, 11, 64, 1_000, usize::MAX] {
            for block in [16, 64 * 1024] {
                let arrival = Arrival { chunks: vec![size], end_known: size % 2 == 0, block };
                let outcome = decode_as(&format, AMPLE, &object, &arrival);
                assert_eq!(outcome.end, Ok(()), "{file} in chunks of {size}");
                // Bytes that are no UTF-8 stand there as Latin-1.
                let text = |bytes: &[u8]| match (decoder.ends_with(":data"), bytes) {
                    (true, bytes) => bytes.iter().map(|byte| char::from(*byte)).collect(),
                    (false, bytes) => String::from_utf8(bytes.to_vec()).expect("it is UTF-8"),
                };
                let found: Vec<_> = outcome.records.iter().map(|one| text(&one.bytes)).collect();
                assert_eq!(found, records, "{file} in chunks of {size}");
            }
        }
    }
}
