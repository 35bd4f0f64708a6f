//! What is known of a server written in Python.

use super::launch::Own;
use super::version::Version;
use std::collections::BTreeMap;
use std::path::Path;

/// A server written in Python: what to install, what to run, how to tell that it is up.
#[derive(Debug)]
pub(crate) struct Program {
    /// As people write it.
    pub(crate) name: &'static str,
    /// What `python -m` runs.
    pub(crate) module: &'static str,
    /// The pinned packages for a version of Python, if there are any.
    pub(crate) requirements: fn(Version) -> Option<&'static str>,
    /// How long an installation takes, and how large it is.
    pub(crate) effort: Effort,
    /// Whether Docker is another way to have it; then errors say so.
    pub(crate) docker: bool,
    /// Its settings, given the port and the folder of its run.
    pub(crate) settings: fn(u16, &Path) -> BTreeMap<String, String>,
    /// The path that answers 200 when it is up.
    pub(crate) health: &'static str,
    pub(crate) own: Own,
}

/// In words, for whoever waits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    pub(crate) time: &'static str,
    pub(crate) space: &'static str,
}

impl Program {
    /// The end of an advice.
    pub(super) fn or_docker(&self) -> &'static str {
        if self.docker { ", or start Docker" } else { "" }
    }
}
