//! What a recorder is told of a run, beside the counters.

use super::{SECOND, probe::Act, world::World};
use crate::{BatchOptions, ProcessorOptions, from_batch_fn, record::Told, testing::undelimited};
use metrics::{
    Counter, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit, with_local_recorder,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::SystemTime,
};
use tokio::time::sleep;

/// Keeps what it is told, by name: what each gauge shows, and the values of each histogram.
#[derive(Clone, Default)]
struct Recorded(Arc<Mutex<Values>>);

type Values = (BTreeMap<String, f64>, BTreeMap<String, Vec<f64>>);

struct One(String, Recorded);

impl Recorded {
    fn gauge(&self, name: &str) -> f64 {
        self.0.lock().unwrap().0.get(name).copied().unwrap_or_default()
    }

    fn values(&self, name: &str) -> Vec<f64> {
        self.0.lock().unwrap().1.get(name).cloned().unwrap_or_default()
    }
}

impl GaugeFn for One {
    fn increment(&self, value: f64) {
        *self.1.0.lock().unwrap().0.entry(self.0.clone()).or_default() += value;
    }

    fn decrement(&self, value: f64) {
        self.increment(-value);
    }

    fn set(&self, _: f64) {
        unreachable!("pipelines of one queue share a gauge");
    }
}

impl HistogramFn for One {
    fn record(&self, value: f64) {
        self.1.0.lock().unwrap().1.entry(self.0.clone()).or_default().push(value);
    }
}

impl Recorder for Recorded {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(Arc::new(One(key.name().to_owned(), self.clone())))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(Arc::new(One(key.name().to_owned(), self.clone())))
    }
}

#[tokio::test(start_paused = true)]
async fn gauges_show_what_there_is_and_nothing_at_the_end() {
    let (world, recorded) = (World::new(), Recorded::default());
    (0..3).for_each(|n| drop(world.file(&format!("{n}"), undelimited(2))));
    let options = ProcessorOptions::default().concurrency(2).no_timeout();
    let probe = world.probe("p", |_| Act::Take(100 * SECOND));
    let builder = world.builder().processor_with("p", options, probe);
    let run = with_local_recorder(&recorded, || world.start(builder));
    run.until("it works", || world.log.running() == 2).await;
    sleep(10 * SECOND).await;
    run.handle.counters().export(false);
    let gauge = |name: &str| recorded.gauge(&format!("s3_sqs_{name}"));
    assert_eq!((gauge("messages_held"), gauge("objects_in_flight")), (3.0, 3.0));
    assert_eq!((gauge("processor_in_use"), gauge("outages")), (2.0, 0.0));
    assert!(gauge("objects_oldest_seconds") >= 10.0);
    assert!(gauge("objects_waiting") >= 1.0, "one has to wait for its turn");
    assert!(gauge("objects_buffered_bytes") >= 3.0 * 65_536.0);
    run.until_finished().await;
    run.stop().await;
    let (gauges, _) = &*recorded.0.lock().unwrap();
    assert!(gauges.len() >= 8 && gauges.values().all(|value| *value == 0.0), "{gauges:?}");
}

#[tokio::test(start_paused = true)]
async fn histograms_tell_how_long_things_took() {
    let (world, recorded) = (World::new(), Recorded::default());
    world.store.answers_after(SECOND);
    let sent_at = SystemTime::now().checked_sub(1_000 * SECOND);
    world.queue.tell(Told { sent_at, ..Told::default() });
    (0..3).for_each(|n| drop(world.file(&format!("{n}"), undelimited(100))));
    let act = |seen: &super::probe::Seen| match (&*seen.key, seen.index, seen.receive_count) {
        ("0", 5, 1) => Act::Fail,
        (_, 64, _) => Act::Take(7 * SECOND),
        _ => Act::Done,
    };
    let bulk = from_batch_fn(|_, _| async {
        sleep(3 * SECOND).await;
        Ok(())
    });
    let options = BatchOptions::default().max_records(50);
    let builder = world.with_probe(act).batch_processor_with("b", options, bulk);
    let run = with_local_recorder(&recorded, || world.start(builder));
    run.until_finished().await;
    run.stop().await;
    let values = |name: &str| recorded.values(&format!("s3_sqs_{name}"));
    let lags = values("message_lag_seconds");
    assert!(lags.len() == 3 && lags.iter().all(|lag| *lag >= 1_000.0), "{lags:?}");
    // One of them was read twice.
    let first_bytes = values("object_first_byte_seconds");
    assert!(
        first_bytes.len() == 4 && first_bytes.iter().all(|took| *took >= 1.0),
        "{first_bytes:?}"
    );
    assert_eq!(
        (values("object_seconds").len(), values("object_deliveries")),
        (4, vec![1.0, 1.0, 2.0])
    );
    assert_eq!(values("processor_batch_records"), [50.0; 8]);
    let mut took = values("processor_seconds");
    took.sort_by(f64::total_cmp);
    // Eight batches, and the records that were timed: those that were not done at once.
    assert_eq!(
        took.iter().map(|took| took.round()).collect::<Vec<_>>(),
        [3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 7.0, 7.0, 7.0, 7.0]
    );
}
