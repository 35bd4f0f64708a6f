//! The user's side: the traits to implement, and what they are told.

mod context;
mod from_fn;
mod record_processor;

pub use context::Context;
pub use from_fn::{FromFn, from_fn};
pub use record_processor::RecordProcessor;
