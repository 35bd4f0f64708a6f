//! Records as log shippers and trackers write them, the same for the same seed.

use flate2::{Compression, write::GzEncoder};
use std::io::Write;

/// JSON objects of 100 bytes to 20 KB, median about 400, one behind the other.
pub struct Input {
    undelimited: Vec<u8>,
    ends: Vec<usize>,
}

impl Input {
    /// At least so many bytes of records.
    pub fn of(bytes: usize, seed: u64) -> Self {
        let mut random = Random(seed);
        let mut undelimited = Vec::with_capacity(bytes + 32_768);
        let mut ends = Vec::new();
        while undelimited.len() < bytes {
            record(&mut undelimited, ends.len(), &mut random);
            ends.push(undelimited.len());
        }
        Self { undelimited, ends }
    }

    /// At least so many bytes of records, each of `size` bytes (40 or more).
    pub fn of_size(bytes: usize, size: usize, seed: u64) -> Self {
        let mut random = Random(seed);
        let mut undelimited = Vec::with_capacity(bytes + size);
        let mut ends = Vec::new();
        while undelimited.len() < bytes {
            let end = undelimited.len() + size;
            write!(undelimited, r#"{{"n":{},"text":""#, ends.len()).unwrap();
            text(&mut undelimited, end.saturating_sub(40), &mut random);
            // Words end where they end.
            undelimited.resize(end - 2, b'.');
            undelimited.extend_from_slice(br#""}"#);
            ends.push(end);
        }
        Self { undelimited, ends }
    }

    pub fn count(&self) -> usize {
        self.ends.len()
    }

    /// As Firehose writes them: with nothing in between.
    pub fn undelimited(&self) -> &[u8] {
        &self.undelimited
    }

    /// The same records, a line each.
    pub fn lines(&self) -> Vec<u8> {
        let mut lines = Vec::with_capacity(self.undelimited.len() + self.ends.len());
        let mut start = 0;
        for &end in &self.ends {
            lines.extend_from_slice(&self.undelimited[start..end]);
            lines.push(b'\n');
            start = end;
        }
        lines
    }
}

/// One gzip member.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }

    fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

const KINDS: [&str; 5] = ["view", "purchase", "login", "error", "health"];
const HOSTS: [&str; 4] = ["web-1.eu-west-1", "web-2.eu-west-1", "worker-7", "gateway"];
const PLACES: [&str; 5] = ["Zürich", "İstanbul", "東京", "Köln", "Reykjavík"];
/// What makes framing hard.
const AWKWARD: [&str; 8] = [
    "\\\"quoted\\\"",
    "C:\\\\temp\\\\",
    "{brace}",
    "[list]",
    "\\u00e9t\\u00e9",
    "}{",
    "line\\nbreak",
    "naïve",
];
const SYLLABLES: [&str; 16] = [
    "re", "quest", "ser", "ver", "or", "der", "lat", "en", "cy", "con", "nect", "ion", "time",
    "out", "us", "er",
];

fn record(into: &mut Vec<u8>, index: usize, random: &mut Random) {
    let wanted = match random.below(100) {
        0..70 => 100 + random.below(450),
        70..97 => 500 + random.below(500),
        _ => 1_000 + random.below(19_000) * random.below(100) / 100,
    };
    let end = into.len() + wanted;
    let (id, user, at) =
        (random.next(), random.below(100_000), 1_763_700_000_000 + index * 3 + random.below(900));
    let (kind, host) = (random.one_of(&KINDS), random.one_of(&HOSTS));
    write!(into, r#"{{"time":{at},"kind":"{kind}","id":"{id:016x}","user":{user}"#).unwrap();
    if into.len() + 120 < end {
        let (took, place, part) =
            (random.below(900_000), random.one_of(&PLACES), random.below(65_536));
        let (micros, failed) = (took % 1_000, took % 13 == 0);
        write!(
            into,
            r#","host":"{host}","ip":"10.{}.{}.7","place":"{place}""#,
            part >> 8,
            part & 255
        )
        .unwrap();
        write!(into, r#","took_ms":{}.{micros:03},"failed":{failed}"#, took / 1_000).unwrap();
    }
    if into.len() + 60 < end {
        into.extend_from_slice(br#","message":""#);
        // Errors have a long one.
        let most = if kind == "error" { usize::MAX } else { 100 };
        let stop = into.len() + (end - into.len() - 20).min(most);
        text(into, stop, random);
        into.push(b'"');
    }
    if into.len() + 140 < end {
        let mut separator = br#","items":["#.as_slice();
        while into.len() + 130 < end {
            let (item, price) = (random.below(500_000), random.below(10_000_000));
            into.extend_from_slice(separator);
            separator = b",";
            write!(
                into,
                r#"{{"sku":"sku-{item}","price":{price},"tags":["new",null],"note":{{"text":""#
            )
            .unwrap();
            let stop = into.len() + random.below(60);
            text(into, stop, random);
            into.extend_from_slice(br#""}}"#);
        }
        into.push(b']');
    }
    into.push(b'}');
}

/// Words out of some thousands, some of them more often than others, and now and then a number.
fn text(into: &mut Vec<u8>, stop: usize, random: &mut Random) {
    while into.len() < stop {
        match random.below(40) {
            0 => into.extend_from_slice(random.one_of(&AWKWARD).as_bytes()),
            1..5 => write!(into, "{}", random.below(1_000_000)).unwrap(),
            _ => {
                let most = random.below(4);
                for _ in 0..=most {
                    let which = random.below(SYLLABLES.len()).min(random.below(SYLLABLES.len()));
                    into.extend_from_slice(SYLLABLES[which].as_bytes());
                }
            }
        }
        into.push(b' ');
    }
}
