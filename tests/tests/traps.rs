//! `docs/measured/traps.md` says which tests name each trap: it stays in step with their names.
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

/// A row of the table as it should be; other lines stay as they are.
fn corrected(line: &str, named: &BTreeMap<usize, Named>) -> String {
    let mut cells: Vec<_> = line.split('|').collect();
    let trap = cells.get(1).and_then(|cell| cell.trim().parse::<usize>().ok());
    let (Some(trap), Some(said)) = (trap, cells.get(4).map(|cell| cell.trim())) else {
        return line.to_owned();
    };
    let tests = match named.get(&trap) {
        // By name, capitals first.
        Some(layers) => {
            let counted: Vec<_> =
                layers.iter().map(|(layer, count)| format!("{layer} {count}")).collect();
            counted.join(", ")
        }
        None if ["none yet", "nothing to test"].contains(&said) => said.to_owned(),
        None => "none yet".to_owned(),
    };
    let cell = format!(" {tests} ");
    cells[4] = &cell;
    cells.join("|")
}

/// `S3SQS_WRITE_TABLE=1` has it written.
#[test]
fn the_document_counts_the_tests_of_each_trap() {
    let named = named();
    let path = root().join("docs/measured/traps.md");
    let document = fs::read_to_string(&path).unwrap();
    let rows: Vec<_> = document.lines().map(|line| corrected(line, &named)).collect();
    if std::env::var_os("S3SQS_WRITE_TABLE").is_some() {
        fs::write(&path, rows.join("\n") + "\n").unwrap();
    }
    let wrong: Vec<_> = document.lines().zip(&rows).filter(|(line, row)| line != row).collect();
    assert!(wrong.is_empty(), "S3SQS_WRITE_TABLE=1 corrects docs/measured/traps.md: {wrong:#?}");
    let traps = rows.iter().filter(|row| row.split('|').nth(1).is_some_and(is_number)).count();
    let sum = format!("{} of {traps}", named.len());
    assert!(document.contains(&sum), "the line below the table: {sum}");
}

fn is_number(cell: &str) -> bool {
    cell.trim().parse::<usize>().is_ok()
}
