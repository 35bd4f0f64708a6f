//! Lines about objects that are cleaned up.

use crate::{
    record::ObjectRef,
    stats::{Counters, LineLimit, Pass},
};
use tracing::{debug, warn};

pub(crate) fn deleted(counters: &Counters, message_id: &str, object: &ObjectRef) {
    counters.finish.deleted.add(1);
    debug!(message_id, %object, "the object is done, and deleted");
}

pub(crate) fn tagged(counters: &Counters, message_id: &str, object: &ObjectRef) {
    counters.finish.tagged.add(1);
    debug!(message_id, %object, "the object is done, and tagged");
}

pub(crate) fn kept(counters: &Counters, message_id: &str, object: &ObjectRef, why: &str) {
    counters.finish.kept.add(1);
    limited!(
        counters.lines.object_kept,
        warn,
        message_id,
        %object,
        why,
        "the object is done, and kept as it is: it could not be deleted or tagged"
    );
}

/// An object is not there, and counts as done.
pub(crate) fn missing(counters: &Counters, message_id: &str, object: &dyn std::fmt::Display) {
    counters.objects.missing.add(1);
    debug!(message_id, %object, "the object is not there any more, and counts as done");
}
