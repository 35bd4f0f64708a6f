//! Files as Firehose writes them, and what is in them.

use crate::random::{self, percent, spread};
use fastrand::Rng;
use flate2::{Compression, write::GzEncoder};
use std::{io::Write as _, time::Duration};

/// A record with this in it is made to fail.
pub(crate) const POISON: &str = r#""poison":true"#;

/// What a file is like; its bytes follow from it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FileSpec {
    /// When it is written, from the start.
    pub(crate) at: Duration,
    pub(crate) key: String,
    /// One of its records is made to fail.
    pub(crate) poison: bool,
    records: usize,
    /// Of a record, about.
    bytes: usize,
    newlines: bool,
    /// Members of gzip, one after the other; none: plain.
    members: usize,
    seed: u64,
}

/// A file, and the records that a reader has to find in it.
pub(crate) struct File {
    pub(crate) body: Vec<u8>,
    /// Each with the offset of its first byte in the decompressed file.
    pub(crate) records: Vec<(u64, String)>,
}

impl FileSpec {
    pub(crate) fn new(seed: u64, number: usize, at: Duration) -> Self {
        let seed = seed.rotate_left(32) ^ number as u64;
        let mut rng = random::of(seed, 1);
        // Every fourth is of several hundred KB, gzip too, so that bodies are cut in the middle.
        let (records, bytes) = match number % 4 {
            0 => (
                spread(&mut rng, 150.0, 1_500.0) as usize,
                spread(&mut rng, 500.0, 3_000.0) as usize,
            ),
            _ => (spread(&mut rng, 1.0, 60.0) as usize, spread(&mut rng, 40.0, 400.0) as usize),
        };
        let members = if percent(&mut rng, 50) { rng.usize(1..4) } else { 0 };
        let extension = if members > 0 { ".gz" } else { "" };
        Self {
            at,
            key: format!("data/2026/11/20/12/orders-{number:05}{extension}"),
            poison: number % 9 == 1,
            records: records.min(800_000 / bytes),
            bytes,
            newlines: percent(&mut rng, 50),
            members,
            seed,
        }
    }

    pub(crate) fn make(&self) -> File {
        let mut rng = random::of(self.seed, 2);
        let poisonous = if self.poison { rng.usize(0..self.records) } else { usize::MAX };
        let (mut text, mut records, mut cuts) = (String::new(), Vec::new(), Vec::new());
        for index in 0..self.records {
            if index > 0 && index % self.records.div_ceil(self.members.max(1)) == 0 {
                cuts.push(text.len());
            }
            let record = self.record(index, index == poisonous, &mut rng);
            records.push((text.len() as u64, record.clone()));
            text.push_str(&record);
            if self.newlines {
                text.push('\n');
            }
        }
        let body = if self.members > 0 { gzip(text.as_bytes(), &cuts) } else { text.into_bytes() };
        File { body, records }
    }

    fn record(&self, index: usize, poison: bool, rng: &mut Rng) -> String {
        let key = &self.key;
        let poison = if poison { format!("{POISON},") } else { String::new() };
        // Hexadecimal digits: gzip makes half of them, not nothing.
        let padding: String =
            (0..self.bytes).map(|_| char::from(b"0123456789abcdef"[rng.usize(0..16)])).collect();
        format!(r#"{{"id":"{key}-{index}",{poison}"note":"}}{{ \"é\" }}","padding":"{padding}"}}"#)
    }
}

/// A member from each cut to the next.
fn gzip(text: &[u8], cuts: &[usize]) -> Vec<u8> {
    let mut body = Vec::new();
    let mut from = 0;
    for &to in cuts.iter().chain([&text.len()]) {
        let mut encoder = GzEncoder::new(body, Compression::fast());
        encoder.write_all(&text[from..to]).unwrap();
        body = encoder.finish().unwrap();
        from = to;
    }
    body
}
