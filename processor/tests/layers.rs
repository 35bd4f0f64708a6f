//! Holds the sources to the layers of `docs/design.md`: what each module may know, and that the
//! pure ones stay pure. And holds the files of the whole workspace to knowing each other one way.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "layers/circles.rs"]
mod circles;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Circles of files that are still to be opened, by how the paths of their files begin.
const KNOWN_CIRCLES: [&str; 1] = ["processor/src/decode"];

/// Each layer with the modules of this crate it may use beside itself.
const LAYERS: [(&str, &[&str]); 21] = [
    ("record", &[]),
    ("error", &[]),
    ("config", &["error"]),
    ("notification", &["config"]),
    ("decode", &[]),
    ("tracking", &["config"]),
    ("outage", &["tracking"]),
    ("ledger", &[]),
    ("process", &["error", "record"]),
    ("stats", &[]),
    ("port", &["error", "record", "tracking"]),
    ("aws", &["port", "tracking"]),
    ("job", &["notification", "tracking"]),
    ("runtime", &["error", "notification", "outage", "port", "record", "stats", "tracking"]),
    (
        "object",
        &[
            "config",
            "decode",
            "job",
            "ledger",
            "notification",
            "outage",
            "port",
            "process",
            "record",
            "runtime",
            "stats",
            "tracking",
        ],
    ),
    ("lane", &["config", "error", "ledger", "object", "process", "record", "runtime", "stats"]),
    (
        "source",
        &[
            "config",
            "error",
            "job",
            "notification",
            "outage",
            "port",
            "runtime",
            "stats",
            "tracking",
        ],
    ),
    ("handle", &["object", "outage", "runtime", "stats"]),
    (
        "pipeline",
        &[
            "aws", "config", "decode", "error", "handle", "object", "port", "runtime", "source",
            "stats",
        ],
    ),
    ("builder", &["aws", "config", "decode", "error", "lane", "object", "pipeline", "process"]),
    ("provision", &[]),
];

/// These import neither a runtime nor the SDK, and never read a clock.
const PURE: [&str; 8] =
    ["record", "error", "config", "notification", "decode", "tracking", "outage", "ledger"];
const IMPURE: [&str; 8] = [
    "tokio::",
    "aws_sdk_",
    "aws_config::",
    "aws_smithy_",
    "Instant::now",
    "SystemTime::now",
    "std::thread",
    "std::net",
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn collect(path: &Path, into: &mut Vec<PathBuf>) {
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| collect(&entry.unwrap().path(), into));
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        into.push(path.to_owned());
    }
}

/// The code of each layer: without comments (documentation may point anywhere) and without tests.
fn layers() -> BTreeMap<String, Vec<(PathBuf, String)>> {
    let mut files = Vec::new();
    collect(&source(), &mut files);
    let mut layers: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for file in files {
        let relative = file.strip_prefix(source()).unwrap().to_owned();
        let is_test = relative.components().any(|part| {
            let part = part.as_os_str().to_string_lossy();
            ["tests", "model", "fuzz"].iter().any(|name| part.starts_with(name))
        });
        let layer =
            relative.components().next().unwrap().as_os_str().to_string_lossy().replace(".rs", "");
        if is_test || layer == "lib" || layer == "testing" {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let code: String = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect::<Vec<_>>()
            .join("\n");
        layers.entry(layer).or_default().push((relative, code));
    }
    layers
}

/// The modules of this crate a source names: `crate::x`, and the members of `use crate::{..}`.
fn uses(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for after in code.split("crate::").skip(1) {
        let list = match after.strip_prefix('{') {
            Some(list) => top_level_members(list),
            None => vec![after],
        };
        for member in list {
            let name: String =
                member.trim().chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
            if !name.is_empty() {
                found.push(name);
            }
        }
    }
    found
}

fn top_level_members(list: &str) -> Vec<&str> {
    let (mut depth, mut start, mut members) = (0, 0, Vec::new());
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                members.push(&list[start..at]);
                return members;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                members.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    members
}

#[test]
fn each_layer_knows_only_what_is_below_it() {
    let allowed: BTreeMap<_, _> = LAYERS.into_iter().collect();
    for (layer, files) in layers() {
        let allowed = allowed
            .get(layer.as_str())
            .unwrap_or_else(|| panic!("`{layer}` has no place among the layers"));
        for (file, code) in files {
            for used in uses(&code) {
                let fine = used == layer || allowed.contains(&used.as_str());
                assert!(fine, "{}: `{layer}` uses `crate::{used}`", file.display());
            }
        }
    }
}

#[test]
fn the_pure_layers_know_no_runtime_no_sdk_and_no_clock() {
    let layers = layers();
    for layer in PURE {
        for (file, code) in &layers[layer] {
            for word in IMPURE {
                assert!(
                    !code.contains(word),
                    "{}: `{layer}` is pure and names `{word}`",
                    file.display()
                );
            }
        }
    }
}

#[test]
fn only_two_modules_know_the_sdk() {
    for (layer, files) in layers() {
        for (file, code) in files {
            let names_sdk =
                ["aws_sdk_", "aws_config::", "aws_smithy_"].iter().any(|word| code.contains(word));
            // The builder takes clients and configurations; it calls nothing on them.
            let fine = !names_sdk || ["aws", "provision", "builder"].contains(&layer.as_str());
            assert!(fine, "{}: `{layer}` names the SDK", file.display());
        }
    }
}

#[test]
fn the_check_sees_uses_in_lists() {
    assert_eq!(uses("use crate::{a::{B, c}, d::E};\ncrate::f::g()"), ["a", "d", "f"]);
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = circles::of_the_workspace(root);
    let known = |file: &String| KNOWN_CIRCLES.iter().any(|prefix| file.starts_with(prefix));
    let in_a_circle = |prefix: &&&str| {
        found.iter().flat_map(|circle| &circle.files).any(|file| file.starts_with(**prefix))
    };
    let opened: Vec<_> = KNOWN_CIRCLES.iter().filter(|prefix| !in_a_circle(prefix)).collect();
    found.retain(|circle| !circle.files.iter().all(known));
    let shown: String = found.iter().map(|circle| format!("\n{circle}")).collect();
    assert!(found.is_empty(), "{shown}");
    assert!(opened.is_empty(), "no circle is left here, so strike it off: {opened:?}");
}
