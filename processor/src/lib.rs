//! Processes every record of every S3 object announced on an SQS queue, and deletes a message only
//! when all of its records succeeded.
//!
//! Producers write to Kinesis Data Firehose, Firehose writes batched files to S3, S3 announces each
//! file to an SNS topic, and every service that wants the data has its own SQS queue on that topic.
//! This crate is embedded in such a service. You implement [`RecordProcessor`]; it does the rest:
//!
//! - it receives notifications by long polls and understands each envelope they come in (S3 to SQS,
//!   SNS, SNS with raw delivery, EventBridge), without configuration;
//! - it streams each object, decompresses it (gzip is known by its first bytes) and splits it into
//!   records, also where JSON values follow each other with no delimiter, as Firehose writes them;
//!   other formats and compressions can be [added](decode::Decoder);
//! - it gives each record to each of your processors, hundreds at a time, and keeps account of
//!   every verdict;
//! - it keeps extending the message's visibility timeout while work goes on, from a thread that
//!   your work cannot block;
//! - it deletes the message when every record was done by every processor. If one failed, the
//!   message comes back after its visibility timeout and is tried again, until the queue's redrive
//!   policy moves it to the dead-letter queue.
//!
//! # Start
//!
//! ```no_run
//! use s3_sqs_processor::{Context, Pipeline, ProcessError, Record, RecordProcessor, stop_signal};
//!
//! struct Audit;
//!
//! impl RecordProcessor for Audit {
//!     async fn process(&self, record: Record<'_>, _cx: &Context) -> Result<(), ProcessError> {
//!         let event: serde_json::Value = record.json()?;
//!         // Store it under `record.id()`, which is the same at every delivery; then:
//!         println!("{} {}", record.id(), event["type"]);
//!         Ok(())
//!     }
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let pipeline = Pipeline::builder()
//!         .queue_url(std::env::var("QUEUE_URL")?)
//!         .processor("audit", Audit)
//!         .build()?;
//!     let stats = pipeline.run_until(stop_signal()).await?;
//!     println!("{} messages deleted", stats.messages.deleted);
//!     Ok(())
//! }
//! ```
//!
//! AWS settings come from the usual environment and profiles; `AWS_ENDPOINT_URL` points it to an
//! emulator.
//!
//! # What is guaranteed
//!
//! - **At least once.** A record is lost neither by a failure, a panic, a time-out, a broken
//!   connection, a truncated or corrupt file, nor by killing the process at any moment: whatever is
//!   not known to be done leaves the message where it was.
//! - **Never deleted early.** A message is deleted only after every object in it was read to its
//!   end, was found whole (length, gzip checksums, and the checksum S3 holds of the object), and
//!   every record was settled `Ok` by every processor.
//! - **What can repeat.** After a failed record, all records of its message come again, those that
//!   were done as well; after a crash, those of all messages held; and SQS itself may deliver a
//!   message twice. So be idempotent by [`Record::id`], which does not change.
//!   [`Builder::progress`] remembers what was settled, and then only the rest comes again.
//! - **What is not promised.** No order across records, objects or messages.
//!
//! # Which files
//!
//! By default every object is JSON values in any arrangement, gzip or plain, for every processor.
//! [`Builder::decoder`] says otherwise for all objects; [`Route`]s send some of them to another
//! decoder, to some of the processors, or nowhere, by bucket, key and size; a [`Preset`] knows what
//! an AWS service writes. The formats, and what fails each, are in `docs/formats.md` of the
//! repository.
//!
//! # When a record fails
//!
//! Return an error (any error will do, with `?`). The other records of the file go on. When the
//! rest of the message is done, it is released with the queue's own visibility timeout as delay,
//! and comes back as a whole. Give the queue a redrive policy: without one, a record that can never
//! succeed circles until the message's retention ends (this is warned about at start). See
//! [`ProcessError`] for finer verdicts. With [`Builder::quarantine`] a record that always fails is
//! put aside by itself, and its message goes on without it.
//!
//! # Stopping
//!
//! [`Pipeline::run_until`] drains when its signal completes: it stops receiving, finishes what
//! runs, hands back at once what was not begun, and after [`drain_timeout`](Builder::drain_timeout)
//! gives up and hands back the rest. Leases are kept and messages deleted to the end. Dropping the
//! future loses nothing either.
//!
//! # Permissions
//!
//! On the queue `sqs:ReceiveMessage`, `sqs:DeleteMessage`, `sqs:ChangeMessageVisibility` and
//! `sqs:GetQueueAttributes`; on the bucket's objects `s3:GetObject` (and `s3:GetObjectVersion`
//! where it is versioned), and `s3:ListBucket` on the bucket, without which S3 answers 403 instead
//! of 404 for a missing object.
//!
//! # Features
//!
//! - `gzip` (on): undoes gzip. Without it an object that is compressed so fails.
//! - `zstd` (off): undoes zstd, likewise.
//! - `snappy` (off): undoes Snappy.
//! - `utf16` (off): reads text in UTF-16 as UTF-8, likewise.
//! - `csv`, `cloudwatch-logs`, `firehose-errors` (off): decoders of these names.
//! - `dynamodb` (off): `DynamoDbProgress` keeps [progress](Builder::progress) in a table.
//! - `provision` (off): the module `provision` creates bucket, topic, queues, dead-letter queues,
//!   policies and the notification between them.
//! - `opentelemetry` (off): a message's span goes on with the trace of its sender, and has the
//!   names of OpenTelemetry's conventions.
//! - `test-util` (off): the module `testing` runs your processors in the real pipeline, in memory
//!   and in virtual time.
//!
//! # How it works
//!
//! A control thread with a runtime, an HTTP client and a credentials cache of its own does
//! everything that talks to SQS. A pure state machine decides, per message, between extending,
//! releasing and deleting, with at most one request in flight. Your Tokio runtime reads objects; a
//! few of its threads decompress and split them; your processors run in one task per parcel
//! of records and processor, polled in place, without allocation for records that are ready at
//! once.

#[cfg(feature = "__private")]
#[doc(hidden)]
pub mod __private;
mod aws;
mod breaker;
mod builder;
mod config;
mod error;
mod handle;
mod job;
mod lane;
mod ledger;
mod notification;
mod object;
mod pipeline;
mod port;
mod process;
mod progress;
#[cfg(feature = "provision")]
pub mod provision;
mod quarantine;
mod record;
mod route;
mod runtime;
mod source;
mod stats;
mod status;
mod stop_signal;
#[cfg(any(test, feature = "test-util"))]
pub mod testing;
mod tracking;

#[cfg(feature = "dynamodb")]
pub use aws::DynamoDbProgress;
pub use aws::{QuarantineFile, S3Progress, S3Quarantine};
pub use breaker::{Outage, OutageClass, OutageOf};
pub use builder::Builder;
pub use config::{
    BatchOptions, DeferredOptions, Finish, Lease, Limits, Missing, ProcessorOptions, Redelivery,
    Retry, Settings, Spool,
};
pub use error::{
    BatchError, BuildError, BuildErrorKind, ProcessError, ResultExt, RunError, RunErrorKind,
};
pub use handle::{Handle, State};
pub use notification::{AnnouncedObject, NotificationParser};
pub use object::InFlight;
pub use pipeline::Pipeline;
pub use port::{
    MemoryProgress, MemoryQuarantine, ProgressError, ProgressStore, ProgressTag, QuarantineStore,
};
pub use process::{
    Ack, BatchProcessor, BoxedBatchProcessor, BoxedProcessor, Context, DeferredProcessor,
    FromBatchFn, FromFn, RecordProcessor, from_batch_fn, from_fn,
};
pub use quarantine::{QuarantinedRecord, Replay};
pub use record::{
    JsonError, Message, ObjectRef, OwnedRecord, ParseRecordIdError, Record, RecordId,
};
pub use route::{Preset, Route, Unmatched};
/// How objects become records: decoders and codecs, to use and to write your own.
pub use s3_sqs_decode as decode;
pub use s3_sqs_decode::{Decoder, Format, ParseFormatError};
pub use stats::{
    FinishStats, MessageStats, ObjectStats, OutageStats, ProcessorStats, ProgressStats,
    QuarantineStats, QueueStats, RecentFailure, RouteStats, Stats,
};
pub use status::{STATUS_PAGE, Status};
pub use stop_signal::stop_signal;

/// The README's code is compiled with the documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// The code of `docs/recipes.md` is compiled.
#[cfg(doctest)]
#[doc = include_str!("../../docs/recipes.md")]
struct Recipes;
