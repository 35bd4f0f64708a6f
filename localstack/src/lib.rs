//! Local AWS for the demo and the tests: one [`Backend`], whichever server is behind it.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use local_aws::{Backend, BackendKind};
//!
//! let backend = Backend::start(BackendKind::Embedded).await?;
//! let config = backend.sdk_config().await;
//! Backend::sqs(&config).create_queue().queue_name("orders").send().await?;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

mod backend;
mod embedded;
mod error;
mod localstack;
mod ministack;
mod postgres;
mod server;

pub use backend::{Backend, BackendKind, ParseBackendKindError};
pub use embedded::{
    Embedded, Fault, FaultHits, FaultPlan, MessageSnapshot, MessageState, QueueSnapshot,
    RequestStats, StaleDeletes, filter_matches,
};
pub use error::{BackendError, BackendErrorKind};
pub use postgres::postgres;
