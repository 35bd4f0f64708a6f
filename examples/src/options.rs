//! What of the library's settings the command line offers.

use clap::{Args, value_parser};
use s3_sqs_processor::{Builder, Lease, Limits, Redelivery, Retry};
use std::time::Duration;

#[derive(Debug, Args)]
#[command(next_help_heading = "Limits and times")]
pub(crate) struct Options {
    /// Read only this bucket; may be given several times [default: any]
    #[arg(long = "allow-bucket", value_name = "BUCKET")]
    allow_buckets: Vec<String>,
    /// The account that every bucket belongs to, or BUCKET=ID for one of them; may be given several
    /// times
    #[arg(long = "bucket-owner", value_name = "ID")]
    bucket_owners: Vec<String>,
    /// Also hear this source of notifications (`minio:s3`, say); may be given several times
    #[arg(long = "event-source", value_name = "SOURCE")]
    event_sources: Vec<String>,
    /// Pay for reading buckets with Requester Pays
    #[arg(long)]
    requester_pays: bool,
    /// Hold at most so many messages
    #[arg(long, value_name = "N")]
    messages: Option<usize>,
    /// Hold at most so many bytes of objects: 64MiB, say
    #[arg(long, value_name = "SIZE", value_parser = size)]
    buffered_bytes: Option<u64>,
    /// A larger record fails
    #[arg(long, value_name = "SIZE", value_parser = size)]
    record_bytes: Option<u64>,
    /// An object that is larger after decompression fails
    #[arg(long, value_name = "SIZE", value_parser = size)]
    object_bytes: Option<u64>,
    /// Try a failed record so often again before it counts as failed
    #[arg(long, value_name = "N", value_parser = value_parser!(u32))]
    retries: Option<u32>,
    /// The visibility timeout to receive with, instead of the queue's own: 30s, 5m
    #[arg(long, value_name = "TIME", value_parser = time)]
    visibility_timeout: Option<Duration>,
    /// After a failure a message stays away so long, doubled with each receive up to 15 minutes
    /// [default: the visibility timeout]
    #[arg(long, value_name = "TIME", value_parser = time)]
    redelivery_delay: Option<Duration>,
    /// When asked to stop, give up what is not finished by then [default: 20s]
    #[arg(long, value_name = "TIME", value_parser = time)]
    drain_timeout: Option<Duration>,
}

/// The longest delay of a redelivery.
const LONGEST_DELAY: Duration = Duration::from_secs(900);

impl Options {
    pub(crate) fn allowed_buckets(&self) -> &[String] {
        &self.allow_buckets
    }

    /// The account that a bucket should belong to.
    pub(crate) fn owner_of(&self, bucket: &str) -> Option<String> {
        let mut last_first = self.bucket_owners.iter().rev();
        let named = last_first.clone().filter_map(|owner| owner.split_once('='));
        let mut named = named.filter(|(name, _)| *name == bucket).map(|(_, account)| account);
        let of_all = || last_first.find(|owner| !owner.contains('=')).map(String::as_str);
        named.next().or_else(of_all).map(str::to_owned)
    }

    pub(crate) fn requester_pays(&self) -> bool {
        self.requester_pays
    }

    /// Whether the queue's own visibility timeout is not used.
    pub(crate) fn visibility_is_given(&self) -> bool {
        self.visibility_timeout.is_some()
    }

    pub(crate) fn apply(&self, mut builder: Builder) -> Builder {
        if !self.allow_buckets.is_empty() {
            builder = builder.allowed_buckets(&self.allow_buckets);
        }
        for owner in &self.bucket_owners {
            builder = match owner.split_once('=') {
                Some((bucket, account)) => builder.bucket_owner(bucket, account),
                None => builder.expected_bucket_owner(owner),
            };
        }
        builder = builder.event_sources(&self.event_sources).requester_pays(self.requester_pays);
        let whole = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
        let mut limits = Limits::default();
        if let Some(messages) = self.messages {
            limits = limits.messages(messages);
        }
        if let Some(bytes) = self.buffered_bytes {
            limits = limits.buffered_bytes(whole(bytes));
        }
        if let Some(bytes) = self.record_bytes {
            limits = limits.record_bytes(whole(bytes));
        }
        if let Some(bytes) = self.object_bytes {
            limits = limits.object_bytes(bytes);
        }
        builder = builder.limits(limits);
        if let Some(times) = self.retries {
            builder = builder.retry(Retry::times(times));
        }
        if let Some(timeout) = self.visibility_timeout {
            builder = builder.lease(Lease::default().visibility_timeout(timeout));
        }
        if let Some(delay) = self.redelivery_delay {
            builder = builder.redelivery(Redelivery::backoff(delay, LONGEST_DELAY.max(delay)));
        }
        match self.drain_timeout {
            Some(timeout) => builder.drain_timeout(timeout),
            None => builder,
        }
    }
}

pub(crate) fn time(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text);
    time.map_err(|error| format!("{error}; give a time such as 500ms, 30s, 5m or 2h"))
}

pub(crate) fn size(text: &str) -> Result<u64, String> {
    let size = text.parse::<bytesize::ByteSize>().map(|size| size.as_u64());
    size.map_err(|_| "give a size such as 100000, 512KiB, 64MiB or 1GiB".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_have_units() {
        assert_eq!(time("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(time("2h"), Ok(Duration::from_secs(7_200)));
        assert_eq!((size("7"), size("64MiB")), (Ok(7), Ok(64 << 20)));
        for wrong in ["", "s", "5", "-5s", "99999999999999999999s"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "MiB", "-1", "many"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
