//! One file: records one after the other, compressed or not.

use clap::ValueEnum;
use flate2::{Compression as Level, write::GzEncoder};
use serde::Serialize;
use std::{io::Write as _, ops::Range};

/// What is between two records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A newline after each record
    Ndjson,
    /// Nothing, which is what Firehose does unless told otherwise
    Concatenated,
}

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Compression {
    /// As one gzip member
    Gzip,
    /// Not at all
    None,
}

/// A record: an order of a shop, with what is awkward in real text.
#[derive(Serialize)]
struct Order<'a> {
    id: String,
    sequence: u64,
    customer: &'a str,
    amount_cents: u64,
    note: &'a str,
}

const CUSTOMERS: [&str; 5] =
    ["Ada Lovelace", "Zoë Müller", "佐藤 花子", "O'Brien & Sons", "João \"JJ\" Conceição"];
const NOTES: [&str; 6] = [
    "",
    "leave it at the door",
    "says }{ and means it",
    "path C:\\orders\\new, quoted \"twice\"",
    "two\nlines",
    "emoji 🎁 and a } at the end }",
];

/// A file to upload.
pub(crate) struct File {
    pub(crate) body: Vec<u8>,
    /// How many bytes it was before it was compressed.
    pub(crate) bytes: u64,
}

impl File {
    /// A file with the records of these numbers. `run` tells the records of two runs apart.
    pub(crate) fn make(
        run: &str,
        numbers: Range<u64>,
        format: Format,
        compression: Compression,
    ) -> Self {
        let mut text = Vec::new();
        for sequence in numbers {
            let order = Order {
                id: format!("{run}-{sequence}"),
                sequence,
                customer: pick(&CUSTOMERS, sequence),
                amount_cents: 100 + sequence.wrapping_mul(7_919) % 100_000,
                note: pick(&NOTES, sequence / 3),
            };
            serde_json::to_writer(&mut text, &order).expect("writing to memory cannot fail");
            if format == Format::Ndjson {
                text.push(b'\n');
            }
        }
        let bytes = text.len() as u64;
        let body = match compression {
            Compression::None => text,
            Compression::Gzip => gzip(&text),
        };
        Self { body, bytes }
    }
}

fn pick<'a>(from: &[&'a str], number: u64) -> &'a str {
    from[(number % from.len() as u64) as usize]
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Level::default());
    encoder.write_all(text).and_then(|()| encoder.finish()).expect("writing to memory cannot fail")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    #[test]
    fn concatenated_records_have_nothing_between_them() {
        let file = File::make("r", 0..40, Format::Concatenated, Compression::None);
        let text = String::from_utf8(file.body).unwrap();
        assert!(!text.contains('\n') && text.contains("}{\"id\":\"r-1\""), "{text}");
        let values: Result<Vec<serde_json::Value>, _> =
            serde_json::Deserializer::from_str(&text).into_iter().collect();
        assert_eq!(values.unwrap().len(), 40);
    }

    #[test]
    fn gzip_is_the_same_text() {
        let plain = File::make("r", 5..45, Format::Ndjson, Compression::None);
        let packed = File::make("r", 5..45, Format::Ndjson, Compression::Gzip);
        let mut text = Vec::new();
        flate2::read::GzDecoder::new(&*packed.body).read_to_end(&mut text).unwrap();
        assert_eq!((text.len() as u64, text), (packed.bytes, plain.body));
    }
}
