//! Lines about what is remembered of objects. Whatever goes wrong with that costs work, and no
//! record.

use crate::{
    progress::Identity,
    record::Shown,
    stats::{Counters, LineLimit, Pass},
};
use std::fmt;
use tracing::{debug, warn};

struct Object<'a>(&'a Identity);

impl fmt::Display for Object<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", Shown(&self.0.bucket), Shown(&self.0.key))
    }
}

pub(crate) fn loaded(counters: &Counters, of: &Identity, verdicts: u64) {
    counters.progress.loaded.add(1);
    let (message_id, object) = (&of.message_id, Object(of));
    debug!(message_id, %object, verdicts, "progress loaded: what was settled is not done again");
}

pub(crate) fn saved(counters: &Counters, of: &Identity, verdicts: u64) {
    counters.progress.saved.add(1);
    let (message_id, object) = (&of.message_id, Object(of));
    debug!(message_id, %object, verdicts, "progress saved");
}

/// `what` was not done with it.
pub(crate) fn failed(counters: &Counters, what: &str, of: &Identity, error: &dyn fmt::Display) {
    counters.progress.failed.add(1);
    let (message_id, object) = (&of.message_id, Object(of));
    limited!(
        counters.lines.progress_failed,
        warn,
        message_id,
        %object,
        %error,
        "progress could not be {what}; nothing is lost, but records may be done again"
    );
}

pub(crate) fn unusable(counters: &Counters, of: &Identity, why: &dyn fmt::Display) {
    counters.progress.dropped.add(1);
    let (message_id, object) = (&of.message_id, Object(of));
    limited!(
        counters.lines.progress_failed,
        warn,
        message_id,
        %object,
        %why,
        "the progress that was loaded cannot be used; all records are done again"
    );
}
