use super::{
    fuse::Fuse,
    probe::{Act, Log, Probe, Seen},
};
use crate::{
    Builder, Handle, Pipeline, RunError, Stats,
    port::Queue,
    runtime::Env,
    testing::{
        Announced, MemoryDisk, MemoryQueue, MemoryStore, ObjectList, Place, QueueSettings, Trace,
        notification,
    },
};
use bytes::Bytes;
use futures::future::BoxFuture;
use std::{
    future::{Future, pending},
    sync::Arc,
    time::Duration,
};
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};

/// A queue, a bucket, and what the processors of a run saw.
#[derive(Clone)]
pub(super) struct World {
    pub(super) queue: MemoryQueue,
    pub(super) store: MemoryStore,
    pub(super) disk: MemoryDisk,
    pub(super) log: Log,
    pub(super) trace: Trace,
}

/// A pipeline that runs.
pub(super) struct Run {
    pub(super) handle: Handle,
    pub(super) env: Env,
    pub(super) task: JoinHandle<Result<Stats, RunError>>,
    /// Drops the run's future.
    pub(super) fuse: Fuse,
    queue: MemoryQueue,
    store: MemoryStore,
    disk: MemoryDisk,
    log: Log,
    trace: Trace,
}

impl World {
    /// A visibility timeout of 30 s, no dead-letter queue.
    pub(super) fn new() -> Self {
        Self::with(QueueSettings::default())
    }

    pub(super) fn with(settings: QueueSettings) -> Self {
        Self::traced_by(Trace::new(), settings)
    }

    pub(super) fn traced_by(trace: Trace, settings: QueueSettings) -> Self {
        let (queue, store) =
            (MemoryQueue::new(settings, trace.clone()), MemoryStore::new(trace.clone()));
        let (disk, log) = Default::default();
        Self { queue, store, disk, log, trace }
    }

    /// Writes an object and sends its notification; the message comes back.
    pub(super) fn file(&self, key: &str, bytes: impl Into<Bytes>) -> String {
        let announced = self.store.put(key, bytes);
        self.announce(&[announced])
    }

    /// Sends one message about these objects.
    pub(super) fn announce(&self, objects: &[Announced]) -> String {
        self.queue.send(notification(objects))
    }

    pub(super) fn probe<F: Fn(&Seen) -> Act + Send + Sync + 'static>(
        &self,
        name: &str,
        act: F,
    ) -> Probe<F> {
        Probe::new(name, act, self.log.clone(), self.trace.clone())
    }

    /// What was handed back while a receive was open is visible when that would have ended.
    pub(super) async fn last_poll_ends(&self) {
        tokio::time::sleep(Duration::from_secs(20)).await;
    }

    /// A pipeline without processors.
    pub(super) fn builder(&self) -> Builder {
        Pipeline::builder().queue_url(self.queue.url())
    }

    /// A pipeline with one processor, called `p`.
    pub(super) fn with_probe<F: Fn(&Seen) -> Act + Send + Sync + 'static>(
        &self,
        act: F,
    ) -> Builder {
        self.builder().processor("p", self.probe("p", act))
    }

    pub(super) fn start(&self, builder: Builder) -> Run {
        self.start_seeded(0, builder)
    }

    pub(super) fn start_seeded(&self, seed: u64, builder: Builder) -> Run {
        self.start_in(self.env(seed), builder)
    }

    pub(super) fn env(&self, seed: u64) -> Env {
        Env::simulated(seed, Arc::new(self.disk.clone()))
    }

    pub(super) fn start_in(&self, env: Env, builder: Builder) -> Run {
        self.start_on(env, &self.queue.consumer(), builder)
    }

    /// As this consumer of the queue.
    pub(super) fn start_on(&self, env: Env, consumer: &MemoryQueue, builder: Builder) -> Run {
        let pipeline = builder.build().expect("settings of a test");
        let handle = pipeline.handle();
        let queue: Arc<dyn Queue> = Arc::new(consumer.clone());
        let open = Box::new(move || -> BoxFuture<'static, _> { Box::pin(async { Ok(queue) }) });
        let store = Arc::new(self.store.clone());
        let run = pipeline.run_on(env.clone(), open, store, pending());
        self.begun(env, handle, run)
    }

    /// As [`start_seeded`](Self::start_seeded), with this list instead of the queue.
    pub(super) fn start_list(&self, seed: u64, list: &ObjectList, builder: Builder) -> Run {
        let pipeline = builder.build().expect("settings of a test");
        let (env, handle) = (self.env(seed), pipeline.handle());
        let store = Arc::new(self.store.clone());
        let run = pipeline.run_from(env.clone(), list.open(), store, pending());
        self.begun(env, handle, run)
    }

    fn begun(
        &self,
        env: Env,
        handle: Handle,
        run: impl Future<Output = Result<Stats, RunError>> + Send + 'static,
    ) -> Run {
        let fuse = Fuse::default();
        let task = tokio::spawn(fuse.guard(run));
        let (queue, store) = (self.queue.clone(), self.store.clone());
        Run {
            handle,
            env,
            task,
            fuse,
            queue,
            store,
            disk: self.disk.clone(),
            log: self.log.clone(),
            trace: self.trace.clone(),
        }
    }

    /// Starts the pipeline, waits until every message is deleted or dead, and stops it.
    pub(super) async fn run(&self, builder: Builder) -> Stats {
        let run = self.start(builder);
        run.until_finished().await;
        run.stop().await
    }

    /// Whether each of these records was done by each of these processors.
    pub(super) fn all_done(&self, processors: &[&str], key: &str, records: u64) -> bool {
        let done = self.log.done();
        let was_done = |processor: &str, index| {
            done.iter()
                .any(|seen| seen.processor == processor && seen.key == key && seen.index == index)
        };
        processors.iter().all(|processor| (0..records).all(|index| was_done(processor, index)))
    }
}

impl Run {
    /// Waits until every message is deleted or dead. A day is enough for any test.
    pub(super) async fn until_finished(&self) {
        self.until("every message is finished", || self.queue.is_finished()).await;
    }

    pub(super) async fn until(&self, what: &str, is: impl Fn() -> bool) {
        let began = Instant::now();
        while !is() {
            let late = began.elapsed() > Duration::from_secs(24 * 3600) || self.task.is_finished();
            assert!(
                !late,
                "not so: {what}; in flight: {:?}\n{}",
                self.queue.in_place(Place::InFlight),
                self.trace
            );
            // Looked at less often the longer it takes: hours of virtual time are many looks.
            sleep(Duration::from_millis(50).max(began.elapsed() / 500)).await;
        }
    }

    /// Drains, and checks that nothing is left of the run.
    pub(super) async fn stop(self) -> Stats {
        self.handle.drain();
        self.end().await.expect("a run that is told to stop ends well")
    }

    /// Waits for the end, and checks what holds after any run.
    pub(super) async fn end(self) -> Result<Stats, RunError> {
        let end = tokio::time::timeout(Duration::from_secs(24 * 3600), self.task).await;
        let end = end.expect("the run ends within a day").expect("the run does not panic");
        // What was dropped at the end goes away with its task's next turn; nothing may wait for the
        // clock.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        let violations = self.queue.violations();
        assert!(violations.is_empty(), "{violations:?}\n{}", self.trace);
        assert_eq!(
            (self.store.open(), self.disk.usage().files, self.log.running()),
            (0, 0, 0),
            "no object is read, no file and no future is left"
        );
        assert_eq!(
            tokio::runtime::Handle::current().metrics().num_alive_tasks(),
            0,
            "no task outlives the run"
        );
        let (turns, events) = (self.env.turns(), self.trace.noted() as u64);
        assert!(turns < 100 + 4 * events, "{turns} turns of the control loop for {events} events");
        end.inspect(|stats| assert_eq!(stats.held, 0))
    }
}
