//! Names of things: account, region, keys, ARNs, and identifiers nobody can guess at.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) const REGION: &str = "us-east-1";
pub(crate) const ACCOUNT: &str = "000000000000";
/// Who may sign, and with what.
pub(crate) const ACCESS_KEY: &str = "test";
pub(crate) const SECRET_KEY: &str = "test";

/// Source of identifiers; every value differs from all earlier ones of the same source.
#[derive(Debug)]
pub(crate) struct Ids {
    seed: u64,
    next: AtomicU64,
    newest: AtomicU64,
}

impl Ids {
    pub(crate) fn new() -> Self {
        Self {
            seed: RandomState::new().hash_one(std::process::id()),
            next: AtomicU64::new(1),
            newest: AtomicU64::new(0),
        }
    }

    /// Rises by one with each call.
    pub(crate) fn serial(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Rises with each call, and roughly with time.
    pub(crate) fn sequence(&self, unix_millis: u64) -> u64 {
        let now = unix_millis << 20;
        let after = |newest: u64| now.max(newest + 1);
        let newest = self
            .newest
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |newest| Some(after(newest)));
        after(newest.unwrap_or_default())
    }

    /// An opaque, well spread number.
    pub(crate) fn opaque(&self) -> u64 {
        mix(self.seed ^ self.serial())
    }

    pub(crate) fn uuid(&self) -> String {
        let (high, low) = (self.opaque(), self.opaque());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            0x8000 | ((low >> 48) & 0x3fff),
            low & 0xffff_ffff_ffff
        )
    }

    /// 32 characters, the length of a version id of S3.
    pub(crate) fn version(&self) -> String {
        format!("{:016x}{:016x}", self.opaque(), self.opaque())
    }
}

/// The finaliser of splitmix64: a bijection, so distinct inputs stay distinct.
pub(crate) fn mix(value: u64) -> u64 {
    let mut x = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

pub(crate) fn queue_arn(name: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}")
}

pub(crate) fn topic_arn(name: &str) -> String {
    format!("arn:aws:sns:{REGION}:{ACCOUNT}:{name}")
}

/// The name of the queue an ARN stands for, if the ARN is one of a queue here.
pub(crate) fn queue_of_arn(arn: &str) -> Option<&str> {
    let mut parts = arn.splitn(6, ':');
    let same = parts.next() == Some("arn")
        && parts.next() == Some("aws")
        && parts.next() == Some("sqs")
        && parts.next() == Some(REGION)
        && parts.next() == Some(ACCOUNT);
    parts.next().filter(|name| same && !name.is_empty())
}
