mod suited;

use crate::{
    aws::{ClientSettings, S3Store, SqsQueue, control_client, store_client},
    config::{Lease, Limits, Redelivery, Settings, Trust, queue_name},
    error::{RunError, RunErrorKind},
    handle::Handle,
    notification::Reader,
    object::{
        Budget, Engine, Finisher, Lane, Processors, Quarantine, Registry, Saver, Spools, Worker,
    },
    port::{Progresses, Quarantines, Queue, Store},
    route::Routes,
    runtime::{Env, Observer, Phase, Shared, Signals},
    source::{OpenSource, Source, SqsSettings, SqsSource},
    stats::{Counters, Levels, Stats},
};
use futures::future::BoxFuture;
use std::{fmt, future::Future, pin::pin, sync::Arc, time::Duration};
use suited::{suited, writable};
use tokio::sync::mpsc::unbounded_channel;

/// Consumes one queue: receives notifications, reads the objects, has every record processed, and
/// deletes each message when all of its records are done.
///
/// ```no_run
/// use s3_sqs_processor::{Context, Pipeline, ProcessError, Record, RecordProcessor, stop_signal};
///
/// struct Print;
///
/// impl RecordProcessor for Print {
///     async fn process(&self, record: Record<'_>, _cx: &Context) -> Result<(), ProcessError> {
///         println!("{} {}", record.id(), String::from_utf8_lossy(record.payload()));
///         Ok(())
///     }
/// }
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let pipeline = Pipeline::builder()
///     .queue_url("https://sqs.eu-west-1.amazonaws.com/123456789012/orders")
///     .processor("print", Print)
///     .build()?;
/// let stats = pipeline.run_until(stop_signal()).await?;
/// println!("{} messages deleted", stats.messages.deleted);
/// # Ok(())
/// # }
/// ```
#[must_use = "a pipeline does nothing until it is run"]
pub struct Pipeline {
    parts: Parts,
    handle: Handle,
    observer: Observer,
}

/// What a pipeline is made of.
pub(crate) struct Parts {
    pub(crate) queue_url: String,
    pub(crate) clients: ClientSettings,
    pub(crate) lanes: Vec<Arc<dyn Lane>>,
    pub(crate) routes: Arc<Routes>,
    pub(crate) lease: Lease,
    pub(crate) limits: Limits,
    pub(crate) wait_time: Duration,
    pub(crate) drain_timeout: Duration,
    pub(crate) decoder_threads: usize,
    pub(crate) redelivery: Redelivery,
    pub(crate) trust: Trust,
    pub(crate) reader: Reader,
    pub(crate) progress: Option<KeptProgress>,
    pub(crate) quarantine: Option<Box<dyn Quarantines>>,
}

/// Where progress is kept, and how often it is saved.
pub(crate) type KeptProgress = (Box<dyn Progresses>, Duration);

/// So long a run waits at its end for a runtime that has no thread free.
const LAST_TURN: Duration = Duration::from_secs(1);

/// Opens the queue, on the runtime that will use it.
pub(crate) type OpenQueue =
    Box<dyn FnOnce() -> BoxFuture<'static, Result<Arc<dyn Queue>, RunError>> + Send>;

impl Pipeline {
    pub(crate) fn new(parts: Parts) -> Self {
        let processors: Vec<_> = parts.lanes.iter().map(|lane| lane.name().to_owned()).collect();
        let queue = queue_name(&parts.queue_url);
        let names = processors.iter().map(String::as_str);
        let counters = Arc::new(Counters::new(&queue, names, parts.routes.names()));
        let settings = Settings {
            queue_url: parts.queue_url.clone(),
            processors: processors.clone(),
            routes: parts.routes.names().map(str::to_owned).collect(),
            messages: parts.limits.messages,
            buffered_bytes: parts.limits.buffered_bytes,
            decoder_threads: parts.decoder_threads,
            wait_time: parts.wait_time,
            drain_timeout: parts.drain_timeout,
            progress: parts.progress.is_some(),
            quarantine: parts.quarantine.is_some(),
        };
        let registry = Registry::new(processors);
        Self {
            parts,
            handle: Handle::new(Signals::new(), counters, Arc::new(registry), settings),
            observer: Observer::default(),
        }
    }

    /// Tells `observer` about every failed record.
    #[cfg(any(test, feature = "test-util"))]
    pub(crate) fn observed_by(mut self, observer: Observer) -> Self {
        self.observer = observer;
        self
    }

    /// The processors alone, to hand lines of `text` to.
    #[cfg(feature = "__private")]
    pub(crate) fn into_dispatch(self, text: &[u8], block_size: usize) -> crate::object::Dispatch {
        let counters = Arc::clone(self.handle.counters());
        crate::object::Dispatch::new(
            self.parts.lanes,
            self.parts.routes,
            counters,
            text,
            block_size,
        )
    }

    /// A handle to watch and stop the pipeline with, from anywhere. Take it before the pipeline is
    /// run, which consumes it.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Runs until the process ends or a [`Handle`] stops it, and gives what it did by then.
    ///
    /// # Errors and cancel safety
    ///
    /// As [`run_until`](Self::run_until).
    pub async fn run(self) -> Result<Stats, RunError> {
        self.run_until(std::future::pending()).await
    }

    /// Runs until `signal` completes, then drains: nothing new is received, what runs is finished,
    /// what was not begun is handed back at once, and what is still running after the drain timeout
    /// is given up and handed back.
    ///
    /// Processors run on the Tokio runtime this is called on (a multi-threaded one, unless they are
    /// trivial). It ends at the latest 8 s after the drain timeout, and a second after that if no
    /// thread of the runtime is free.
    ///
    /// # Errors
    ///
    /// What keeps it from starting: no such queue, no credentials, no permission, no connection
    /// (tried five times), a setting of the environment that cannot work, a spool's directory that
    /// is not there, a Tokio runtime without timer or I/O. Once it has started only a queue that no
    /// longer exists ends it; outages pause it. See [`RunErrorKind`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future aborts the pipeline: futures of processors are dropped, the messages
    /// held are handed back by the control thread, which ends by itself. Nothing is lost; what was
    /// in the middle is delivered again.
    pub async fn run_until(self, signal: impl Future<Output = ()>) -> Result<Stats, RunError> {
        let mut signal = pin!(signal);
        let store = match self.open_store(signal.as_mut()).await {
            Ok(Some(store)) => Arc::new(store),
            ended => {
                self.handle.signals().advance(Phase::Stopped);
                return ended.map(|_| self.handle.stats());
            }
        };
        let Parts { clients, queue_url, .. } = &self.parts;
        let (clients, url) = (clients.clone(), queue_url.clone());
        let open: OpenQueue = Box::new(move || {
            Box::pin(async move {
                let client = control_client(&clients, &url).await?;
                Ok(Arc::new(SqsQueue::new(client, url)) as Arc<dyn Queue>)
            })
        });
        self.run_on(Env::production(), open, store, signal).await
    }

    /// Where objects are read. `None`: it was told to stop. What configuration and credentials come
    /// from may take its time.
    async fn open_store(
        &self,
        signal: impl Future<Output = ()>,
    ) -> Result<Option<S3Store>, RunError> {
        suited()?;
        let Parts { clients, queue_url, trust, .. } = &self.parts;
        let (client, reads) = tokio::select! {
            biased;
            () = signal => return Ok(None),
            () = self.handle.signals().drain.cancelled() => return Ok(None),
            made = Box::pin(store_client(clients, queue_url)) => made?,
        };
        Ok(Some(S3Store::new(client, reads, trust.clone())))
    }

    /// The pipeline on any ports and in any environment.
    pub(crate) async fn run_on(
        self,
        env: Env,
        open_queue: OpenQueue,
        store: Arc<dyn Store>,
        signal: impl Future<Output = ()>,
    ) -> Result<Stats, RunError> {
        let Parts { lease, limits, wait_time, drain_timeout, redelivery, trust, reader, .. } =
            &self.parts;
        let settings = SqsSettings {
            lease: lease.clone(),
            slots: limits.messages,
            wait: *wait_time,
            drain_timeout: *drain_timeout,
            redelivery: redelivery.clone(),
            trust: trust.clone(),
            reader: reader.clone(),
        };
        let open: OpenSource = Box::new(|| {
            Box::pin(async {
                Ok(Box::new(SqsSource::new(open_queue().await?, settings)) as Box<dyn Source>)
            })
        });
        self.run_from(env, open, store, signal).await
    }

    /// The pipeline on any source, on any store and in any environment.
    pub(crate) async fn run_from(
        self,
        env: Env,
        open: OpenSource,
        store: Arc<dyn Store>,
        signal: impl Future<Output = ()>,
    ) -> Result<Stats, RunError> {
        let Self { parts, handle, observer } = self;
        let (signals, counters) = (handle.signals().clone(), Arc::clone(handle.counters()));
        // Whatever happens to this future, the tasks it began end with it.
        let mut end = End { signals: signals.clone(), has_begun: false };
        writable(env.disk(), parts.routes.spools()).await?;
        let gate = Arc::clone(handle.gate());
        gate.begin(&env);
        let (jobs, job_receiver) = unbounded_channel();
        let threads = env.decoder_threads(parts.decoder_threads).map_err(cannot_start)?;
        let shared = Shared {
            env: env.clone(),
            signals: signals.clone(),
            counters: Arc::clone(&counters),
            observer,
            gate,
            capacity: Arc::clone(handle.capacity()),
            routes: parts.routes,
        };
        let (more, more_receiver) = unbounded_channel();
        let names: Arc<[String]> = parts.lanes.iter().map(|lane| lane.name().to_owned()).collect();
        let saver = parts.progress.map(|(store, every)| {
            Arc::new(Saver::new(store, every, &parts.queue_url, names, shared.clone()))
        });
        let quarantine =
            parts.quarantine.map(|store| Quarantine::new(store, &parts.queue_url, shared.clone()));
        let budget = Arc::new(Budget::new(parts.limits.buffered_bytes));
        counters.watch({
            let places: Vec<_> = parts.lanes.iter().map(|lane| lane.places()).collect();
            let budget = Arc::clone(&budget);
            let (registry, capacity) =
                (Arc::clone(handle.registry()), Arc::clone(handle.capacity()));
            move || {
                let (in_flight, oldest) = registry.level();
                Levels {
                    waiting: capacity.waiting() as u64,
                    parked: capacity.parked() as u64,
                    in_flight: in_flight as u64,
                    oldest_seconds: oldest.as_secs_f64(),
                    buffered_bytes: budget.in_use() as u64,
                    in_use: places
                        .iter()
                        .map(|(free, all)| all.saturating_sub(free.available_permits()) as u64)
                        .collect(),
                }
            }
        });
        let engine = Engine {
            finisher: Finisher::new(Arc::clone(&store), shared.clone()),
            store,
            processors: Processors::new(parts.lanes, shared.clone()),
            budget,
            pool: Arc::default(),
            spools: Spools::new(shared.routes.spools()),
            threads,
            registry: Arc::clone(handle.registry()),
            shared: shared.clone(),
            saver,
            quarantine,
            more,
        };
        let worker = Worker::new(engine, more_receiver);
        // A task of its own: this future may be polled on a thread that is no worker of the
        // runtime, and what such a thread begins takes a longer way.
        let mut work = tokio::spawn(worker.run(job_receiver));
        let control = env
            .spawn_control(counters, move || {
                let signals = shared.signals.clone();
                Box::pin(async move {
                    let ended = match signals.drain.run_until_cancelled(open()).await {
                        Some(Ok(source)) => source.run(jobs, shared).await,
                        Some(Err(error)) => Err(error),
                        None => Ok(()),
                    };
                    // A run that was dropped has nobody else who says so.
                    if signals.phase() == Phase::Aborting {
                        signals.advance(Phase::Stopped);
                    }
                    ended
                })
            })
            .map_err(cannot_start)?;
        end.has_begun = true;
        tokio::pin!(control, signal);
        let mut working = true;
        let mut signalled = false;
        let outcome = loop {
            tokio::select! {
                biased;
                outcome = &mut control => break outcome,
                ended = &mut work, if working => {
                    working = false;
                    if let Some(panic) = ended.err().and_then(|error| error.try_into_panic().ok()) {
                        std::panic::resume_unwind(panic);
                    }
                }
                () = &mut signal, if !signalled => {
                    signalled = true;
                    signals.advance(Phase::Draining);
                }
            }
        };
        // The jobs' sender is gone, so this ends with its next turn, and the processors are dropped
        // before the run ends: all but those whose thread is blocked.
        if working {
            let _ = tokio::time::timeout(LAST_TURN, &mut work).await;
        }
        signals.advance(Phase::Stopped);
        let died = || {
            RunError::new(
                RunErrorKind::Runtime,
                "the control thread panicked, which is a defect of this library: the messages held \
                 come back after their visibility timeout; please report the panic's text",
                None,
            )
        };
        outcome.map_err(|_| died())??;
        Ok(handle.stats())
    }
}

fn cannot_start(error: std::io::Error) -> RunError {
    RunError::new(
        RunErrorKind::Runtime,
        format!(
            "cannot start a thread of the pipeline; raise the process's limit of threads, or set \
             fewer decoder_threads ({error})"
        ),
        Some(Box::new(error)),
    )
}

/// A run that is over, however it ended.
struct End {
    signals: Signals,
    /// The control thread has, and says by itself when nothing is held any more.
    has_begun: bool,
}

impl Drop for End {
    fn drop(&mut self) {
        self.signals.advance(if self.has_begun { Phase::Aborting } else { Phase::Stopped });
    }
}

impl fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline").field("queue_url", &self.parts.queue_url).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
