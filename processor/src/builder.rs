mod checks;

use crate::{
    aws::ClientSettings,
    config::{
        BatchOptions, DeferredOptions, Finish, Lease, Limits, MAX_TOTAL, Missing, ProcessorOptions,
        Redelivery, Retry, Spool, Trust,
    },
    decode::{Decoder, json},
    error::{BuildError, BuildErrorKind},
    lane::{BatchLane, DeferredLane, RecordLane},
    notification::{NotificationParser, Reader},
    object::Lane,
    pipeline::{Parts, Pipeline},
    port::{ProgressStore, Progresses, QuarantineStore, Quarantines},
    process::{BatchProcessor, DeferredProcessor, RecordProcessor},
    route::{Defaults, Preset, Route, Routes, Unmatched},
};
use checks::{check_names, check_queue_url, within};
use std::{fmt, sync::Arc, time::Duration};

/// SQS waits at most this long for a message (Amazon SQS API Reference, `ReceiveMessage`).
const LONGEST_WAIT: Duration = Duration::from_secs(20);
const MOST_THREADS: usize = 1_024;
const SHORTEST_EVERY: Duration = Duration::from_millis(100);

/// Puts a [`Pipeline`] together. Start with [`Pipeline::builder`].
///
/// Only a queue URL and one processor are needed. [`build`](Self::build) checks all settings; until
/// then nothing fails. The reason of each default is in `docs/defaults.md` of the repository.
///
/// ```
/// use s3_sqs_processor::{Limits, Pipeline, ProcessorOptions, decode::lines, from_fn};
/// use std::time::Duration;
///
/// let pipeline = Pipeline::builder()
///     .queue_url("https://sqs.eu-west-1.amazonaws.com/123456789012/orders")
///     .decoder(lines())
///     .limits(Limits::default().messages(50))
///     .drain_timeout(Duration::from_secs(15))
///     .processor_with(
///         "audit",
///         ProcessorOptions::default().concurrency(32),
///         from_fn(|_record, _cx| async { Ok(()) }),
///     )
///     .build()?;
/// # Ok::<_, s3_sqs_processor::BuildError>(())
/// ```
#[must_use]
pub struct Builder {
    queue_url: Option<String>,
    clients: ClientSettings,
    processors: Vec<Added>,
    decoder: Arc<dyn Decoder>,
    record_ids_v2: bool,
    routes: Vec<Route>,
    unmatched: Unmatched,
    lease: Lease,
    limits: Limits,
    wait_time: Duration,
    drain_timeout: Duration,
    decoder_threads: usize,
    retry: Retry,
    redelivery: Redelivery,
    trust: Trust,
    reader: Reader,
    progress: Option<Box<dyn Progresses>>,
    progress_every: Duration,
    quarantine: Option<Box<dyn Quarantines>>,
    finish: Finish,
    missing: Option<Missing>,
    spool: Option<Spool>,
}

/// Makes the lane at an index, with the pipeline's retries as default, if its options can work.
type MakeLane = Box<dyn FnOnce(usize, &Retry, &Limits) -> Made + Send>;
type Made = Result<Arc<dyn Lane>, BuildError>;

struct Added {
    name: String,
    make: MakeLane,
}

impl Pipeline {
    /// Starts to put a pipeline together. See [`Builder`].
    pub fn builder() -> Builder {
        Builder::new()
    }
}

impl Builder {
    fn new() -> Self {
        Self {
            queue_url: None,
            clients: ClientSettings::default(),
            processors: Vec::new(),
            decoder: Arc::new(json()),
            record_ids_v2: false,
            routes: Vec::new(),
            unmatched: Unmatched::default(),
            lease: Lease::default(),
            limits: Limits::default(),
            wait_time: LONGEST_WAIT,
            drain_timeout: Duration::from_secs(20),
            decoder_threads: cores(),
            retry: Retry::default(),
            redelivery: Redelivery::default(),
            trust: Trust::default(),
            reader: Reader::default(),
            progress: None,
            progress_every: Duration::from_secs(10),
            quarantine: None,
            finish: Finish::keep(),
            missing: None,
            spool: None,
        }
    }

    /// The queue to consume: its URL, as SQS gives it (not its name or ARN). Needed.
    ///
    /// FIFO queues are refused: they are not supported yet. S3 itself cannot notify one (Amazon S3
    /// User Guide, "Event notification types and destinations"); EventBridge can.
    pub fn queue_url(mut self, url: impl Into<String>) -> Self {
        self.queue_url = Some(url.into());
        self
    }

    /// The AWS configuration to make clients from. Default: the environment's (variables, profile,
    /// role).
    ///
    /// The queue is used through a client of its own, with an HTTP client and a credentials cache
    /// of its own, so that a busy runtime delays no extension. An HTTP client set in the
    /// configuration is used for S3 only.
    pub fn aws_config(mut self, config: aws_config::SdkConfig) -> Self {
        self.clients.config = Some(config);
        self
    }

    /// The S3 client to read objects with, instead of one made from the configuration.
    pub fn s3_client(mut self, client: aws_sdk_s3::Client) -> Self {
        self.clients.s3 = Some(client);
        self
    }

    /// The SQS client whose settings the queue is used with, instead of the configuration's.
    ///
    /// The client itself is not used: see [`aws_config`](Self::aws_config).
    pub fn sqs_client(mut self, client: aws_sdk_sqs::Client) -> Self {
        self.clients.sqs = Some(client);
        self
    }

    /// Adds a processor. Every record is given to every processor (of its object's
    /// [route](Self::route), where there are routes); a message is deleted when all of them
    /// succeeded.
    ///
    /// Names must differ: 1 to 128 bytes without control characters. A processor's name is its
    /// identity in logs and counters, and over releases.
    pub fn processor(self, name: impl Into<String>, processor: impl RecordProcessor) -> Self {
        self.processor_with(name, ProcessorOptions::default(), processor)
    }

    /// Adds a processor with its own concurrency, time-out and retries. See
    /// [`processor`](Self::processor).
    pub fn processor_with(
        self,
        name: impl Into<String>,
        options: ProcessorOptions,
        processor: impl RecordProcessor,
    ) -> Self {
        let name = name.into();
        let lane_name = name.clone();
        self.add(name, move |index, retry, _| {
            options.check(&lane_name)?;
            Ok(Arc::new(RecordLane::new(lane_name, index, processor, &options, retry)))
        })
    }

    /// Adds a processor that takes many records at a time. See [`processor`](Self::processor).
    pub fn batch_processor(self, name: impl Into<String>, processor: impl BatchProcessor) -> Self {
        self.batch_processor_with(name, BatchOptions::default(), processor)
    }

    /// Adds a processor that takes many records at a time, with its own batch size, concurrency,
    /// time-out and retries. See [`processor`](Self::processor).
    pub fn batch_processor_with(
        self,
        name: impl Into<String>,
        options: BatchOptions,
        processor: impl BatchProcessor,
    ) -> Self {
        let name = name.into();
        let lane_name = name.clone();
        self.add(name, move |index, retry, limits| {
            options.check(&lane_name, limits)?;
            Ok(Arc::new(BatchLane::new(lane_name, index, processor, options, retry)))
        })
    }

    /// Adds a processor that gives its verdicts later. See [`processor`](Self::processor).
    pub fn deferred_processor(
        self,
        name: impl Into<String>,
        processor: impl DeferredProcessor,
    ) -> Self {
        self.deferred_processor_with(name, DeferredOptions::default(), processor)
    }

    /// Adds a processor that gives its verdicts later, with its own concurrency and time-out. See
    /// [`processor`](Self::processor).
    pub fn deferred_processor_with(
        self,
        name: impl Into<String>,
        options: DeferredOptions,
        processor: impl DeferredProcessor,
    ) -> Self {
        let name = name.into();
        let lane_name = name.clone();
        self.add(name, move |index, _, _| {
            options.check(&lane_name)?;
            Ok(Arc::new(DeferredLane::new(lane_name, index, processor, &options)))
        })
    }

    fn add(
        mut self,
        name: String,
        make: impl FnOnce(usize, &Retry, &Limits) -> Made + Send + 'static,
    ) -> Self {
        self.processors.push(Added { name, make: Box::new(make) });
        self
    }

    /// Whether failed records are tried again in place, for processors that do not say so
    /// themselves. Default: no.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// How long a message with failed records stays away before its next delivery. Default: the
    /// queue's own visibility timeout, counted from the verdict.
    pub fn redelivery(mut self, redelivery: Redelivery) -> Self {
        self.redelivery = redelivery;
        self
    }

    /// How an object becomes records: [`json()`], [`lines()`](crate::decode::lines),
    /// [`whole()`](crate::decode::whole), one of these by its name
    /// ([`Format`](crate::decode::Format)), or a [`Decoder`] of your own. Default: [`json()`].
    ///
    /// Compression needs no setting: gzip, zstd and Snappy (each a feature) are known by their
    /// first bytes, whatever the object is called, and one inside another too.
    ///
    /// A panic in a decoder fails its object only.
    pub fn decoder(mut self, decoder: impl Decoder) -> Self {
        self.decoder = Arc::new(decoder);
        self
    }

    /// Gives every record its id by the [second recipe](crate::RecordId#recipe-version-2), which
    /// contains the decoder's identity. Default: only records of other decoders than `json`,
    /// `lines` and `whole`.
    ///
    /// Set it in a new service: if the decoder is ever changed, no record gets an id that another
    /// one had. Set later it gives every record another id than before.
    pub fn record_ids_v2(mut self, v2: bool) -> Self {
        self.record_ids_v2 = v2;
        self
    }

    /// Adds a route: what is done with some of the objects. See [`Route`]. Default: none; every
    /// object is read by the pipeline's [`decoder`](Self::decoder) and given to all processors.
    ///
    /// With routes every processor has to be in one of them.
    pub fn route(mut self, route: Route) -> Self {
        self.routes.push(route);
        self
    }

    /// Adds the routes of what an AWS service writes: its by-products are skipped, and its files
    /// are given to all processors. See [`Preset`].
    pub fn preset(self, preset: Preset) -> Self {
        preset.by_products().into_iter().fold(self, Self::route).route(preset.route())
    }

    /// What becomes of objects that no route matches. Default: [`Unmatched::Keep`]. Without routes
    /// it means nothing: everything matches.
    pub fn unmatched(mut self, unmatched: Unmatched) -> Self {
        self.unmatched = unmatched;
        self
    }

    /// The only buckets whose objects are read. Default: any that a message names and the
    /// credentials may read.
    ///
    /// Set it where others can send to the queue: a forged notification could otherwise have any
    /// object read that the service may read. A message that names another bucket is not
    /// understood: nothing of it is read, it is kept, and the queue's redrive policy moves it to
    /// the dead-letter queue.
    ///
    /// ```
    /// # use s3_sqs_processor::Pipeline;
    /// let builder = Pipeline::builder().allowed_buckets(["orders", "orders-archive"]);
    /// ```
    pub fn allowed_buckets(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.trust.buckets = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Sources of notifications beside S3: stores that imitate it, by the `eventSource` that they
    /// send, such as `minio:s3`, `ceph:s3` or `sgws:s3`. Default: none; a message from another
    /// source is not understood, and kept.
    pub fn event_sources(mut self, sources: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.reader.event_sources = sources.into_iter().map(Into::into).collect();
        self
    }

    /// Understands notifications that are not S3's. See [`NotificationParser`].
    pub fn notification_parser(mut self, parser: impl NotificationParser) -> Self {
        self.reader.parser = Some(Arc::new(parser));
        self
    }

    /// The AWS account that owns every bucket read: 12 digits. Default: not checked.
    ///
    /// It is sent with every read (`x-amz-expected-bucket-owner`), and S3 refuses one of a bucket
    /// that belongs to another account, for instance because it was deleted and somebody else took
    /// its name. Such an object fails.
    pub fn expected_bucket_owner(mut self, account: impl Into<String>) -> Self {
        self.trust.owner = Some(account.into());
        self
    }

    /// How messages are kept hidden while work goes on. Defaults and bounds: see [`Lease`].
    pub fn lease(mut self, lease: Lease) -> Self {
        self.lease = lease;
        self
    }

    /// What may be held at once, and what an object may be. Defaults and bounds: see [`Limits`].
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The same for one bucket, in place of
    /// [`expected_bucket_owner`](Self::expected_bucket_owner): where buckets of several accounts
    /// announce to one queue.
    pub fn bucket_owner(mut self, bucket: impl Into<String>, account: impl Into<String>) -> Self {
        self.trust.owners.insert(bucket.into(), account.into());
        self
    }

    /// Whether this account pays for reads, as buckets with *Requester Pays* demand. Default: no;
    /// such a bucket then refuses to be read. It needs no permission beside `s3:GetObject`.
    pub fn requester_pays(mut self, pays: bool) -> Self {
        self.trust.requester_pays = pays;
        self
    }

    /// Makes the HTTP clients: for a private certificate authority, mTLS, FIPS. Default: the SDK's,
    /// which also trusts what `AWS_CA_BUNDLE` names.
    ///
    /// It is called once on the thread that keeps leases and once on the runtime that reads
    /// objects: a client must not be shared between them, so one in `aws_config` or
    /// [`sqs_client`](Self::sqs_client) is not used for the queue.
    pub fn http_client(
        mut self,
        make: impl Fn() -> aws_sdk_sqs::config::SharedHttpClient + Send + Sync + 'static,
    ) -> Self {
        self.clients.http = Some(Arc::new(make));
        self
    }

    /// How long one receive waits for the first message: SQS's long poll.
    ///
    /// Default: 20 s, the most SQS allows (Amazon SQS Developer Guide, "Amazon SQS short and long
    /// polling"). Bounds: 1 s to 20 s; parts of a second are cut off. It is never more than half
    /// the visibility timeout.
    pub fn wait_time(mut self, wait: Duration) -> Self {
        self.wait_time = wait;
        self
    }

    /// How long a drain may take before what still runs is given up and handed back.
    ///
    /// Default: 20 s. Bounds: up to 12 h; zero aborts at once. Handing back takes up to 9 s more:
    /// leave 10 s between it and the moment at which the process is killed (in Kubernetes
    /// `terminationGracePeriodSeconds`, by default 30 s).
    pub fn drain_timeout(mut self, timeout: Duration) -> Self {
        self.drain_timeout = timeout;
        self
    }

    /// How many threads decompress and split objects. Default: one per core the process may use.
    /// Bounds: 1 to 1,024.
    pub fn decoder_threads(mut self, threads: usize) -> Self {
        self.decoder_threads = threads;
        self
    }

    /// Remembers which records are settled, so that they are not done again when their message
    /// comes back: after a failure, a crash, a drain or a lost lease, for each processor by itself.
    /// Without it (the default) a message that comes back is done again as a whole.
    ///
    /// What was settled is saved every [`progress_every`](Self::progress_every) while an object is
    /// worked on, and before its message goes back. So a record is done again if it was settled
    /// after the last save before a crash, or if a save failed: it stays a matter of at least once.
    /// Objects shorter than that interval, of which nothing fails, cost no request.
    ///
    /// A processor is known by its name: give it another one if its earlier verdicts no longer
    /// count. What is remembered holds for one message and for the same bytes, cut into records by
    /// the same decoder. See [`MemoryProgress`](crate::MemoryProgress), and `docs/progress.md` of
    /// the repository.
    ///
    /// ```
    /// use s3_sqs_processor::{MemoryProgress, Pipeline};
    ///
    /// let builder = Pipeline::builder().progress(MemoryProgress::new());
    /// ```
    pub fn progress(mut self, store: impl ProgressStore) -> Self {
        self.progress = Some(Box::new(store));
        self
    }

    /// How often the [progress](Self::progress) of an object is saved while it is worked on.
    ///
    /// Default: 10 s. Bounds: 100 ms to 12 h. A process begins at most ten saves a second, whatever
    /// this says; while it drains, each object's comes every second.
    pub fn progress_every(mut self, every: Duration) -> Self {
        self.progress_every = every;
        self
    }

    /// Puts single bad records aside, so that one of them does not take its whole message to the
    /// dead-letter queue. Without it (the default) a message with a record that always fails goes
    /// there as a whole.
    ///
    /// A record is put aside when its processor [rejects](crate::ProcessError::reject) it, or when
    /// it fails in one of the last two deliveries that its message has. It is decided when
    /// everything else of its object is settled, for all that failed of it or for nothing: 100
    /// failures and 8 MiB at most. The object is read once more for what is in them, a file is
    /// written, and only when that is confirmed they count as settled.
    ///
    /// In an hour a process puts aside at most 1,000 records, or 1 % of those it reads if that is
    /// more. Beyond that it is not the records that are wrong, and messages fail as usual. What
    /// cannot be read as a record is never put aside.
    ///
    /// A record that was put aside comes back by a message: see [`QuarantinedRecord::replays`], and
    /// `docs/quarantine.md` of the repository.
    ///
    /// [`QuarantinedRecord::replays`]: crate::QuarantinedRecord::replays
    ///
    /// ```
    /// use s3_sqs_processor::{MemoryQuarantine, Pipeline};
    ///
    /// let builder = Pipeline::builder().quarantine(MemoryQuarantine::new());
    /// ```
    pub fn quarantine(mut self, store: impl QuarantineStore) -> Self {
        self.quarantine = Some(Box::new(store));
        self
    }

    /// What becomes of an object when everything in it was done and its message was deleted: it
    /// stays (the default), is deleted, or gets a tag. A [route](Route::finish) may say otherwise.
    /// See [`Finish`].
    pub fn finish(mut self, finish: Finish) -> Self {
        self.finish = finish;
        self
    }

    /// What it means if an object is not there: a failure (the default), or that it is done. Has to
    /// be said where objects are [deleted](Finish::delete_as_sole_consumer). A
    /// [route](Route::missing) may say otherwise.
    pub fn missing(mut self, missing: Missing) -> Self {
        self.missing = Some(missing);
        self
    }

    /// Downloads each object to a disk, and finds it whole, before any of its records is processed.
    /// Default: objects are processed while they come. A [route](Route::spool) may say otherwise.
    /// See [`Spool`].
    pub fn spool(mut self, spool: Spool) -> Self {
        self.spool = Some(spool);
        self
    }

    /// Checks all settings and makes the pipeline. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// The first setting that cannot work, by its name, with what to change.
    ///
    /// ```
    /// use s3_sqs_processor::{BuildErrorKind, Pipeline, from_fn};
    ///
    /// let error = Pipeline::builder()
    ///     .queue_url("https://sqs.eu-west-1.amazonaws.com/123456789012/orders.fifo")
    ///     .processor("audit", from_fn(|_record, _cx| async { Ok(()) }))
    ///     .build()
    ///     .unwrap_err();
    /// assert_eq!(error.kind(), BuildErrorKind::Queue);
    /// assert!(error.to_string().contains("FIFO queues are not supported yet"));
    /// ```
    pub fn build(self) -> Result<Pipeline, BuildError> {
        let queue_url = check_queue_url(self.queue_url.as_deref())?;
        let names: Vec<_> = self.processors.iter().map(|entry| entry.name.clone()).collect();
        check_names(&names)?;
        self.retry.check("retry")?;
        self.redelivery.check()?;
        self.lease.check()?;
        self.limits.check()?;
        self.trust.check()?;
        if self.reader.event_sources.contains("") {
            let text = "event_sources has an empty name: give what `eventSource` says";
            return Err(BuildError::new(BuildErrorKind::Setting, text));
        }
        let second = Duration::from_secs(1);
        within("wait_time", self.wait_time, second..=LONGEST_WAIT, "1 s to 20 s")?;
        let up_to_12_h = |least| least..=MAX_TOTAL;
        within("drain_timeout", self.drain_timeout, up_to_12_h(Duration::ZERO), "at most 12 h")?;
        let bounds = "100 ms to 12 h";
        within("progress_every", self.progress_every, up_to_12_h(SHORTEST_EVERY), bounds)?;
        within("decoder_threads", self.decoder_threads, 1..=MOST_THREADS, "1 to 1,024")?;
        let defaults = Defaults {
            decoder: self.decoder,
            ids_v2: self.record_ids_v2,
            limits: &self.limits,
            trust: &self.trust,
            processors: &names,
            finish: &self.finish,
            missing: self.missing,
            spool: self.spool.as_ref(),
        };
        let routes = Routes::new(self.routes, self.unmatched, &defaults)?;
        let mut lanes = Vec::new();
        for (index, entry) in self.processors.into_iter().enumerate() {
            lanes.push((entry.make)(index, &self.retry, &self.limits)?);
        }
        Ok(Pipeline::new(Parts {
            queue_url,
            clients: self.clients,
            lanes,
            routes: Arc::new(routes),
            lease: self.lease,
            limits: self.limits,
            wait_time: self.wait_time,
            drain_timeout: self.drain_timeout,
            decoder_threads: self.decoder_threads,
            redelivery: self.redelivery,
            trust: self.trust,
            reader: self.reader,
            progress: self.progress.map(|store| (store, self.progress_every)),
            quarantine: self.quarantine,
        }))
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS)
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("queue_url", &self.queue_url)
            .field(
                "processors",
                &self.processors.iter().map(|entry| &entry.name).collect::<Vec<_>>(),
            )
            .field("decoder", &self.decoder.identity())
            .field("record_ids_v2", &self.record_ids_v2)
            .field("routes", &self.routes)
            .field("unmatched", &self.unmatched)
            .field("lease", &self.lease)
            .field("limits", &self.limits)
            .field("wait_time", &self.wait_time)
            .field("drain_timeout", &self.drain_timeout)
            .field("decoder_threads", &self.decoder_threads)
            .field("retry", &self.retry)
            .field("redelivery", &self.redelivery)
            .field("trust", &self.trust)
            .field("reader", &self.reader)
            .field("progress_every", &self.progress_every)
            .field("finish", &self.finish)
            .field("missing", &self.missing)
            .field("spool", &self.spool)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::from_fn;

    const URL: &str = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders";

    fn named(names: &[&str]) -> Builder {
        let builder = Pipeline::builder().queue_url(URL);
        names.iter().fold(builder, |builder, name| {
            builder.processor(*name, from_fn(|_, _| async { Ok(()) }))
        })
    }

    fn refused(builder: Builder, kind: BuildErrorKind, says: &str) {
        let error = builder.build().expect_err(says);
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }

    #[test]
    fn what_cannot_work_is_refused_with_what_to_change() {
        refused(Pipeline::builder(), BuildErrorKind::Queue, "give its URL");
        refused(named(&["a"]).queue_url("orders"), BuildErrorKind::Queue, "not a name");
        refused(named(&["a"]).queue_url(format!("{URL}.fifo")), BuildErrorKind::Queue, "FIFO");
        refused(named(&[]), BuildErrorKind::Processor, "add one");
        refused(named(&["a", "a"]), BuildErrorKind::Processor, "`a`");
        refused(named(&[""]), BuildErrorKind::Processor, "printable");
        refused(named(&["a"]).wait_time(Duration::ZERO), BuildErrorKind::Setting, "wait_time");
        refused(
            named(&["a"]).drain_timeout(Duration::from_secs(50_000)),
            BuildErrorKind::Setting,
            "drain_timeout",
        );
        refused(
            named(&["a"]).decoder_threads(5_000),
            BuildErrorKind::Setting,
            "decoder_threads is 5000",
        );
        refused(named(&["a"]).decoder_threads(0), BuildErrorKind::Setting, "decoder_threads is 0");
        refused(
            named(&["a"]).allowed_buckets(["s3://data"]),
            BuildErrorKind::Setting,
            "allowed_buckets",
        );
        refused(named(&["a"]).expected_bucket_owner("me"), BuildErrorKind::Setting, "12 digits");
        refused(
            named(&["a"]).limits(Limits::default().messages(0)),
            BuildErrorKind::Setting,
            "messages",
        );
        assert!(named(&["a", "b"]).build().is_ok());
    }
}
