//! Lines about records that are put aside.

use crate::{
    record::ObjectRef,
    stats::{Counters, LineLimit, Pass},
};
use tracing::{debug, warn};

/// They are stored under this name; each of the failures was of one of these processors.
pub(crate) fn put_aside(
    counters: &Counters,
    message_id: &str,
    object: &ObjectRef,
    name: &str,
    processors: impl Iterator<Item = usize>,
) {
    counters.quarantine.files.add(1);
    let mut records = 0_u64;
    for processor in processors {
        records += 1;
        counters.processors[processor].1.quarantined.add(1);
    }
    limited!(
        counters.lines.quarantined,
        warn,
        message_id,
        %object,
        records,
        file = name,
        "failed records are put aside; their message goes on without them"
    );
}

/// Beyond the guard's share.
pub(crate) fn too_many(counters: &Counters, message_id: &str, object: &ObjectRef, records: u64) {
    counters.quarantine.refused.add(1);
    limited!(
        counters.lines.not_quarantined,
        warn,
        message_id,
        %object,
        records,
        "failed records are not put aside: more than 1,000, and than 1 % of all, failed within an \
         hour, so it is probably the processor that is wrong; their messages come back"
    );
}
