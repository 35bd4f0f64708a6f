//! Why a scan ends before the bytes do.

use crate::error::{DecodeErrorKind, Detail};

/// Why a scanning function returns before the bytes are used up.
pub(super) enum Stop {
    /// Behind a value that the sink refused.
    Refused(usize),
    /// Bytes that are no JSON.
    Unframed(DecodeErrorKind, Detail),
}
