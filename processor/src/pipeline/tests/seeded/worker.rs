//! Processors of all three kinds that behave as the scenario says.

mod act;
mod gauge;

use super::{
    judge::{Doing, Judge},
    table::Fault,
};
use crate::{
    Ack, BatchError, BatchProcessor, Context, DeferredProcessor, ProcessError, Record,
    RecordProcessor, lane::GRACE, testing::Trace,
};
pub(super) use act::{Act, End, Manner};
use gauge::Gauge;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::time::{Instant, advance, sleep, sleep_until};

/// A processor of any kind.
pub(super) struct Worker {
    pub(super) manner: Manner,
    pub(super) role: usize,
    pub(super) judge: Judge,
    pub(super) trace: Trace,
    pub(super) gauge: Gauge,
    /// Tasks that will still give a verdict.
    pub(super) settling: Arc<AtomicUsize>,
    /// Which run it works in.
    pub(super) run: usize,
}

impl Worker {
    pub(super) fn new(
        manner: Manner,
        role: usize,
        most: usize,
        judge: &Judge,
        trace: &Trace,
        settling: &Arc<AtomicUsize>,
    ) -> Self {
        let (judge, trace, settling) = (judge.clone(), trace.clone(), Arc::clone(settling));
        Self {
            manner,
            role,
            run: judge.run(),
            gauge: Gauge::new(most, &judge),
            judge,
            trace,
            settling,
        }
    }

    fn begin(&self, record: &Record<'_>, cx: &Context) -> (Doing, Act) {
        let doing = self.judge.began(&self.trace, self.run, self.role, record, cx);
        let act = self.manner.act(record, self.judge.readings(record.object().key()), cx.attempt());
        (doing, act)
    }

    /// The thread does nothing else for so long, and neither does anybody.
    async fn block(&self, doing: &Doing, act: &Act) {
        doing.strikes(Fault::Blocks);
        self.judge.jump();
        advance(act.takes).await;
        self.judge.calm(&self.trace);
    }

    /// Everything that comes before the verdict.
    async fn work(&self, doing: &Doing, act: &Act) {
        match act.end {
            End::Block => self.block(doing, act).await,
            End::Hang => {
                doing.strikes(Fault::Hangs);
                sleep(act.takes).await;
            }
            _ if act.takes.is_zero() => {}
            _ => sleep(act.takes).await,
        }
    }
}

impl RecordProcessor for Worker {
    async fn process(&self, record: Record<'_>, cx: &Context) -> Result<(), ProcessError> {
        let _inside = self.gauge.enter();
        let (mut doing, act) = self.begin(&record, cx);
        self.work(&doing, &act).await;
        let result = act.end.result(&doing);
        doing.ok = result.is_ok();
        result
    }
}

impl BatchProcessor for Worker {
    async fn process_batch(&self, records: &[Record<'_>], cx: &Context) -> Result<(), BatchError> {
        let _inside = self.gauge.enter();
        let mut all: Vec<_> = records.iter().map(|record| self.begin(record, cx)).collect();
        // What holds one up holds all of them up.
        let Some(longest) = all.iter().map(|(_, act)| act.clone()).max_by_key(|act| act.takes)
        else {
            return Ok(());
        };
        // But only what fails by itself fails in the end.
        let guilty = |end| all.iter().filter(move |(_, act)| act.end == end);
        guilty(End::Hang).for_each(|(doing, _)| doing.strikes(Fault::Hangs));
        if let Some((doing, act)) = all.iter().find(|(_, act)| act.end == End::Block) {
            self.block(doing, act).await;
        } else if !longest.takes.is_zero() {
            sleep(longest.takes).await;
        }
        guilty(End::Panic).for_each(|(doing, _)| doing.strikes(Fault::Panics));
        if guilty(End::Panic).next().is_some() {
            End::panic();
        }
        let mut failed = Vec::new();
        for (at, (doing, act)) in all.iter_mut().enumerate() {
            match act.end.result(doing) {
                Ok(()) => doing.ok = true,
                Err(error) => failed.push((at, error)),
            }
        }
        BatchError::of(failed)
    }
}

impl DeferredProcessor for Worker {
    async fn accept(&self, record: Record<'_>, cx: &Context, ack: Ack) {
        let inside = self.gauge.enter();
        let (mut doing, act) = self.begin(&record, cx);
        if matches!(act.end, End::Hang | End::Block) || act.at_once || act.takes.is_zero() {
            self.work(&doing, &act).await;
            return settle(doing, ack, &act);
        }
        if act.end == End::Panic {
            doing.strikes(Fault::Panics);
            End::panic();
        }
        doing.is_deferred();
        self.settling.fetch_add(1, Ordering::Relaxed);
        let settling = Settling(Arc::clone(&self.settling));
        let cx = cx.clone();
        tokio::spawn(async move {
            let mut inside = Some(inside);
            let at = Instant::now() + act.takes;
            tokio::select! {
                biased;
                () = sleep_until(at) => {}
                () = cx.cancelled() => {
                    doing.given_up();
                    // Just before the lane gives its permit to another.
                    let counts_until = Instant::now() + GRACE - Duration::from_millis(1);
                    sleep_until(at.min(counts_until)).await;
                    drop(inside.take());
                    sleep_until(at).await;
                }
            }
            if cx.is_cancelled() {
                doing.strikes(Fault::LateVerdict);
            }
            drop(inside);
            settle(doing, ack, &act);
            drop(settling);
        });
    }
}

struct Settling(Arc<AtomicUsize>);

impl Drop for Settling {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The record counts as worked on until its verdict is given, and no longer.
fn settle(mut doing: Doing, ack: Ack, act: &Act) {
    if act.end == End::DropAck {
        doing.strikes(Fault::DropsAck);
        drop(doing);
        return drop(ack);
    }
    let result = act.end.result(&doing);
    doing.ok = result.is_ok();
    drop(doing);
    ack.settle_with(result);
}
