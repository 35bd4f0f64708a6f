//! The README shows the starter program as it is.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{fs, path::Path};

#[test]
fn the_readme_shows_its_programs_word_for_word() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    for program in ["first.rs", "bin/starter.rs"] {
        let code = fs::read_to_string(root.join("examples/src").join(program)).unwrap();
        assert!(readme.contains(code.trim_end()), "copy examples/src/{program} into the README");
    }
}
