//! The README shows its programs as they are, and the page of dependencies misses none.
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

#[test]
fn every_direct_dependency_is_in_the_table() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("../docs/measured/dependencies.md")).unwrap();
    for manifest in ["Cargo.toml", "decode/Cargo.toml"] {
        let text = fs::read_to_string(root.join(manifest)).unwrap();
        let section = text.split_once("\n[dependencies]\n").unwrap().1;
        let section = section.split_once("\n[").unwrap().0;
        let names = section.lines().filter_map(|line| line.split(['.', ' ']).next());
        let names: Vec<_> = names.filter(|name| !name.is_empty()).collect();
        assert!(names.len() > 10, "{manifest}: {names:?}");
        for name in names.into_iter().filter(|name| *name != "s3-sqs-decode") {
            assert!(page.contains(&format!("`{name}`")), "docs/measured/dependencies.md: {name}");
        }
    }
}
