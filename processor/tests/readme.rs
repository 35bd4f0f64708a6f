//! The README shows the starter program as it is.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{fs, path::Path};

#[test]
fn the_readme_shows_its_programs_word_for_word() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let code = |name: &str| fs::read_to_string(root.join("examples/src").join(name)).unwrap();
    let starter = code("bin/starter.rs");
    assert!(
        readme.contains(starter.trim_end()),
        "copy examples/src/bin/starter.rs into the README"
    );
    let first = code("first.rs");
    let (_head, first) = first.split_once("\n\n").unwrap();
    assert!(readme.contains(first.trim_end()), "copy examples/src/first.rs into the README");
}
