//! ministack, from a Python environment of its own: small and quick, and another reading of what
//! AWS does.

use crate::error::BackendError;
use crate::server::{self, Effort, Own, Program, Running, Version};
use std::collections::BTreeMap;
use std::path::Path;

const MINISTACK: Program = Program {
    name: "ministack",
    module: "ministack",
    requirements,
    effort: Effort { time: "ten seconds", space: "100 MB" },
    docker: false,
    settings,
    health: "/_ministack/health",
    own: Own::Named,
};

/// One list for all: nothing in it depends on the version.
fn requirements(version: Version) -> Option<&'static str> {
    matches!((version.major, version.minor), (3, 11..=13))
        .then_some(include_str!("../requirements-ministack.txt"))
}

fn settings(port: u16, state: &Path) -> BTreeMap<String, String> {
    [
        ("BIND_HOST", "127.0.0.1"),
        ("GATEWAY_PORT", &*port.to_string()),
        ("LOG_LEVEL", "WARNING"),
        // Shown by its health check, and nowhere else.
        ("MINISTACK_EDITION", server::name(state)),
        // What would listen on fixed ports.
        ("SFTP_ENABLED", "0"),
        ("IOT_MTLS_ENABLED", "0"),
        // It would remove containers that an earlier one left.
        ("DOCKER_HOST", "unix:///nowhere"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

pub(crate) async fn start() -> Result<Running, BackendError> {
    MINISTACK.start(std::env::var_os("PATH").as_deref(), &server::folder()).await
}

/// That it starts and delivers is seen where the whole suite of tests runs on it.
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_python_that_localstack_has_a_list_for_has_one() {
        for minor in 0..20 {
            let version = Version { major: 3, minor, patch: 0 };
            let list = requirements(version);
            assert_eq!(
                list.is_some(),
                (crate::localstack::LOCALSTACK.requirements)(version).is_some(),
                "{version}"
            );
            assert!(
                list.is_none_or(|list| list.lines().all(|line| line.contains("=="))),
                "all are pinned"
            );
        }
    }
}
