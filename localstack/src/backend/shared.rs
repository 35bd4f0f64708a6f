//! One server per kind and process, for test binaries.

use super::{Backend, BackendKind};
use crate::error::{BackendError, BackendErrorKind};
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

type Started = Option<Result<&'static Backend, BackendError>>;

/// What was asked for so far. Guards a map only; never held across an await.
static ASKED: LazyLock<Mutex<HashMap<BackendKind, watch::Receiver<Started>>>> =
    LazyLock::new(Mutex::default);

impl Backend {
    /// The one backend of this kind in the process: the first call starts it, all share it, it ends
    /// with the process.
    ///
    /// It lives on threads of its own, so it outlasts the runtime of the test that asked first.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start). A start that failed is not tried again: every caller gets the
    /// same error.
    pub async fn shared(kind: BackendKind) -> Result<&'static Backend, BackendError> {
        let mut started = subscribe(kind)?;
        let outcome = match started.wait_for(Option::is_some).await {
            Ok(outcome) => (*outcome).clone(),
            Err(_) => None,
        };
        outcome.unwrap_or_else(|| {
            Err(BackendError::new(
                BackendErrorKind::Start,
                format!("starting the shared {kind} backend panicked"),
            ))
        })
    }
}

fn subscribe(kind: BackendKind) -> Result<watch::Receiver<Started>, BackendError> {
    let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(started) = asked.get(&kind) {
        return Ok(started.clone());
    }
    let (tell, started) = watch::channel(None);
    // A task of its own runtime, not of the caller's: a test whose runtime ends half-way through
    // the start neither stops it nor makes the next test begin a second one.
    runtime()?.spawn(async move {
        let backend = Backend::start(kind).await;
        tell.send_replace(Some(backend.map(|backend| &*Box::leak(Box::new(backend)))));
    });
    asked.insert(kind, started.clone());
    Ok(started)
}

/// The threads the shared servers live on, for as long as the process does.
fn runtime() -> Result<&'static Runtime, BackendError> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("local-aws")
        .enable_all()
        .build()
        .map_err(|error| {
            BackendError::io("the threads of the shared backend cannot be started", error)
        })?;
    Ok(RUNTIME.get_or_init(|| runtime))
}
