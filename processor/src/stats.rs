//! Counters, and what they amount to.

mod counter;
mod gauges;
mod histograms;
mod lines;
mod reasons;
mod recent;

pub(crate) use counter::Counter;
use gauges::Gauges;
pub(crate) use gauges::Levels;
pub(crate) use histograms::Timing;
pub(crate) use lines::{LineLimit, Lines, Pass};
use metrics::Label;
use reasons::{NOT_UNDERSTOOD, Reasoned, UNREADABLE};
pub(crate) use recent::Recent;
pub use recent::RecentFailure;
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

/// A struct of numbers, and its live form, whose counters are exported as `PREFIX`, the field's
/// name (or the one given) and `_total`, and described by its documentation.
macro_rules! counters {
    (
        $(#[$doc:meta])* $name:ident / $live:ident $prefix:literal {
            $($(#[doc = $text:literal])* $field:ident $(as $told:literal)? $(for $reasons:ident)?,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
        #[non_exhaustive]
        pub struct $name { $($(#[doc = $text])* pub $field: u64,)* }

        #[derive(Debug)]
        pub(crate) struct $live { $(pub(crate) $field: counter!($($reasons)?),)* }

        impl $live {
            fn new(labels: &[Label]) -> Self {
                Self {
                    $($field: <counter!($($reasons)?)>::new(
                        name!($prefix, $field $(, $told)?),
                        concat!($($text),*),
                        labels,
                        $(&$reasons)?
                    ),)*
                }
            }

            pub(crate) fn snapshot(&self) -> $name {
                $name { $($field: self.$field.get(),)* }
            }

            fn export(&self) {
                $(self.$field.export();)*
            }
        }
    };
}

macro_rules! counter {
    () => {
        Counter
    };
    ($reasons:ident) => {
        Reasoned
    };
}

macro_rules! name {
    ($prefix:literal, $field:ident) => {
        concat!($prefix, stringify!($field), "_total")
    };
    ($prefix:literal, $field:ident, $told:literal) => {
        concat!($prefix, $told, "_total")
    };
}

counters! {
    /// What became of messages.
    MessageStats / MessageCounters "s3_sqs_messages_" {
        /// Deliveries received; a message that comes back counts again.
        received,
        /// Deletions the queue confirmed.
        deleted,
        /// Handed back with a new visibility timeout: something of them failed, or was not begun
        /// when the pipeline stopped.
        released,
        /// Messages that cannot be understood; left to the redrive policy.
        unreadable for NOT_UNDERSTOOD,
        /// Test events, other event kinds, empty notifications, skipped objects: deleted without
        /// work.
        without_objects,
        /// Fields of notifications that are only hints (size, ETag, version, sequencer, time,
        /// region) and were of another type than expected: taken as absent.
        odd_hints,
        /// The lease was lost: another consumer may have them.
        lease_lost,
        /// Left to their visibility timeout, because an unanswered request made a release unsafe.
        left_to_time_out,
        /// Work blocked a thread past the end of the drain.
        abandoned,
    }
}

counters! {
    /// What became of objects.
    ObjectStats / ObjectCounters "s3_sqs_objects_" {
        /// Objects opened.
        opened,
        /// Objects of which every record was done by every processor, or put aside.
        done,
        /// Objects with a failed record, or that could not be read to their end.
        failed,
        /// Objects that could not be read to their end.
        unreadable for UNREADABLE,
        /// Objects that were overwritten between the notification and the read; processed as they
        /// were read.
        overwritten,
        /// Times reading was resumed in the middle of an object, after its connection broke or
        /// stalled.
        resumed,
        /// Objects that another message had announced too, and that were processed once for both.
        duplicates,
        /// Objects that were not there, and count as done:
        /// [`Missing::Done`](crate::Missing::Done).
        missing,
        /// Objects that were downloaded to a disk and found whole, before anything of them was
        /// processed: [`Spool`](crate::Spool).
        spooled,
        /// Objects given up without fault of their own.
        cancelled,
        /// Objects acknowledged without being read: a route skips them, or none matches them and
        /// [`Unmatched::Skip`](crate::Unmatched::Skip) is set.
        skipped,
        /// Bytes read from the store.
        bytes_read as "read_bytes",
        /// Bytes after decompression.
        bytes_decoded as "decoded_bytes",
        /// Records found. One that is read again with a redelivery counts again.
        records,
        /// Parts of objects that are no records by their format's own rules: control messages of
        /// CloudWatch Logs.
        passed_over,
        /// Records that could not be handed to a processor (larger than the limit).
        records_refused,
    }
}

counters! {
    /// What one processor did. A record that is delivered again counts again.
    ProcessorStats / ProcessorCounters "s3_sqs_processor_records_" {
        /// Records settled done.
        done,
        /// Records settled as failed: by an error, a panic or a time-out, after the last try.
        failed,
        /// Further tries in place.
        retried,
        /// Tries that panicked.
        panicked,
        /// Tries that took too long.
        timed_out,
        /// Verdicts of deferred records that came after the work on their message had ended.
        late,
        /// Records never begun or given up, because the work was cancelled.
        cancelled,
        /// Records that were settled done in an earlier delivery of their message, and were not
        /// done again; see [`Builder::progress`](crate::Builder::progress).
        done_before,
        /// Failures that were put aside, so that their message could go without them; see
        /// [`Builder::quarantine`](crate::Builder::quarantine). A record that comes back and is put
        /// aside again counts again.
        quarantined,
    }
}

counters! {
    /// What was remembered of objects, where [`Builder::progress`](crate::Builder::progress) is
    /// set.
    ProgressStats / ProgressCounters "s3_sqs_progress_" {
        /// Sets of progress saved.
        saved,
        /// Sets of progress loaded, for a message that came again.
        loaded,
        /// Requests to the store that failed or were not answered: records may be done again.
        failed,
        /// Saves that found that somebody else had saved; tried again with both.
        conflicts,
        /// Sets of progress that could not be used: damaged, or of bytes that the object does not
        /// have.
        dropped,
    }
}

counters! {
    /// What was put aside of objects, where [`Builder::quarantine`](crate::Builder::quarantine) is
    /// set.
    QuarantineStats / QuarantineCounters "s3_sqs_quarantine_" {
        /// Files stored: one for each object of which records were put aside.
        files,
        /// Files that could not be stored; their objects failed.
        failed,
        /// Objects of which nothing was put aside, because too many records failed within an hour.
        refused,
    }
}

counters! {
    /// What became of objects that were done, where [`Builder::finish`](crate::Builder::finish) is
    /// set.
    FinishStats / FinishCounters "s3_sqs_finish_objects_" {
        /// Objects deleted.
        deleted,
        /// Objects tagged.
        tagged,
        /// Objects kept as they are: they were overwritten, or the request was refused.
        kept,
    }
}

counters! {
    /// What became of the objects of one route. One that is delivered again counts again.
    RouteStats / RouteCounters "s3_sqs_route_objects_" {
        /// Objects opened.
        opened,
        /// Objects of which every record was done by every processor of the route.
        done,
        /// Objects with a failed record, or that could not be read to their end.
        failed,
        /// Objects given up without fault of their own.
        cancelled,
        /// Objects acknowledged without being read, by a route that skips.
        skipped,
    }
}

counters! {
    /// Requests to the queue.
    QueueStats / QueueCounters "s3_sqs_queue_" {
        /// Receive requests answered.
        receives,
        /// Receive requests that brought nothing.
        empty_receives,
        /// Leases extended.
        extensions,
        /// Requests, or entries of batch requests, that failed or were not answered.
        failed_requests,
    }
}

counters! {
    /// Outages of buckets, of the queue, and of what processors depend on. Those that last are
    /// shown by [`Handle::outages`](crate::Handle::outages).
    OutageStats / OutageCounters "s3_sqs_outages_" {
        /// Outages declared.
        declared,
        /// Outages that are over.
        over,
        /// Tries that failed while outages lasted; counted when these are over.
        trials,
    }
}

/// What a pipeline did so far, as [`Handle::stats`](crate::Handle::stats) and
/// [`Pipeline::run`](crate::Pipeline::run) give it.
///
/// The same numbers are exported through the `metrics` facade as counters:
/// `s3_sqs_messages_deleted_total`, `s3_sqs_processor_records_failed_total` (with the label
/// `processor`), `s3_sqs_route_objects_done_total` (with the label `route`) and so on, beside
/// gauges and histograms: `docs/measured/metrics.md` of the repository has all of them. All have
/// the label `queue`, its account and name (`123456789012/orders`): two pipelines of a process do
/// not merge.
/// Install the recorder before the pipeline is built.
///
/// Counters count what the service confirmed.
///
/// It serializes (to JSON, say) with the names of its fields.
///
/// ```
/// # let stats = s3_sqs_processor::Stats::default();
/// let json = serde_json::to_value(&stats)?;
/// assert_eq!(json["messages"]["deleted"], 0);
/// # Ok::<_, serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Stats {
    /// What became of messages.
    pub messages: MessageStats,
    /// What became of objects.
    pub objects: ObjectStats,
    /// What each processor did, by its name.
    pub processors: BTreeMap<String, ProcessorStats>,
    /// What became of each route's objects, by its name. Empty without routes.
    pub routes: BTreeMap<String, RouteStats>,
    /// Requests to the queue.
    pub queue: QueueStats,
    /// Outages so far.
    pub outages: OutageStats,
    /// What was remembered of objects.
    pub progress: ProgressStats,
    /// What was put aside of objects.
    pub quarantine: QuarantineStats,
    /// What became of objects that were done.
    pub finish: FinishStats,
    /// Messages held now: received, and neither deleted nor given back.
    pub held: u64,
}

/// The live counters.
#[derive(Debug)]
pub(crate) struct Counters {
    /// What all of them are labelled with: the queue's account and name.
    pub(crate) queue_name: String,
    pub(crate) messages: MessageCounters,
    pub(crate) objects: ObjectCounters,
    pub(crate) processors: Vec<(String, ProcessorCounters)>,
    pub(crate) routes: Vec<(String, RouteCounters)>,
    pub(crate) queue: QueueCounters,
    pub(crate) outages: OutageCounters,
    pub(crate) progress: ProgressCounters,
    pub(crate) quarantine: QuarantineCounters,
    pub(crate) finish: FinishCounters,
    gauges: Gauges,
    pub(crate) timing: Timing,
    pub(crate) held: AtomicU64,
    pub(crate) recent: Recent,
    /// What is counted always is logged only so often.
    pub(crate) lines: Lines,
}

impl Counters {
    /// `queue`: what all of them are labelled with, so that two pipelines of a process stay apart.
    pub(crate) fn new<'a>(
        queue: &str,
        processors: impl IntoIterator<Item = &'a str>,
        routes: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let label = |kind: &'static str, name: &str| Label::new(kind, name.to_owned());
        let all = [label("queue", queue)];
        let with = |kind, name: &str| [all[0].clone(), label(kind, name)];
        let processor =
            |name: &str| (name.to_owned(), ProcessorCounters::new(&with("processor", name)));
        let route = |name: &str| (name.to_owned(), RouteCounters::new(&with("route", name)));
        let names: Vec<_> = processors.into_iter().collect();
        let processors: Vec<_> = names.iter().copied().map(processor).collect();
        Self {
            queue_name: queue.to_owned(),
            messages: MessageCounters::new(&all),
            objects: ObjectCounters::new(&all),
            lines: Lines::new(processors.len()),
            processors,
            routes: routes.into_iter().map(route).collect(),
            queue: QueueCounters::new(&all),
            outages: OutageCounters::new(&all),
            progress: ProgressCounters::new(&all),
            quarantine: QuarantineCounters::new(&all),
            finish: FinishCounters::new(&all),
            gauges: Gauges::new(&all, &names),
            timing: Timing::new(&all, &names),
            held: AtomicU64::new(0),
            recent: Recent::default(),
        }
    }

    pub(crate) fn snapshot(&self) -> Stats {
        Stats {
            messages: self.messages.snapshot(),
            objects: self.objects.snapshot(),
            processors: self
                .processors
                .iter()
                .map(|(name, live)| (name.clone(), live.snapshot()))
                .collect(),
            routes: self
                .routes
                .iter()
                .map(|(name, live)| (name.clone(), live.snapshot()))
                .collect(),
            queue: self.queue.snapshot(),
            outages: self.outages.snapshot(),
            progress: self.progress.snapshot(),
            quarantine: self.quarantine.snapshot(),
            finish: self.finish.snapshot(),
            held: self.held.load(Relaxed),
        }
    }

    /// Tells the recorder what is new. It may wait for the recorder, so no thread calls it that
    /// anything depends on; one at a time. `is_last`: the pipeline has ended, and nothing lasts.
    pub(crate) fn export(&self, is_last: bool) {
        self.messages.export();
        self.objects.export();
        self.processors.iter().for_each(|(_, counters)| counters.export());
        self.routes.iter().for_each(|(_, counters)| counters.export());
        self.queue.export();
        self.outages.export();
        self.progress.export();
        self.quarantine.export();
        self.finish.export();
        let over = self.outages.over.get();
        let outages = self.outages.declared.get().saturating_sub(over);
        self.gauges.export(is_last, self.held.load(Relaxed), outages);
    }

    /// From here on these are asked for what there is now.
    pub(crate) fn watch(&self, levels: impl Fn() -> Levels + Send + Sync + 'static) {
        self.gauges.watch(levels);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use metrics::{
        CounterFn, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
    };
    use std::sync::{Arc, Mutex};

    /// What was exported, by name and label.
    #[derive(Default)]
    struct Exported(Arc<Mutex<BTreeMap<String, u64>>>);

    struct One(String, Arc<Mutex<BTreeMap<String, u64>>>);

    impl CounterFn for One {
        fn increment(&self, value: u64) {
            *self.1.lock().expect("no panic").entry(self.0.clone()).or_default() += value;
        }

        fn absolute(&self, _: u64) {}
    }

    impl Recorder for Exported {
        fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

        fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> metrics::Counter {
            let labels: String =
                key.labels().map(|label| format!(" {}={}", label.key(), label.value())).collect();
            metrics::Counter::from_arc(Arc::new(One(
                format!("{}{labels}", key.name()),
                Arc::clone(&self.0),
            )))
        }

        fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
            Gauge::noop()
        }

        fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
            Histogram::noop()
        }
    }

    #[test]
    fn trap_88_counters_are_exported_under_the_names_that_dashboards_use_and_by_queue() {
        let exported = Exported::default();
        let counters = metrics::with_local_recorder(&exported, || {
            Counters::new("1/orders", ["audit"], ["trail"])
        });
        let other =
            metrics::with_local_recorder(&exported, || Counters::new("1/logs", ["audit"], []));
        other.messages.deleted.add(2);
        other.export(true);
        counters.messages.deleted.add(3);
        counters.objects.bytes_read.add(40);
        counters.processors[0].1.failed.add(1);
        counters.routes[0].1.done.add(2);
        counters.queue.receives.add(0);
        counters.export(false);
        counters.export(true);
        let exported = exported.0.lock().expect("no panic").clone();
        let expected = [
            ("s3_sqs_messages_deleted_total queue=1/logs", 2),
            ("s3_sqs_messages_deleted_total queue=1/orders", 3),
            ("s3_sqs_objects_read_bytes_total queue=1/orders", 40),
            ("s3_sqs_processor_records_failed_total queue=1/orders processor=audit", 1),
            ("s3_sqs_route_objects_done_total queue=1/orders route=trail", 2),
        ];
        assert_eq!(exported, expected.map(|(name, count)| (name.to_owned(), count)).into());
        assert_eq!(counters.snapshot().processors["audit"].failed, 1);
    }
}
