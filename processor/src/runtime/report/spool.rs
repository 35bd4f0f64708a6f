//! Lines about objects that are downloaded to a disk first.

use crate::stats::Counters;
use std::{fmt, path::Path};
use tracing::debug;

/// An object is on the disk, and can be read to its end.
pub(crate) fn spooled(counters: &Counters, message_id: &str, object: &dyn fmt::Display) {
    counters.objects.spooled.add(1);
    debug!(message_id, %object, "the object is on the disk, and whole");
}

pub(crate) fn waits(message_id: &str, object: &dyn fmt::Display, dir: &Path, bytes: u64) {
    let dir = dir.display();
    debug!(message_id, %object, %dir, bytes, "the object waits for room in the spool");
}
