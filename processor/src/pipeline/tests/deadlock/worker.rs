use super::{
    SECOND,
    combination::{Manner, Processor},
};
use crate::{
    Ack, BatchError, BatchProcessor, Context, DeferredProcessor, ProcessError, Record,
    RecordProcessor,
    testing::{Event, Random, Trace},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::time::sleep;

/// How much a processor had to do at once, at the most.
#[derive(Debug, Clone, Default)]
pub(super) struct Gauge(Arc<(AtomicUsize, AtomicUsize)>);

impl Gauge {
    pub(super) fn most(&self) -> usize {
        self.0.1.load(Ordering::Relaxed)
    }

    fn enter(&self) -> Inside {
        let now = self.0.0.fetch_add(1, Ordering::Relaxed) + 1;
        self.0.1.fetch_max(now, Ordering::Relaxed);
        Inside(self.clone())
    }
}

struct Inside(Gauge);

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A processor of any kind that behaves as its manner says: the same for the same record and try.
pub(super) struct Worker {
    name: String,
    manner: Manner,
    trace: Trace,
    pub(super) gauge: Gauge,
}

/// What is done with one record or batch.
struct Fate {
    after: Option<Duration>,
    end: End,
}

#[derive(Clone, Copy, PartialEq)]
enum End {
    Done,
    Fail,
    Later(Duration),
    Reject,
    Panic,
}

impl Worker {
    pub(super) fn new(processor: &Processor, trace: Trace) -> Self {
        Self {
            name: processor.name.clone(),
            manner: processor.manner.clone(),
            trace,
            gauge: Gauge::default(),
        }
    }

    fn fate(&self, record: &Record<'_>, cx: &Context) -> Fate {
        let text = format!(
            "{}/{}/{}/{}",
            record.object().key(),
            record.index(),
            cx.receive_count(),
            cx.attempt()
        );
        let mix = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let random = &mut Random::new(text.bytes().fold(self.manner.seed, mix));
        let Manner { slow, slowness, fail, panic, later, reject, .. } = self.manner;
        let after = random.chance(slow).then(|| random.duration(slowness));
        let end = match () {
            () if random.chance(panic) => End::Panic,
            () if random.chance(fail) => End::Fail,
            () if random.chance(later) => End::Later(random.duration(60 * SECOND)),
            () if random.chance(reject) => End::Reject,
            () => End::Done,
        };
        Fate { after, end }
    }

    fn note(&self, key: &str, index: u64, ok: bool) {
        let (processor, object) = (self.name.clone(), key.to_owned());
        self.trace.note(Event::Settled { processor, object, index, ok });
    }
}

impl End {
    fn result(self) -> Result<(), ProcessError> {
        match self {
            Self::Done => Ok(()),
            Self::Fail => Err(ProcessError::retry("told to fail")),
            Self::Later(delay) => Err(ProcessError::retry_after(delay, "told to wait")),
            Self::Reject => Err(ProcessError::reject("told to reject")),
            Self::Panic => std::panic::resume_unwind(Box::new("told to panic".to_owned())),
        }
    }
}

async fn pause(after: Option<Duration>) {
    if let Some(after) = after {
        sleep(after).await;
    }
}

impl RecordProcessor for Worker {
    async fn process(&self, record: Record<'_>, cx: &Context) -> Result<(), ProcessError> {
        let _inside = self.gauge.enter();
        let Fate { after, end } = self.fate(&record, cx);
        pause(after).await;
        self.note(record.object().key(), record.index(), end == End::Done);
        end.result()
    }
}

impl BatchProcessor for Worker {
    async fn process_batch(&self, records: &[Record<'_>], cx: &Context) -> Result<(), BatchError> {
        let _inside = self.gauge.enter();
        let fates: Vec<_> = records.iter().map(|record| self.fate(record, cx)).collect();
        pause(fates.iter().filter_map(|fate| fate.after).max()).await;
        if fates.iter().any(|fate| fate.end == End::Panic) {
            End::Panic.result()?;
        }
        for (record, fate) in records.iter().zip(&fates) {
            self.note(record.object().key(), record.index(), fate.end == End::Done);
        }
        BatchError::of(
            fates.iter().enumerate().filter_map(|(at, fate)| Some((at, fate.end.result().err()?))),
        )
    }
}

impl DeferredProcessor for Worker {
    async fn accept(&self, record: Record<'_>, cx: &Context, ack: Ack) {
        let inside = self.gauge.enter();
        let Fate { after, end } = self.fate(&record, cx);
        if end == End::Panic {
            let _ = end.result();
        }
        self.note(record.object().key(), record.index(), end == End::Done);
        // Rejected ones are simply dropped; some are settled here, the others from elsewhere.
        match after {
            _ if end == End::Reject => drop(ack),
            None => ack.settle_with(end.result()),
            Some(after) => {
                tokio::spawn(async move {
                    sleep(after).await;
                    drop(inside);
                    ack.settle_with(end.result());
                });
            }
        }
    }
}
