use crate::{
    Context, ProcessError, Record, RecordProcessor,
    testing::{Event, Trace},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::sleep;

/// What a probe does with a record.
#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
    Done,
    Fail,
    RetryAfter(Duration),
    Reject,
    Panic,
    /// Done after so long.
    Take(Duration),
    /// Fails after so long.
    TakeAndFail(Duration),
    Forever,
    /// Waits until it is told that the work is pointless, and gives up.
    UntilCancelled,
}

/// A record as a probe got it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) processor: String,
    pub(super) key: String,
    pub(super) index: u64,
    pub(super) payload: String,
    pub(super) receive_count: u32,
}

/// What all probes of a run saw.
#[derive(Debug, Clone, Default)]
pub(super) struct Log(Arc<Mutex<Entries>>);

#[derive(Debug, Default)]
struct Entries {
    seen: Vec<Seen>,
    done: Vec<Seen>,
    cancelled: usize,
    running: BTreeMap<String, usize>,
    most_running: BTreeMap<String, usize>,
}

/// A processor that does what it is told, and writes down what it got.
pub(super) struct Probe<F> {
    name: String,
    act: F,
    log: Log,
    trace: Trace,
}

impl Log {
    /// Every record that was handed over, in that order.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.entries().seen.clone()
    }

    /// Every record that was settled as done.
    pub(super) fn done(&self) -> Vec<Seen> {
        self.entries().done.clone()
    }

    /// How many were told that their work is pointless.
    pub(super) fn cancelled(&self) -> usize {
        self.entries().cancelled
    }

    /// How many are worked on now.
    pub(super) fn running(&self) -> usize {
        self.entries().running.values().sum()
    }

    /// How many records a processor worked on at once, at the most.
    pub(super) fn most_running(&self, processor: &str) -> usize {
        self.entries().most_running.get(processor).copied().unwrap_or_default()
    }

    /// Records that were handed to a processor that is no probe.
    pub(super) fn note(&self, processor: &str, records: &[Record<'_>]) {
        let seen = records.iter().map(|record| Seen {
            processor: processor.into(),
            key: record.object().key().into(),
            index: record.index(),
            payload: String::from_utf8_lossy(record.payload()).into_owned(),
            receive_count: 0,
        });
        self.entries().seen.extend(seen);
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, seen: Seen, trace: &Trace) -> Running {
        let mut entries = self.entries();
        entries.seen.push(seen.clone());
        let running = entries.running.entry(seen.processor.clone()).or_default();
        *running += 1;
        let running = *running;
        let most = entries.most_running.entry(seen.processor.clone()).or_default();
        *most = running.max(*most);
        let (processor, object, index) = (seen.processor.clone(), seen.key.clone(), seen.index);
        trace.note(Event::Began { processor, object, index });
        Running { log: self.clone(), trace: trace.clone(), seen, ok: false }
    }
}

/// A record being worked on; dropped, that has ended, however it did.
struct Running {
    log: Log,
    trace: Trace,
    seen: Seen,
    ok: bool,
}

impl Drop for Running {
    fn drop(&mut self) {
        let Seen { processor, key, index, .. } = &self.seen;
        self.trace.note(Event::Settled {
            processor: processor.clone(),
            object: key.clone(),
            index: *index,
            ok: self.ok,
        });
        let mut entries = self.log.entries();
        *entries.running.get_mut(processor).expect("it began") -= 1;
        if self.ok {
            entries.done.push(self.seen.clone());
        }
    }
}

impl<F: Fn(&Seen) -> Act + Send + Sync + 'static> Probe<F> {
    pub(super) fn new(name: &str, act: F, log: Log, trace: Trace) -> Self {
        Self { name: name.into(), act, log, trace }
    }
}

impl<F: Fn(&Seen) -> Act + Send + Sync + 'static> RecordProcessor for Probe<F> {
    async fn process(&self, record: Record<'_>, cx: &Context) -> Result<(), ProcessError> {
        let seen = Seen {
            processor: self.name.clone(),
            key: record.object().key().into(),
            index: record.index(),
            payload: String::from_utf8_lossy(record.payload()).into_owned(),
            receive_count: cx.receive_count(),
        };
        let mut running = self.log.begin(seen, &self.trace);
        let result = match (self.act)(&running.seen) {
            Act::Done => Ok(()),
            Act::Fail => Err(ProcessError::retry("told to fail")),
            Act::RetryAfter(delay) => {
                Err(ProcessError::retry_after(delay, "told to fail for a while"))
            }
            Act::Reject => Err(ProcessError::reject("told to reject")),
            // Without the hook's noise.
            Act::Panic => std::panic::resume_unwind(Box::new("told to panic".to_owned())),
            Act::Take(time) => {
                sleep(time).await;
                Ok(())
            }
            Act::TakeAndFail(time) => {
                sleep(time).await;
                Err(ProcessError::retry("told to fail in the end"))
            }
            Act::Forever => std::future::pending().await,
            Act::UntilCancelled => {
                cx.cancelled().await;
                self.log.entries().cancelled += 1;
                Err(ProcessError::retry("cancelled"))
            }
        };
        running.ok = result.is_ok();
        result
    }
}
