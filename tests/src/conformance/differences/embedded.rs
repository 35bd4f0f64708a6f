//! It follows AWS in all it has.

pub(super) const DIFFERENCES: &[super::Entry] =
    &[("through EventBridge", "no EventBridge", "it has no such service")];
