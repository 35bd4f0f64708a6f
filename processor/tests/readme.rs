//! The README shows the starter program as it is.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{fs, path::Path};

#[test]
fn the_readme_shows_the_starter_program_word_for_word() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let starter = fs::read_to_string(root.join("examples/src/bin/starter.rs")).unwrap();
    assert!(
        readme.contains(starter.trim_end()),
        "copy examples/src/bin/starter.rs into the README"
    );
}
