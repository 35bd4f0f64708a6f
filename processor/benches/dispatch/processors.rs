//! Processors that do next to nothing.

use s3_sqs_processor::{Ack, Context, DeferredProcessor, ProcessError, Record, RecordProcessor};
use std::{future::poll_fn, hint::black_box, task::Poll};

/// All defaults: a time-out is configured, panics are isolated, failures tracked.
pub struct Trivial;

impl RecordProcessor for Trivial {
    async fn process(&self, record: Record<'_>, _cx: &Context) -> Result<(), ProcessError> {
        black_box(record.payload());
        Ok(())
    }
}

pub struct SettleAtOnce;

impl DeferredProcessor for SettleAtOnce {
    async fn accept(&self, record: Record<'_>, _cx: &Context, ack: Ack) {
        black_box(record.payload());
        ack.done();
    }
}

/// The same, keeping a copy of the record until then.
pub struct KeepAndSettle;

impl DeferredProcessor for KeepAndSettle {
    async fn accept(&self, record: Record<'_>, _cx: &Context, ack: Ack) {
        let record = record.to_owned();
        black_box(record.payload());
        ack.done();
    }
}

pub struct SuspendOnce;

impl RecordProcessor for SuspendOnce {
    async fn process(&self, record: Record<'_>, _cx: &Context) -> Result<(), ProcessError> {
        suspend_once().await;
        black_box(record.payload());
        Ok(())
    }
}

pub async fn suspend_once() {
    let mut suspended = false;
    poll_fn(|task| {
        if std::mem::replace(&mut suspended, true) {
            return Poll::Ready(());
        }
        task.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
