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

/// Each layer with the modules of this crate it may use beside itself; `decode` is a crate of its
/// own.
const LAYERS: [(&str, &[&str]); 25] = [
    ("record", &[]),
    ("error", &["record"]),
    ("config", &["error"]),
    ("notification", &["config", "record"]),
    ("tracking", &["config"]),
    ("breaker", &["record", "tracking"]),
    ("ledger", &[]),
    ("route", &["config", "decode", "error", "record"]),
    ("process", &["error", "record"]),
    ("stats", &[]),
    ("stop_signal", &[]),
    ("progress", &["decode"]),
    ("quarantine", &["notification", "record", "tracking"]),
    ("port", &["error", "record", "tracking"]),
    ("aws", &["config", "error", "port", "quarantine", "record", "tracking"]),
    ("job", &["notification", "record", "route", "runtime", "tracking"]),
    (
        "runtime",
        &[
            "error",
            "notification",
            "breaker",
            "port",
            "progress",
            "record",
            "route",
            "stats",
            "tracking",
        ],
    ),
    (
        "object",
        &[
            "config",
            "decode",
            "error",
            "job",
            "ledger",
            "notification",
            "breaker",
            "port",
            "process",
            "progress",
            "quarantine",
            "record",
            "route",
            "runtime",
            "stats",
            "tracking",
        ],
    ),
    (
        "lane",
        &[
            "breaker", "config", "error", "ledger", "object", "process", "progress", "record",
            "runtime", "stats",
        ],
    ),
    (
        "source",
        &[
            "config",
            "error",
            "job",
            "notification",
            "breaker",
            "port",
            "record",
            "route",
            "runtime",
            "stats",
            "tracking",
        ],
    ),
    ("handle", &["object", "breaker", "config", "runtime", "stats"]),
    ("status", &["breaker", "config", "handle", "object", "stats"]),
    (
        "pipeline",
        &[
            "notification",
            "aws",
            "config",
            "error",
            "handle",
            "object",
            "port",
            "route",
            "runtime",
            "source",
            "stats",
        ],
    ),
    (
        "builder",
        &[
            "aws",
            "config",
            "decode",
            "error",
            "lane",
            "notification",
            "object",
            "pipeline",
            "port",
            "process",
            "route",
        ],
    ),
    ("provision", &["aws"]),
];

/// These import neither a runtime nor the SDK, and never read a clock.
const PURE: [&str; 10] = [
    "record",
    "error",
    "config",
    "notification",
    "tracking",
    "breaker",
    "ledger",
    "route",
    "progress",
    "quarantine",
];
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

fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn collect(path: &Path, into: &mut Vec<PathBuf>) {
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| collect(&entry.unwrap().path(), into));
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        into.push(path.to_owned());
    }
}

/// The code below a folder: without comments (documentation may point anywhere), without tests and
/// what only they, benchmarks and fuzzers need.
fn code(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    collect(folder, &mut files);
    let relative = files.iter().map(|file| file.strip_prefix(folder).unwrap().to_owned());
    let of_the_library = relative.filter(|file| {
        !file.components().any(|part| {
            let part = part.as_os_str().to_string_lossy();
            ["tests", "model", "fuzz", "__private"].iter().any(|name| part.starts_with(name))
        })
    });
    let without_tests = |file: &PathBuf| -> String {
        let text = fs::read_to_string(folder.join(file)).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let code = code.split("#[cfg(test)]\npub(super) mod tests {").next().unwrap();
        let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        lines.collect::<Vec<_>>().join("\n")
    };
    of_the_library.map(|file| (file.clone(), without_tests(&file))).collect()
}

/// The code of each layer.
fn layers() -> BTreeMap<String, Vec<(PathBuf, String)>> {
    let mut layers: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for (file, code) in code(&package().join("src")) {
        let first = file.components().next().unwrap();
        let layer = first.as_os_str().to_string_lossy().replace(".rs", "");
        if layer != "lib" && layer != "testing" {
            layers.entry(layer).or_default().push((file, code));
        }
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
fn the_crate_that_decodes_is_pure_too() {
    let decode = package().join("decode");
    let files = code(&decode.join("src"));
    assert!(files.len() > 20, "the crate has {} files", files.len());
    for (file, code) in files {
        let impure = IMPURE.into_iter().find(|word| code.contains(word));
        assert_eq!(impure, None, "{} is pure", file.display());
    }
    let manifest = fs::read_to_string(decode.join("Cargo.toml")).unwrap();
    let dependencies = manifest.lines().filter(|line| !line.starts_with('#'));
    let unwanted = ["tokio", "aws", "bytes"];
    let wanted = |line: &str| !unwanted.iter().any(|name| line.starts_with(name));
    assert_eq!(dependencies.filter(|line| !wanted(line)).collect::<Vec<_>>(), [""; 0]);
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
    let found = circles::of_the_workspace(root);
    let shown: String = found.iter().map(|circle| format!("\n{circle}")).collect();
    assert!(found.is_empty(), "{shown}");
}
