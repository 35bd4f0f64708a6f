//! A module as its source declares it.

use super::source::{group, tokens, without_tests};
use std::collections::{BTreeMap, BTreeSet};

/// The names along a path: `["crate", "a", "B"]`.
pub(super) type Path = Vec<String>;

/// What stands in one module; in a file, or in braces.
#[derive(Debug, Default)]
pub(super) struct Module {
    /// `mod x;`, with the file of its `#[path]` if it has one.
    pub(super) files: BTreeMap<String, Option<String>>,
    /// `mod x { .. }`.
    pub(super) inline: BTreeMap<String, Module>,
    pub(super) imports: Vec<Import>,
    /// The paths of `use x::*`.
    pub(super) globs: Vec<Path>,
    /// The items, and whether each is a trait.
    pub(super) items: BTreeMap<String, bool>,
    /// What the code names: paths, and words by themselves.
    pub(super) names: BTreeSet<Path>,
}

/// A name that `use` brings.
#[derive(Debug, PartialEq)]
pub(super) struct Import {
    pub(super) name: String,
    pub(super) path: Path,
    pub(super) is_public: bool,
}

impl Module {
    pub(super) fn read(source: &str) -> Self {
        Self::parse(&without_tests(&tokens(source)))
    }

    fn parse(tokens: &[&str]) -> Self {
        let (mut module, mut at, mut depth) = (Self::default(), 0, 0);
        while at < tokens.len() {
            let next = tokens.get(at + 1).copied().unwrap_or_default();
            let after = tokens.get(at + 2).copied().unwrap_or_default();
            match tokens[at] {
                "{" => depth += 1,
                "}" => depth -= 1,
                "mod" if after == ";" => {
                    module.files.insert(next.to_owned(), path_attribute(&tokens[..at]));
                    at += 1;
                }
                "mod" if after == "{" => {
                    let end = group(tokens, at + 2);
                    let inline = Self::parse(&tokens[at + 3..end - 1]);
                    module.inline.insert(next.to_owned(), inline);
                    at = end - 1;
                }
                "use" if next != "<" => {
                    let end = at + tokens[at..].iter().position(|token| *token == ";").expect(";");
                    module.imports(&tokens[at + 1..end], is_public(&tokens[..at]));
                    at = end;
                }
                // But for the `const` of `const fn`.
                keyword if [keyword, next].map(is_keyword) == [true, false] && is_name(next) => {
                    if depth == 0 {
                        module.items.insert(next.to_owned(), keyword == "trait");
                    }
                    at += 1;
                }
                "macro_rules" => {
                    module.items.insert(after.to_owned(), false);
                    at += 2;
                }
                first if is_name(first) => {
                    let named = path(&tokens[at..]);
                    let is_path = named.len() > 1;
                    let end = at + 2 * named.len() - 1;
                    // Else a field or method, a declared one, or what follows a path's generics.
                    let before = tokens[..at].last().copied().unwrap_or_default();
                    if ![".", "::"].contains(&before) && (is_path || next != ":") {
                        module.names.insert(named);
                    }
                    at = end - 1;
                }
                _ => {}
            }
            at += 1;
        }
        module
    }

    fn imports(&mut self, tree: &[&str], is_public: bool) {
        let mut found = Vec::new();
        flatten(tree, &Path::new(), &mut found);
        for (name, path) in found {
            if name == "*" {
                self.globs.push(path);
            } else {
                self.imports.push(Import { name, path, is_public });
            }
        }
    }
}

const KEYWORDS: [&str; 8] = ["fn", "struct", "enum", "union", "trait", "type", "const", "static"];

fn is_keyword(token: &str) -> bool {
    KEYWORDS.contains(&token)
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

fn path(tokens: &[&str]) -> Path {
    let mut path = vec![tokens[0].to_owned()];
    let mut rest = &tokens[1..];
    while let ["::", name, after @ ..] = rest
        && is_name(name)
    {
        path.push((*name).to_owned());
        rest = after;
    }
    path
}

/// The names that a tree of `use` brings, each with its path; `*` is one.
fn flatten(tree: &[&str], before: &Path, into: &mut Vec<(String, Path)>) {
    let tree = tree.strip_prefix(&["::"]).unwrap_or(tree);
    let Some(first) = tree.first() else { return };
    if *first == "{" {
        return members(&tree[1..tree.len() - 1]).for_each(|member| flatten(member, before, into));
    }
    if *first == "*" {
        return into.push(("*".to_owned(), before.clone()));
    }
    let mut path = before.clone();
    if *first != "self" || before.is_empty() {
        path.push((*first).to_owned());
    }
    match &tree[1..] {
        ["::", rest @ ..] => flatten(rest, &path, into),
        ["as", name] => into.push(((*name).to_owned(), path)),
        _ => into.push((path.last().expect("a name").clone(), path)),
    }
}

fn members<'a, 'b>(list: &'b [&'a str]) -> impl Iterator<Item = &'b [&'a str]> {
    let mut depth = 0;
    list.split(move |token| {
        match *token {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        depth == 0 && *token == ","
    })
}

/// Whether `pub` or `pub(..)` stands at the end.
fn is_public(before: &[&str]) -> bool {
    let at = before.iter().rposition(|token| *token == "pub");
    at.is_some_and(|at| matches!(before[at + 1..], [] | ["(", .., ")"]))
}

/// The file of `#[path = ".."]` at the end.
fn path_attribute(before: &[&str]) -> Option<String> {
    let before = before.strip_suffix(&["pub"]).unwrap_or(before);
    match before {
        [.., "#", "[", "path", "=", file, "]"] => Some(file.trim_matches('"').to_owned()),
        _ => None,
    }
}

fn paths<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Vec<String> {
    paths.into_iter().map(|path| path.join("::")).collect()
}

#[test]
fn uses_are_seen_in_lists_and_with_other_names() {
    let module = Module::read(
        "use crate::{a::{B, c::{self, D as E}}, f::*}; pub(crate) use g::H; fn i() { use j::k; }",
    );
    assert_eq!(
        paths(module.imports.iter().map(|import| &import.path)),
        ["crate::a::B", "crate::a::c", "crate::a::c::D", "g::H", "j::k"],
    );
    let names: Vec<_> = module.imports.iter().map(|import| import.name.as_str()).collect();
    assert_eq!(names, ["B", "c", "E", "H", "k"]);
    assert!(module.imports.iter().all(|import| import.is_public == (import.name == "H")));
    assert_eq!(paths(&module.globs), ["crate::f"]);
}

#[test]
fn paths_are_seen_in_the_code() {
    let module = Module::read("fn a(b: super::C) -> Vec<d::E> { crate::f::g::<H>::i().j() }");
    let names = paths(&module.names);
    for name in ["super::C", "d::E", "crate::f::g", "H"] {
        assert!(names.iter().any(|seen| seen == name), "{name} of {names:?}");
    }
    assert!(!names.iter().any(|seen| seen == "j" || seen == "i"), "{names:?}");
}

#[test]
fn modules_and_items_are_seen_and_those_of_functions_are_not() {
    let module = Module::read(
        "mod a; #[path = \"x/b.rs\"] mod b; mod c { pub trait D {} } struct E; fn f() { fn g() {} }
        trait H { fn i(); } #[cfg(test)] mod tests;",
    );
    let files = [("a".to_owned(), None), ("b".to_owned(), Some("x/b.rs".to_owned()))];
    assert_eq!(module.files, files.into());
    assert_eq!(module.inline["c"].items, [("D".to_owned(), true)].into());
    let items = [("E", false), ("f", false), ("H", true)];
    assert_eq!(module.items, items.map(|(name, is_trait)| (name.to_owned(), is_trait)).into());
}
