//! Fuzz targets in plain tests: on their seeds in `processor/fuzz/seeds`, and on inputs drawn at
//! random from those.
//!
//! ```text
//! S3SQS_SEED=123 cargo test -p s3-sqs-decode --lib fuzz_          tries that one
//! S3SQS_SEEDS=100000 cargo test -p s3-sqs-decode --lib fuzz_      tries so many
//! ```

use std::{fs, panic::AssertUnwindSafe, path::Path};

/// More edits than this leave nothing of a seed.
const EDITS: u64 = 12;

/// Runs a target on its seeds and on so many inputs drawn from them, unless the environment says
/// how many or which. `package`: where its test `fuzz_TARGET` is.
///
/// # Panics
/// If the target panics; the text has the input, and the command that tries it again.
pub fn check(package: &str, target: &str, run: fn(&[u8]), inputs: u64) {
    let number = |variable: &str| std::env::var(variable).ok()?.parse::<u64>().ok();
    let seeds = seeds(target);
    seeds.iter().for_each(|seed| run(seed));
    let numbers = match number("S3SQS_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("S3SQS_SEEDS").unwrap_or(inputs),
    };
    for seed in numbers {
        let input = drawn(&seeds, &mut Random(seed));
        if std::panic::catch_unwind(AssertUnwindSafe(|| run(&input))).is_err() {
            let shown = input.escape_ascii();
            panic!(
                "{shown}\nreplay it: S3SQS_SEED={seed} cargo test -p {package} --lib fuzz_{target}"
            );
        }
    }
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds").join(target);
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

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}
