//! What a running service shows of its pipeline: a page for people, and what is on it.

use crate::{
    breaker::Outage,
    config::Settings,
    handle::{Handle, State},
    object::InFlight,
    stats::{RecentFailure, Stats},
};
use std::time::Duration;

/// All there is to show of a pipeline, as [`Handle::status`] gives it. It serializes to JSON, which
/// is what the [page](STATUS_PAGE) reads.
#[derive(Debug, Clone, serde::Serialize)]
#[non_exhaustive]
pub struct Status {
    /// What it is doing.
    pub state: State,
    /// Whether it is alive: see [`Handle::is_live`].
    pub live: bool,
    /// Whether it takes work: see [`Handle::is_ready`].
    pub ready: bool,
    /// How long the queue has answered nothing; `None` before its first answer.
    pub queue_silent_for: Option<Duration>,
    /// What it was told to do. There are no secrets in it.
    pub settings: Settings,
    /// The counters.
    pub stats: Stats,
    /// The objects that are worked on, the oldest first: at most 100.
    pub in_flight: Vec<InFlight>,
    /// How many there are.
    pub in_flight_total: usize,
    /// The outages that last.
    pub outages: Vec<Outage>,
    /// The last failures, the newest first.
    pub recent_failures: Vec<RecentFailure>,
}

/// A page that shows a pipeline's [`Status`], and updates by itself: it reads `status.json` beside
/// it, every two seconds, and nothing else. It is one file without anything external, for a server
/// of your own:
///
/// ```
/// use axum::{Json, Router, http::StatusCode, response::Html, routing::get};
/// use s3_sqs_processor::{Handle, STATUS_PAGE};
///
/// fn routes(handle: Handle) -> Router {
///     let (live, ready) = (handle.clone(), handle.clone());
///     let code = |is_so| if is_so { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
///     Router::new()
///         .route("/", get(|| async { Html(STATUS_PAGE) }))
///         .route("/status.json", get(async move || Json(handle.status())))
///         .route("/livez", get(async move || code(live.is_live())))
///         .route("/readyz", get(async move || code(ready.is_ready())))
/// }
/// ```
///
/// Keys and error texts are on it: show it to those who may read the logs.
pub const STATUS_PAGE: &str = include_str!("status/page.html");

/// So many objects are shown.
const SHOWN: usize = 100;

impl Handle {
    /// Whether the pipeline is alive, for a liveness check: it is until it has stopped. An outage
    /// is no reason to restart it, and neither is a queue that does not answer.
    pub fn is_live(&self) -> bool {
        self.state() != State::Stopped
    }

    /// Whether the pipeline takes work, for a readiness check: from the queue's first answer until
    /// it is told to stop, also while an outage lasts.
    pub fn is_ready(&self) -> bool {
        matches!(self.state(), State::Running | State::Paused)
    }

    /// All there is to show.
    pub fn status(&self) -> Status {
        let mut in_flight = self.in_flight();
        let in_flight_total = in_flight.len();
        in_flight.truncate(SHOWN);
        Status {
            state: self.state(),
            live: self.is_live(),
            ready: self.is_ready(),
            queue_silent_for: self.queue_silent_for(),
            settings: self.settings().clone(),
            stats: self.stats(),
            in_flight,
            in_flight_total,
            outages: self.outages(),
            recent_failures: self.recent_failures(),
        }
    }
}
