//! `docs/traps.md` says which tests name each trap: it stays in step with their names.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// How many tests of each layer or suite name a trap.
type Named = BTreeMap<String, usize>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every Rust source below this folder.
fn sources(below: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

/// The layer of the library, the crate that decodes, or the suite on servers; other packages by
/// their names.
fn layer(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(|part| part.to_str().unwrap()).collect();
    match parts[..] {
        ["processor", "src", layer, ..] => layer.trim_end_matches(".rs").to_owned(),
        ["processor", "decode", ..] => "decode".to_owned(),
        ["tests", "tests", "aws", ..] => "LocalStack".to_owned(),
        [package, ..] => package.to_owned(),
        [] => unreachable!("a source has a path"),
    }
}

/// The numbers of the traps that tests in this text name.
fn traps(text: &str) -> impl Iterator<Item = usize> {
    text.split("fn trap_").skip(1).filter_map(|rest| rest.split('_').next()?.parse().ok())
}

fn named() -> BTreeMap<usize, Named> {
    let root = root();
    let mut all: BTreeMap<usize, Named> = BTreeMap::new();
    let mut files = Vec::new();
    ["processor", "examples", "localstack", "tests"]
        .iter()
        .for_each(|name| sources(&root.join(name), &mut files));
    for file in files {
        let layer = layer(file.strip_prefix(&root).unwrap());
        for trap in traps(&fs::read_to_string(&file).unwrap()) {
            *all.entry(trap).or_default().entry(layer.clone()).or_default() += 1;
        }
    }
    all
}

#[test]
fn the_document_counts_the_tests_of_each_trap() {
    let named = named();
    let document = fs::read_to_string(root().join("docs/traps.md")).unwrap();
    let rows: BTreeMap<usize, &str> = document
        .lines()
        .filter_map(|line| {
            let mut cells = line.split('|').map(str::trim);
            Some((cells.nth(1)?.parse().ok()?, cells.nth(2)?))
        })
        .collect();
    assert_eq!(rows.len(), 57, "one row for each trap");
    for (trap, said) in rows {
        let Some(layers) = named.get(&trap) else {
            assert!(
                ["none yet", "nothing to test"].contains(&said),
                "trap {trap} has no test, but the table says: {said}"
            );
            continue;
        };
        // By name, capitals first.
        let counted: Vec<_> =
            layers.iter().map(|(layer, count)| format!("{layer} {count}")).collect();
        assert_eq!(said, counted.join(", "), "trap {trap}: correct its row");
    }
    let sum = format!("{} of 57", named.len());
    assert!(document.contains(&sum), "the line below the table: {sum}");
}
