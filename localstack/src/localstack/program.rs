//! LocalStack as a program of Python.

use super::settings;
use crate::server::{Effort, Own, Program, Version};
use std::collections::BTreeMap;
use std::path::Path;

pub(crate) const LOCALSTACK: Program = Program {
    name: "LocalStack",
    module: "localstack.runtime.main",
    requirements,
    effort: Effort { time: "a minute", space: "300 MB" },
    docker: true,
    settings,
    health: "/_localstack/health",
    own: Own::Printed { owned: "hypercorn.error            : Running on", ready: "Ready." },
};

fn requirements(version: Version) -> Option<&'static str> {
    match (version.major, version.minor) {
        (3, 11 | 12) => Some(include_str!("../../requirements-py311.txt")),
        (3, 13) => Some(include_str!("../../requirements-py313.txt")),
        _ => None,
    }
}

/// Everything it writes (as root, outside a container, that would be /var/lib and /etc) stays in
/// `state`.
fn settings(port: u16, state: &Path) -> BTreeMap<String, String> {
    let address = format!("127.0.0.1:{port}");
    let mut settings = settings::server(&address, &address);
    settings
        .insert("FILESYSTEM_ROOT".to_owned(), state.join("root").to_string_lossy().into_owned());
    // It honours FILESYSTEM_ROOT only where it does not take this machine for its own container.
    settings.insert("OVERRIDE_IN_DOCKER".to_owned(), "0".to_owned());
    settings
}
