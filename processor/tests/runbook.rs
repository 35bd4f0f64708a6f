//! Holds the runbook in `docs/runbook.md` to the code: each line that is logged at `info` or
//! above is in its table.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = entry.file_stem().unwrap().to_str().unwrap();
        match entry.is_dir() {
            _ if ["tests", "testing", "bench"].contains(&name) => {}
            true => sources(&entry, found),
            false => found.extend(entry.extension().is_some_and(|it| it == "rs").then_some(entry)),
        }
    }
}

/// The texts of log lines, up to the first `;`, `:`, `,` or field.
fn lines(source: &str) -> Vec<String> {
    let code = source.split("#[cfg(test)]\nmod tests").next().unwrap();
    let mut lines = Vec::new();
    for (at, _) in code.match_indices("!(") {
        let is_log =
            ["limited", "info", "warn", "error"].iter().any(|name| code[..at].ends_with(name));
        let Some(end) = code[at..].find(");").filter(|_| is_log) else { continue };
        let call = &code[at..at + end];
        let text = call.trim_end().trim_end_matches(',').trim_end().strip_suffix('"');
        let Some(text) = text else { continue };
        let text = &text[text.rfind('"').unwrap() + 1..];
        let words: Vec<_> = text.split_whitespace().filter(|word| *word != "\\").collect();
        let text = words.join(" ");
        let end = text.find([';', ':', ',', '{']).unwrap_or(text.len());
        lines.push(text[..end].trim().to_owned());
    }
    lines
}

#[test]
fn every_log_line_is_in_the_runbook() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let runbook = fs::read_to_string(root.join("../docs/runbook.md")).unwrap();
    let table = runbook.split("| line | what to do |").nth(1).unwrap();
    let table = table.split("\n\n").next().unwrap();
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    let all: BTreeSet<String> =
        files.iter().flat_map(|file| lines(&fs::read_to_string(file).unwrap())).collect();
    assert!(all.len() > 25 && all.contains("record failed"), "{all:#?}");
    let missing: Vec<_> = all.iter().filter(|line| !table.contains(line.as_str())).collect();
    assert!(missing.is_empty(), "docs/runbook.md has no row for {missing:#?}");
}
