//! The fuzz targets on their seeds in `fuzz/seeds`, and on inputs drawn at random from those.
//!
//! ```text
//! S3SQS_SEED=123 cargo test -p s3-sqs-processor --lib fuzz_          tries that one
//! S3SQS_SEEDS=100000 cargo test -p s3-sqs-processor --lib fuzz_      tries so many
//! ```

use crate::testing::Random;
use std::{fs, panic::AssertUnwindSafe, path::Path};

/// More edits than this leave nothing of a seed.
const EDITS: u64 = 12;

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("seeds").map(|file| file.expect("a seed").path()).collect();
    files.sort();
    files.into_iter().map(|file| fs::read(file).expect("a seed")).collect()
}

/// A seed with bytes replaced, removed and inserted, and parts of others in it.
fn drawn(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut input = seeds[random.below(seeds.len() as u64) as usize].clone();
    for _ in 0..random.below(EDITS) {
        let at = random.below(input.len() as u64 + 1) as usize;
        let to = (at + random.below(16) as usize).min(input.len());
        let other = &seeds[random.below(seeds.len() as u64) as usize];
        let from = random.below(other.len() as u64 + 1) as usize;
        let part = &other[from..(from + random.below(40) as usize).min(other.len())];
        let byte = [random.next() as u8];
        let replacement = match random.below(5) {
            0 => &[],
            1 => part,
            2 => &b"{}[]\"\\\n,1"[random.below(9) as usize..][..1],
            _ => &byte,
        };
        input.splice(at..to, replacement.iter().copied());
        input.truncate(4096);
    }
    input
}

fn check(target: &str, run: fn(&[u8]), inputs: u64) {
    let number = |variable: &str| std::env::var(variable).ok()?.parse::<u64>().ok();
    let seeds = seeds(target);
    seeds.iter().for_each(|seed| run(seed));
    let numbers = match number("S3SQS_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("S3SQS_SEEDS").unwrap_or(inputs),
    };
    for seed in numbers {
        let input = drawn(&seeds, &mut Random::new(seed));
        if std::panic::catch_unwind(AssertUnwindSafe(|| run(&input))).is_err() {
            let shown = input.escape_ascii();
            panic!(
                "{shown}\nreplay it: S3SQS_SEED={seed} cargo test -p s3-sqs-processor --lib \
                 fuzz_{target}"
            );
        }
    }
}

#[test]
fn fuzz_scanner() {
    check("scanner", crate::decode::fuzz::scanner, 5_000);
}

#[test]
fn fuzz_decoder() {
    check("decoder", crate::decode::fuzz::decoder, 2_000);
}

#[test]
fn fuzz_notification() {
    check("notification", crate::notification::fuzz::notification, 2_000);
}

#[test]
fn fuzz_operations() {
    check("operations", crate::tracking::fuzz::operations, 300);
}
