//! Whoever writes logs or takes metrics may be held up; the pipeline is not.
//!
//! A program of its own, because there is one subscriber for all threads.

#![allow(clippy::unwrap_used, reason = "a failed step of a test is a failed test")]

use local_aws::{Backend, BackendKind};
use metrics::{
    Counter, CounterFn, Gauge, Histogram, Key, KeyName, Metadata as About, Recorder, SharedString,
    Unit,
};
use s3_sqs_processor::{Pipeline, from_fn, provision::Provision};
use std::{
    fmt::Debug,
    sync::{Arc, Condvar, Mutex, mpsc},
    time::Duration,
};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

const OBJECTS: u64 = 30;
const LAST: &str = "pipeline stopped";

/// Lets nobody through until it is opened.
#[derive(Clone, Default)]
struct Barrier(Arc<(Mutex<bool>, Condvar)>);

impl Barrier {
    fn pass(&self) {
        let open = self.0.0.lock().unwrap();
        drop(self.0.1.wait_while(open, |open| !*open).unwrap());
    }

    fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }
}

/// What was logged by what runs on the pipeline's own threads; each line waits at the barrier.
struct Logs(Barrier, mpsc::Sender<String>);

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

impl Subscriber for Logs {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("s3_sqs_processor")
    }

    fn event(&self, event: &Event<'_>) {
        if std::thread::current().name().is_some_and(|name| name.starts_with("s3-sqs-")) {
            self.0.pass();
            let mut message = Message(String::new());
            event.record(&mut message);
            let _ = self.1.send(message.0);
        }
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// A recorder whose counters wait at the barrier.
struct Metrics(Barrier, Arc<Mutex<u64>>);

struct Received(Barrier, Option<Arc<Mutex<u64>>>);

impl CounterFn for Received {
    fn increment(&self, value: u64) {
        self.0.pass();
        if let Some(count) = &self.1 {
            *count.lock().unwrap() += value;
        }
    }

    fn absolute(&self, _: u64) {}
}

impl Recorder for Metrics {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &About<'_>) -> Counter {
        let count = (key.name() == "s3_sqs_objects_done_total").then(|| Arc::clone(&self.1));
        Counter::from_arc(Arc::new(Received(self.0.clone(), count)))
    }

    fn register_gauge(&self, _: &Key, _: &About<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &About<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_78_the_control_thread_waits_neither_for_logs_nor_for_metrics() {
    let (barrier, done) = (Barrier::default(), Arc::default());
    let (sender, lines) = mpsc::channel();
    tracing::subscriber::set_global_default(Logs(barrier.clone(), sender)).unwrap();
    let backend = Backend::start(BackendKind::Embedded).await.unwrap();
    let config = backend.sdk_config().await;
    let provisioned = Provision::new("held-up").apply(&config).await.unwrap();
    let s3 = Backend::s3(&config);
    for n in 0..OBJECTS {
        let put = s3.put_object().bucket(&provisioned.bucket.name).key(format!("{n}.json"));
        put.body(b"{}".to_vec().into()).send().await.unwrap();
    }
    let builder = Pipeline::builder()
        .queue_url(&provisioned.queues[0].url)
        .aws_config(config)
        .wait_time(Duration::from_secs(1))
        .processor("all", from_fn(|_, _| async { Ok(()) }));
    let recorder = Metrics(barrier.clone(), Arc::clone(&done));
    let pipeline = metrics::with_local_recorder(&recorder, || builder.build()).unwrap();
    let handle = pipeline.handle();
    let all = async {
        while handle.stats().objects.done < OBJECTS {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let run = Box::pin(pipeline.run_until(all));
    let stats = tokio::time::timeout(Duration::from_secs(60), run).await;
    let told_meanwhile = (lines.try_iter().count(), *done.lock().unwrap());
    barrier.open();
    assert_eq!(stats.unwrap().unwrap().objects.done, OBJECTS);
    assert_eq!(told_meanwhile, (0, 0));

    // What had room to wait comes now.
    let mut told = Vec::new();
    let all = async {
        while *done.lock().unwrap() < OBJECTS || !told.iter().any(|line| line == LAST) {
            told.extend(lines.try_iter());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), all).await.unwrap();
    assert!(told.iter().any(|line| line == "pipeline started"), "{told:?}");
}
