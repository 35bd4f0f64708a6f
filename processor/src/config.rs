//! Settings: plain values, each with its meaning, unit, default and bounds.
//!
//! [`Builder::build`](crate::Builder::build) is where they are checked.

mod finish;
mod lease;
mod limits;
mod options;
mod queue_name;
mod retry;
mod settings;
mod spool;
mod trust;

pub(crate) use finish::FinishKind;
pub use finish::{Finish, Missing};
pub use lease::Lease;
pub(crate) use lease::{MAX_TOTAL, check_timeout};
pub use limits::Limits;
pub use options::{BatchOptions, DeferredOptions, ProcessorOptions};
pub(crate) use queue_name::queue_name;
pub use retry::{Redelivery, Retry};
pub use settings::Settings;
pub use spool::Spool;
pub(crate) use trust::{Trust, may_name_a_bucket};

/// A name of a processor or a route is part of logs and metrics.
pub(crate) const LONGEST_NAME: usize = 128;

/// Whether something may be called so.
pub(crate) fn is_a_name(name: &str) -> bool {
    (1..=LONGEST_NAME).contains(&name.len()) && !name.chars().any(char::is_control)
}
