//! What can go wrong, and who is told.

mod batch;
mod build;
mod process;
mod result_ext;
mod run;

pub use batch::BatchError;
pub(crate) use batch::Failures;
pub use build::{BuildError, BuildErrorKind};
pub use process::ProcessError;
pub use result_ext::ResultExt;
pub use run::{RunError, RunErrorKind};

/// A boxed cause, as errors here carry it.
pub(crate) type Cause = Box<dyn std::error::Error + Send + Sync + 'static>;
