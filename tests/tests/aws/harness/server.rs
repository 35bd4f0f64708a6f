//! Which server the suite runs on: the one place that knows.

use local_aws::{Backend, BackendKind};
use std::io::Write;
use std::sync::OnceLock;
use tokio::sync::{Semaphore, SemaphorePermit};

/// The variable that names the server: `localstack` (the default), `ministack`, `embedded`.
const VARIABLE: &str = "S3SQS_BACKEND";

/// The kind of server the suite runs on.
pub(crate) fn backend_kind() -> BackendKind {
    match std::env::var(VARIABLE) {
        Ok(name) => name.parse().unwrap_or_else(|error| panic!("{VARIABLE}: {error}")),
        Err(_) => BackendKind::LocalStack,
    }
}

/// So many tests at once, however many threads run them: each server is one process, and short
/// visibility timeouts must not lapse because it is busy.
static TURNS: Semaphore = Semaphore::const_new(AT_ONCE);
const AT_ONCE: usize = 12;

/// Waits until a test may begin, alone or beside others; its turn ends when this is dropped.
pub(crate) async fn turn(alone: bool) -> SemaphorePermit<'static> {
    let turns = if alone { AT_ONCE as u32 } else { 1 };
    TURNS.acquire_many(turns).await.expect("never closed")
}

/// The test that tells why there is no server.
static FIRST: OnceLock<String> = OnceLock::new();

fn test_name() -> String {
    std::thread::current().name().unwrap_or_default().to_owned()
}

/// The one server of this kind. Without it no test can say anything, so each fails with the reason
/// and the way out.
pub(crate) async fn backend(kind: BackendKind) -> &'static Backend {
    super::log::install();
    match Backend::shared(kind).await {
        Ok(backend) => backend,
        // Once is enough: it is the same for all.
        Err(error) => match FIRST.set(test_name()) {
            Ok(()) => panic!("{error}"),
            Err(_) => panic!("no {kind} backend: {} says why", FIRST.get().expect("set")),
        },
    }
}

/// Whether the suite's server is of a kind that does not have `what`; then it is said, since the
/// test ends here.
pub(crate) fn lacks(what: &str, kinds: &[BackendKind]) -> bool {
    let lacks = kinds.contains(&backend_kind());
    if lacks {
        let name = test_name();
        // Not by `eprintln!`, which is captured in a test that passes.
        let line = format!("{name}: not run, the {} backend has no {what}\n", backend_kind());
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
    lacks
}
