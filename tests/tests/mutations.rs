//! The list of faults stays in step with the sources. Running them is
//! `cargo run -p integration-tests --bin mutants`.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use integration_tests::mutation::{ALL, SIMULATIONS};
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

/// One that was moved would notice nothing, without a word.
#[test]
fn every_simulation_is_where_the_runner_looks_for_it() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../processor/src");
    for module in SIMULATIONS {
        let file = sources.join(module.replace("::", "/")).with_extension("rs");
        assert!(file.exists(), "{}", file.display());
    }
}
