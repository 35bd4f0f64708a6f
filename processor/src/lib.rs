//! s3-sqs-processor
mod aws;
mod config;
mod error;
mod ledger;
mod port;
mod process;
mod record;
mod stats;
mod tracking;
pub use config::{Lease, Limits, ProcessorOptions};
pub use error::{BuildError, BuildErrorKind, ProcessError, RunError, RunErrorKind};
pub use process::{Context, FromFn, RecordProcessor, from_fn};
pub use record::{ObjectRef, OwnedRecord, ParseRecordIdError, Record, RecordId};
pub use stats::{MessageStats, ObjectStats, ProcessorStats, QueueStats, Stats};
