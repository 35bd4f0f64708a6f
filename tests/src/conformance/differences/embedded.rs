//! It follows AWS in all it has.

use super::entry::Entry;

pub(super) const DIFFERENCES: &[Entry] = &[
    ("through EventBridge", "no EventBridge", "it has no such service"),
    ("tags of a version", "no tags: NotImplemented", "it has none"),
];
