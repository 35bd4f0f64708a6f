//! The user's side: the traits to implement, and what they are told.

mod ack;
mod batch_processor;
mod boxed;
mod context;
mod deferred_processor;
mod from_fn;
mod record_processor;

pub use ack::Ack;
pub(crate) use ack::AckSink;
pub use batch_processor::BatchProcessor;
pub use boxed::{BoxedBatchProcessor, BoxedProcessor};
pub use context::Context;
pub use deferred_processor::DeferredProcessor;
pub use from_fn::{FromBatchFn, FromFn, from_batch_fn, from_fn};
pub use record_processor::RecordProcessor;
