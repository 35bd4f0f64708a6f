//! Settings: plain values, each with its meaning, unit, default and bounds.
//!
//! [`Builder::build`](crate::Builder::build) is where they are checked.

mod lease;
mod limits;
mod options;
mod retry;
mod trust;

pub use lease::Lease;
pub(crate) use lease::{MAX_TOTAL, check_timeout};
pub use limits::Limits;
pub use options::{BatchOptions, DeferredOptions, ProcessorOptions};
pub use retry::{Redelivery, Retry};
pub(crate) use trust::{Trust, may_name_a_bucket};
