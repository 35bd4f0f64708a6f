//! Processes every record of every S3 object announced on an SQS queue.
mod aws;
mod builder;
mod config;
mod decode;
mod error;
mod handle;
mod ledger;
mod notification;
mod pipeline;
mod port;
mod process;
#[cfg(feature = "provision")]
pub mod provision;
mod record;
mod runtime;
mod stats;
#[cfg(any(test, feature = "test-util"))]
mod testing;
mod tracking;

pub use builder::Builder;
pub use config::{Lease, Limits, ProcessorOptions};
pub use decode::{Framing, ParseFramingError};
pub use error::{BuildError, BuildErrorKind, ProcessError, RunError, RunErrorKind};
pub use handle::{Handle, State};
pub use pipeline::Pipeline;
pub use process::{Context, FromFn, RecordProcessor, from_fn};
pub use record::{ObjectRef, OwnedRecord, ParseRecordIdError, Record, RecordId};
pub use stats::{MessageStats, ObjectStats, ProcessorStats, QueueStats, Stats};
