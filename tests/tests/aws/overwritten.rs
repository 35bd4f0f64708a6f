//! An object is overwritten while it is read, in a bucket that keeps no versions.

use crate::harness::{Consumer, Gated, Setup, World, ndjson};
use local_aws::{BackendKind, Fault, FaultPlan};

const RECORDS: usize = 1_200;
const PADDING: usize = 10_000;
const WHOLE: usize = RECORDS * PADDING;
/// Behind all that is read while nothing is finished, in buffers and on the way: about 4 MiB and what sockets hold.
const CUT: u64 = 9 << 20;

/// Records that each say of which version they are.
fn version(name: &str) -> Vec<String> {
    let padding = "x".repeat(PADDING);
    (0..RECORDS).map(|index| format!(r#"{{"version":"{name}","id":{index},"padding":"{padding}"}}"#)).collect()
}
