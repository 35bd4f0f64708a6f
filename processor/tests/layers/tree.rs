//! The modules of one target, from its root file down, and which file a path leads to.

use super::module::{Import, Module};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, path,
};

/// The names that one file takes from another.
pub(super) type Arrows = BTreeMap<(String, String), BTreeSet<String>>;

/// A library, binary, test or benchmark.
#[derive(Debug, Default)]
pub(super) struct Tree {
    nodes: Vec<Node>,
}

#[derive(Debug)]
struct Node {
    file: String,
    parent: usize,
    children: BTreeMap<String, usize>,
    module: Module,
}

/// What a path leads to.
#[derive(Debug, Clone, Copy)]
enum Found<'a> {
    Module(usize),
    /// An item of this module.
    Item {
        of: usize,
        name: &'a str,
        is_trait: bool,
    },
}

/// Reads one source; its path runs from the workspace's root.
pub(super) type Read<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The source of a file of this workspace.
pub(super) fn from_disk(root: &path::Path) -> impl Fn(&str) -> Option<String> {
    move |file| fs::read_to_string(root.join(file)).ok()
}

impl Tree {
    /// The tree under a root file such as `src/lib.rs`.
    pub(super) fn read(file: &str, read: Read<'_>) -> Self {
        let mut tree = Self::default();
        let (folder, _) = file.rsplit_once('/').expect("a folder");
        tree.file(0, file, folder, read);
        tree
    }

    /// Adds a file; its own modules lie in `folder`.
    fn file(&mut self, parent: usize, file: &str, folder: &str, read: Read<'_>) -> usize {
        let source = read(file).unwrap_or_else(|| panic!("{file} cannot be read"));
        self.module(parent, file, folder, Module::read(&source), read)
    }

    fn module(
        &mut self,
        parent: usize,
        file: &str,
        folder: &str,
        mut module: Module,
        read: Read<'_>,
    ) -> usize {
        let (files, inline) =
            (std::mem::take(&mut module.files), std::mem::take(&mut module.inline));
        let this = self.nodes.len();
        self.nodes.push(Node { file: file.to_owned(), parent, children: BTreeMap::new(), module });
        for (name, module) in inline {
            let child = self.module(this, file, &format!("{folder}/{name}"), module, read);
            self.nodes[this].children.insert(name, child);
        }
        for (name, path) in files {
            let child = match path {
                Some(path) => {
                    let (beside, _) = file.rsplit_once('/').expect("a folder");
                    let file = joined(beside, &path);
                    let (folder, _) = file.rsplit_once('/').expect("a folder");
                    self.file(this, &file, folder, read)
                }
                None => {
                    let folder = format!("{folder}/{name}");
                    self.file(this, &format!("{folder}.rs"), &folder, read)
                }
            };
            self.nodes[this].children.insert(name, child);
        }
        this
    }

    pub(super) fn arrows(&self) -> Arrows {
        let mut arrows = Arrows::new();
        for (at, node) in self.nodes.iter().enumerate() {
            let Module { names, imports, .. } = &node.module;
            // A trait may be used without being named.
            let traits = imports.iter().filter(|import| self.is_private_trait(at, import));
            for path in names.iter().chain(traits.map(|import| &import.path)) {
                let found = self.find(at, path, &mut BTreeSet::new());
                let Some(Found::Item { of, name, .. }) = found else { continue };
                let file = &self.nodes[of].file;
                if *file != node.file {
                    let arrow = (node.file.clone(), file.clone());
                    arrows.entry(arrow).or_default().insert(name.to_owned());
                }
            }
        }
        arrows
    }

    fn is_private_trait(&self, at: usize, import: &Import) -> bool {
        let found = || self.find(at, &import.path, &mut BTreeSet::new());
        !import.is_public && matches!(found(), Some(Found::Item { is_trait: true, .. }))
    }

    /// What the path leads to from the module `at`; `None` out of this tree.
    fn find<'a>(
        &'a self,
        at: usize,
        path: &'a [String],
        seen: &mut BTreeSet<(usize, &'a str)>,
    ) -> Option<Found<'a>> {
        let (first, mut rest) = path.split_first()?;
        let mut found = match first.as_str() {
            "crate" => Found::Module(0),
            "self" => Found::Module(at),
            "super" => Found::Module(self.nodes[at].parent),
            name => self.member(at, name, rest.is_empty(), seen)?,
        };
        while let (Found::Module(module), Some((name, after))) = (found, rest.split_first()) {
            found =
                match name.as_str() {
                    "super" => Found::Module(self.nodes[module].parent),
                    // What a macro defines is found nowhere else.
                    name => self
                        .member(module, name, after.is_empty(), seen)
                        .unwrap_or(Found::Item { of: module, name, is_trait: false }),
                };
            rest = after;
        }
        Some(found)
    }

    /// A module and an item may have the same name: at its end a path means the item.
    fn member<'a>(
        &'a self,
        at: usize,
        name: &'a str,
        is_last: bool,
        seen: &mut BTreeSet<(usize, &'a str)>,
    ) -> Option<Found<'a>> {
        let Node { module, children, .. } = &self.nodes[at];
        let child = children.get(name).map(|child| Found::Module(*child));
        if !is_last && child.is_some() {
            return child;
        }
        if let Some(&is_trait) = module.items.get(name) {
            return Some(Found::Item { of: at, name, is_trait });
        }
        // `use a::a` asks for `a` once more, then for the module alone.
        if !seen.insert((at, name)) {
            return child;
        }
        let imports = module.imports.iter().filter(|import| import.name == name);
        let mut found = imports.filter_map(|import| self.find(at, &import.path, seen)).next();
        if found.is_none() {
            let globs = module.globs.iter().filter_map(|path| self.find(at, path, seen));
            let modules: Vec<_> = globs.collect();
            found = modules.into_iter().find_map(|glob| match glob {
                Found::Module(module) => self.member(module, name, is_last, seen),
                Found::Item { .. } => None,
            });
        }
        seen.remove(&(at, name));
        found.or(child)
    }
}

/// `a/b` and `../c.rs` are `a/c.rs`.
fn joined(folder: &str, path: &str) -> String {
    let mut parts: Vec<_> = folder.split('/').collect();
    for part in path.split('/') {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

/// The arrows among made-up files.
fn arrows(files: &[(&str, &str)]) -> Vec<String> {
    let read = |file: &str| {
        let found = files.iter().find(|(name, _)| format!("src/{name}.rs") == file);
        found.map(|(_, source)| (*source).to_owned())
    };
    let shown = |file: &str| file.replace("src/", "").replace(".rs", "");
    let arrows = Tree::read("src/lib.rs", &read).arrows();
    arrows.keys().map(|(from, to)| format!("{} -> {}", shown(from), shown(to))).collect()
}

#[test]
fn a_name_is_followed_to_the_file_that_defines_it() {
    let files = [
        ("lib", "mod a; mod b;"),
        ("a", "mod deep; pub(crate) use deep::{Deep, other as renamed};"),
        ("a/deep", "pub(crate) struct Deep; pub(crate) fn other() {}"),
        ("b", "use crate::a::{self, Deep}; fn c(_: Deep) {}"),
    ];
    assert_eq!(arrows(&files), ["b -> a/deep"]);
    let by_path = ("b", "use crate::a; fn c() { a::renamed() }");
    assert_eq!(arrows(&[files[0], files[1], files[2], by_path]), ["b -> a/deep"]);
}

#[test]
fn a_facade_has_an_arrow_only_for_what_its_own_code_names() {
    let files = [("lib", "mod a;"), ("a/b", "pub(super) struct B; pub(super) trait C {}")];
    let facade = |source| arrows(&[files[0], files[1], ("a", source)]);
    assert!(facade("mod b; pub use b::{B, C};").is_empty());
    assert!(facade("mod b; use b::B;").is_empty());
    assert_eq!(facade("mod b; pub use b::B; fn a(_: B) {}"), ["a -> a/b"]);
    assert_eq!(facade("mod b; fn a() { b::B.c() }"), ["a -> a/b"]);
    assert_eq!(facade("mod b; use b::C; fn a() { c.d() }"), ["a -> a/b"]);
}

#[test]
fn all_that_super_has_is_found_behind_a_star() {
    let files = [
        ("lib", "mod a; mod from; pub use from::from;"),
        ("from", "pub fn from() {}"),
        ("a", "mod b; use crate::from::from as f; struct A;"),
        ("a/b", "use super::*; mod inner { fn c(_: super::A) {} } fn d() { f(); std::e::g() }"),
    ];
    assert_eq!(arrows(&files), ["a/b -> a", "a/b -> from"]);
}

#[test]
fn a_file_may_lie_at_a_path() {
    assert_eq!(joined("a/b", "../c/d.rs"), "a/c/d.rs");
    let files = [
        ("lib", "#[path = \"x/y.rs\"] mod a; fn b() { a::c() }"),
        ("x/y", "mod z; pub use z::c;"),
        ("x/z", "pub fn c() {}"),
    ];
    assert_eq!(arrows(&files), ["lib -> x/z"]);
}
