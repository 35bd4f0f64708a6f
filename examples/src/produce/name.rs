//! Object names as Firehose makes them: `YYYY/MM/DD/HH/stream-version-YYYY-MM-DD-HH-MM-SS-uuid`.

use super::Compression;
use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use std::{
    hash::{BuildHasher as _, RandomState},
    time::SystemTime,
};

/// Gives every file of a run its own name.
pub(crate) struct Names {
    prefix: String,
    extension: &'static str,
    run: String,
}

impl Names {
    pub(crate) fn new(prefix: &str, compression: Compression) -> Self {
        let extension = match compression {
            Compression::Gzip => ".gz",
            Compression::None => "",
        };
        Self { prefix: prefix.to_owned(), extension, run: format!("{:08x}", random() >> 32) }
    }

    /// Eight digits that tell this run's records from another's.
    pub(crate) fn run(&self) -> &str {
        &self.run
    }

    pub(crate) fn key(&self, number: u32) -> String {
        self.key_at(number, SystemTime::now())
    }

    fn key_at(&self, number: u32, now: SystemTime) -> String {
        let now = DateTime::from_secs(DateTime::from(now).secs());
        let shown =
            now.fmt(DateTimeFormat::DateTime).unwrap_or_else(|_| "1970-01-01T00:00:00Z".to_owned());
        let (date, time) =
            shown.trim_end_matches('Z').split_once('T').unwrap_or(("1970-01-01", "00:00:00"));
        let (folder, hour, time) = (date.replace('-', "/"), &time[..2], time.replace(':', "-"));
        let (prefix, extension) = (&self.prefix, self.extension);
        format!("{prefix}{folder}/{hour}/orders-1-{date}-{time}-{}{extension}", self.uuid(number))
    }

    /// Random, but for the run and the file's number in it, so that no two are alike.
    fn uuid(&self, number: u32) -> String {
        let random = random();
        let (a, b, c) = (random >> 48 & 0xffff, random >> 32 & 0x0fff, random >> 16 & 0x0fff);
        format!("{}-{a:04x}-4{b:03x}-a{c:03x}-{:04x}{number:08x}", self.run, random & 0xffff)
    }
}

/// The standard library's hashers are seeded from the operating system's randomness.
fn random() -> u64 {
    RandomState::new().hash_one(std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::HashSet, time::Duration};

    #[test]
    fn names_look_like_those_of_firehose() {
        let names = Names::new("data/", Compression::Gzip);
        let key =
            names.key_at(17, SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_176_000_999));
        let start = "data/2026/11/20/12/orders-1-2026-11-20-12-00-00-";
        let uuid = key.strip_prefix(start).and_then(|rest| rest.strip_suffix(".gz")).expect(&key);
        let lengths: Vec<usize> = uuid.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{uuid}");
    }

    #[test]
    fn no_two_files_have_the_same_name() {
        let names = Names::new("", Compression::None);
        let keys: HashSet<String> = (0..1_000).map(|number| names.key(number)).collect();
        assert_eq!(keys.len(), 1_000);
    }
}
