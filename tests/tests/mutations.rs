//! The list of faults stays in step with the sources. Running them is
//! `cargo run -p integration-tests --bin mutants`.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use integration_tests::mutation::ALL;
use std::{collections::BTreeSet, path::Path};

#[test]
fn every_fault_still_finds_its_place() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let lost = ALL.iter().filter_map(|mutation| mutation.apply(root).err());
    let lost: Vec<_> = lost.map(|error| error.to_string()).collect();
    assert_eq!(lost, [""; 0]);
}

#[test]
fn every_fault_has_a_name_of_its_own() {
    let names: BTreeSet<_> = ALL.iter().map(|mutation| mutation.name).collect();
    assert_eq!(names.len(), ALL.len());
}
