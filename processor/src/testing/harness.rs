use super::{
    Announced, MemoryDisk, MemoryQueue, MemoryStore, Place, QueueSettings, Trace, notification,
};
use crate::{
    Builder, Pipeline, Stats,
    port::Queue,
    runtime::{Env, FailedRecord, Observer},
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};

/// Runs processors in the real pipeline on a queue and a bucket in memory, in virtual time: hours
/// pass in milliseconds.
///
/// Give it files, each announced by one message; [`run`](Self::run) works until every message is
/// deleted or in the dead-letter queue, and reports what happened.
///
/// ```
/// use s3_sqs_processor::{Context, ProcessError, Record, RecordProcessor, testing::Harness};
/// use std::time::Duration;
///
/// /// Fails one record at its message's first delivery.
/// struct Flaky;
///
/// impl RecordProcessor for Flaky {
///     async fn process(&self, record: Record<'_>, cx: &Context) -> Result<(), ProcessError> {
///         match (record.index(), cx.receive_count()) {
///             (2, 1) => Err(ProcessError::retry("not yet")),
///             _ => Ok(()),
///         }
///     }
/// }
///
/// let report = Harness::new()
///     .visibility_timeout(Duration::from_secs(60))
///     .records("2026/orders", ["{\"n\":0}", "{\"n\":1}", "{\"n\":2}", "{\"n\":3}"])
///     .run(|pipeline| pipeline.processor("flaky", Flaky));
///
/// let message = report.message("2026/orders");
/// assert!(message.deleted && message.receive_count == 2);
/// assert_eq!(report.failures[0].index, 2);
/// assert_eq!(report.stats.processors["flaky"].done, 3 + 4); // all four are seen again
/// assert!(report.elapsed >= Duration::from_secs(60));
/// ```
#[derive(Debug, Clone)]
#[must_use = "a harness does nothing until it is run"]
pub struct Harness {
    settings: QueueSettings,
    files: Vec<(String, Vec<u8>)>,
    seed: u64,
    time_limit: Duration,
    is_real: bool,
}

const DAY: Duration = Duration::from_secs(24 * 3600);

/// What happened in a run of a [`Harness`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Report {
    /// The pipeline's counters.
    pub stats: Stats,
    /// Each message by the key of the file it announced.
    pub messages: BTreeMap<String, MessageReport>,
    /// Every failure of a record, in order. One that fails with several deliveries stands there as
    /// often.
    pub failures: Vec<FailedRecord>,
    /// How long it took, in virtual time unless that was real.
    pub elapsed: Duration,
}

/// What became of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessageReport {
    /// It was deleted: every record was done.
    pub deleted: bool,
    /// It is in the dead-letter queue.
    pub dead_lettered: bool,
    /// How many times it was received.
    pub receive_count: u32,
}

impl Default for Harness {
    fn default() -> Self {
        Self::new()
    }
}

impl Harness {
    /// An empty bucket, and a queue with a visibility timeout of 30 s and a dead-letter queue after
    /// three receives.
    pub fn new() -> Self {
        let settings = QueueSettings { max_receives: Some(3), ..QueueSettings::default() };
        Self { settings, files: Vec::new(), seed: 0, time_limit: DAY, is_real: false }
    }

    /// The queue's visibility timeout. Default: 30 s.
    pub fn visibility_timeout(mut self, timeout: Duration) -> Self {
        self.settings.visibility_timeout = timeout;
        self
    }

    /// After how many receives a message goes to the dead-letter queue. Default: 3.
    pub fn max_receives(mut self, receives: u32) -> Self {
        self.settings.max_receives = Some(receives);
        self
    }

    /// What the pipeline's random waits are drawn from. Default: 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// When a run ends even if not every message is deleted or in the dead-letter queue. Default: a
    /// day.
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// Runs in real time, with I/O and several threads: for processors that use a socket, a thread
    /// or a file. Where records fail, set a short
    /// [`visibility_timeout`](Self::visibility_timeout), which is waited for.
    ///
    /// ```
    /// use s3_sqs_processor::{ResultExt, from_fn, testing::Harness};
    /// use tokio::net::TcpListener;
    ///
    /// let bind = from_fn(|_record, _cx| async {
    ///     TcpListener::bind("127.0.0.1:0").await.or_retry()?;
    ///     Ok(())
    /// });
    /// let harness = Harness::new().real_time().records("orders", ["{}"]);
    /// let report = harness.run(|pipeline| pipeline.processor("bind", bind));
    /// assert!(report.message("orders").deleted);
    /// ```
    pub fn real_time(mut self) -> Self {
        self.is_real = true;
        self
    }

    /// A file with these records, one on each line, and the message that announces it.
    pub fn records<R: AsRef<[u8]>>(
        self,
        key: impl Into<String>,
        records: impl IntoIterator<Item = R>,
    ) -> Self {
        let mut bytes = Vec::new();
        for record in records {
            bytes.extend_from_slice(record.as_ref());
            bytes.push(b'\n');
        }
        self.file(key, bytes)
    }

    /// A file with these bytes (compressed or not), and the message that announces it. Keys must
    /// differ.
    pub fn file(mut self, key: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.push((key.into(), bytes.into()));
        self
    }

    /// Runs the pipeline that `configure` makes of the given builder (which has its queue already).
    ///
    /// It runs on a thread and a Tokio runtime of its own, whose clock is virtual: it jumps to the
    /// next timer whenever nothing else is left to do. Processors that wait for something outside
    /// it (another thread) see their time-outs expire at once, and there is no I/O: see
    /// [`real_time`](Self::real_time).
    ///
    /// # Panics
    ///
    /// If the settings are refused by [`build`](Builder::build). A panic in a processor is a failed
    /// record, as always.
    pub fn run(self, configure: impl FnOnce(Builder) -> Builder + Send) -> Report {
        let work = || {
            let runtime = match self.is_real {
                true => tokio::runtime::Builder::new_multi_thread().enable_all().build(),
                false => tokio::runtime::Builder::new_current_thread()
                    .enable_time()
                    .start_paused(true)
                    .build(),
            };
            runtime.expect("a runtime can be made").block_on(self.run_here(configure))
        };
        let ended = std::thread::scope(|scope| scope.spawn(work).join());
        ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    async fn run_here(self, configure: impl FnOnce(Builder) -> Builder) -> Report {
        let trace = Trace::new();
        let queue = MemoryQueue::new(self.settings.clone(), trace.clone());
        let store = MemoryStore::new(trace);
        let messages: Vec<_> = self
            .files
            .into_iter()
            .map(|(key, bytes)| announce(&queue, &store, key, bytes))
            .collect();
        let observer = Observer::recording();
        let pipeline = configure(Pipeline::builder().queue_url(queue.url())).build();
        let pipeline =
            pipeline.unwrap_or_else(|error| panic!("the pipeline's settings are refused: {error}"));
        let pipeline = pipeline.observed_by(observer.clone());
        let began = Instant::now();
        let consumer: Arc<dyn Queue> = Arc::new(queue.consumer());
        let open = Box::new(move || -> futures::future::BoxFuture<'static, _> {
            Box::pin(async { Ok(consumer) })
        });
        let finished = async {
            while !queue.is_finished() && began.elapsed() < self.time_limit {
                sleep(Duration::from_millis(100)).await;
            }
        };
        let env = Env::simulated(self.seed, Arc::new(MemoryDisk::default()));
        let stats = pipeline.run_on(env, open, Arc::new(store), finished).await;
        Report {
            stats: stats.expect("a queue in memory can be used"),
            messages: messages
                .into_iter()
                .map(|(key, id)| (key, MessageReport::of(&queue, &id)))
                .collect(),
            failures: observer.failures(),
            elapsed: began.elapsed(),
        }
    }
}

fn announce(
    queue: &MemoryQueue,
    store: &MemoryStore,
    key: String,
    bytes: Vec<u8>,
) -> (String, String) {
    let announced: Announced = store.put(&key, bytes);
    let id = queue.send(notification(&[announced]));
    (key, id)
}

impl MessageReport {
    fn of(queue: &MemoryQueue, id: &str) -> Self {
        let place = queue.place(id);
        Self {
            deleted: place == Place::Deleted,
            dead_lettered: place == Place::Dead,
            receive_count: queue.receives(id),
        }
    }
}

impl Report {
    /// What became of the message that announced this file.
    ///
    /// # Panics
    ///
    /// If no such file was given.
    pub fn message(&self, key: &str) -> &MessageReport {
        self.messages.get(key).unwrap_or_else(|| panic!("no file `{key}` was given to the harness"))
    }

    /// Whether every message was deleted.
    pub fn all_deleted(&self) -> bool {
        self.messages.values().all(|message| message.deleted)
    }
}
