//! Files that import each other in a circle.

mod module;
mod source;
mod tree;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::Path,
};
use tree::{Arrows, Tree, from_disk};

/// Files each of which leads to each other one.
pub(super) struct Circle {
    pub(super) files: BTreeSet<String>,
    arrows: Arrows,
}

impl std::fmt::Display for Circle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = format!("a circle of {} files\n", self.files.len());
        for ((from, to), names) in &self.arrows {
            let names = names.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            writeln!(text, "  {from} -> {to}: {names}")?;
        }
        f.write_str(&text)
    }
}

/// The circles of every target of every crate under the workspace's root.
pub(super) fn of_the_workspace(root: &Path) -> Vec<Circle> {
    let mut arrows = Arrows::new();
    for folder in crates(root) {
        for target in targets(root, &folder) {
            for (arrow, names) in Tree::read(&target, &from_disk(root)).arrows() {
                arrows.entry(arrow).or_default().extend(names);
            }
        }
        let is_read = arrows.keys().any(|(from, _)| from.starts_with(&folder));
        assert!(is_read, "{folder}: no file of it seems to know another");
    }
    circles(&arrows)
}

/// The folders with a crate in them, from the workspace's root.
fn crates(root: &Path) -> Vec<String> {
    let manifest = fs::read_to_string(root.join("Cargo.toml")).expect("a workspace");
    let (_, members) = manifest.split_once("\nmembers = [").expect("members");
    let (members, _) = members.split_once(']').expect("a list");
    members.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The root files of a crate's library, binaries, tests and benchmarks.
fn targets(root: &Path, folder: &str) -> Vec<String> {
    let mut candidates = vec![format!("{folder}/src/lib.rs"), format!("{folder}/src/main.rs")];
    for place in ["src/bin", "tests", "benches"] {
        let place = format!("{folder}/{place}");
        for entry in fs::read_dir(root.join(&place)).into_iter().flatten() {
            let entry = entry.expect("an entry");
            let name = entry.file_name().into_string().expect("a name");
            let is_folder = entry.path().is_dir();
            candidates.push(format!("{place}/{name}{}", if is_folder { "/main.rs" } else { "" }));
        }
    }
    candidates.retain(|file| file.ends_with(".rs") && root.join(file).is_file());
    candidates
}

fn circles(arrows: &Arrows) -> Vec<Circle> {
    let files: BTreeSet<&str> = arrows.keys().map(|(from, _)| from.as_str()).collect();
    let reach: BTreeMap<_, _> = files.iter().map(|file| (*file, reached(file, arrows))).collect();
    let mut circles: Vec<Circle> = Vec::new();
    for (file, reached) in &reach {
        let back = |other: &&str| reach.get(other).is_some_and(|other| other.contains(file));
        let files: BTreeSet<_> = reached.iter().copied().filter(back).map(str::to_owned).collect();
        if files.len() > 1 && !circles.iter().any(|circle| circle.files == files) {
            let inside = |(from, to): &(String, String)| files.contains(from) && files.contains(to);
            let arrows = arrows.iter().filter(|(arrow, _)| inside(arrow));
            let arrows = arrows.map(|(arrow, names)| (arrow.clone(), names.clone())).collect();
            circles.push(Circle { files, arrows });
        }
    }
    circles
}

fn reached<'a>(file: &str, arrows: &'a Arrows) -> BTreeSet<&'a str> {
    let (mut reached, mut next) = (BTreeSet::new(), vec![file]);
    while let Some(file) = next.pop() {
        for (from, to) in arrows.keys() {
            if from == file && reached.insert(to.as_str()) {
                next.push(to);
            }
        }
    }
    reached
}

#[test]
fn a_made_up_circle_is_found() {
    let arrows = ["a b", "b c", "c a", "c d", "d e", "f a", "g h", "h g"].map(|arrow| {
        let (from, to) = arrow.split_once(' ').expect("two files");
        ((from.to_owned(), to.to_owned()), BTreeSet::from(["X".to_owned()]))
    });
    let found = circles(&arrows.into());
    let files = found.iter().map(|circle| circle.files.iter().cloned().collect::<String>());
    assert_eq!(files.collect::<Vec<_>>(), ["abc", "gh"]);
    let shown = found[1].to_string();
    assert_eq!(shown, "a circle of 2 files\n  g -> h: X\n  h -> g: X\n");
}
