//! The embedded AWS: S3, SQS and SNS in process, over real HTTP to the real SDK clients.
//!
//! It keeps everything in memory and serves on a thread of its own, so a blocked runtime of the
//! caller does not stop it. It is as strict as AWS documents its services where that matters to a
//! consumer of notifications: receipt handles change with every receive, the 12 hours of a receive
//! are a total, batches fail by entry, preconditions and checksums are checked. Where it can be
//! asked to misbehave, it is by [`FaultPlan`].

mod answer;
mod body;
mod clock;
mod fault;
mod flush;
mod ids;
mod lock;
mod query;
mod route;
mod s3;
mod server;
mod shared;
mod sns;
mod sqs;
mod stats;
mod sts;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

pub use fault::{Fault, FaultHits, FaultPlan};
pub use sns::filter_matches;
pub use sqs::{MessageSnapshot, MessageState, QueueSnapshot, StaleDeletes};
pub use stats::RequestStats;

use lock::lock;
use shared::Shared;

/// An AWS in this process. It stops, its thread included, when it is dropped.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let aws = local_aws::Embedded::start().await?;
/// assert!(aws.endpoint_url().starts_with("http://127.0.0.1:"));
/// # Ok::<_, std::io::Error>(())
/// # })
/// # ?; Ok::<_, std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Embedded {
    shared: Arc<Shared>,
    server: server::Server,
}

impl Embedded {
    /// The access key id that is accepted; S3 checks signatures made with it.
    pub const ACCESS_KEY: &'static str = ids::ACCESS_KEY;
    /// The secret that goes with [`Embedded::ACCESS_KEY`].
    pub const SECRET_KEY: &'static str = ids::SECRET_KEY;
    /// The region everything is in.
    pub const REGION: &'static str = ids::REGION;
    /// The account that owns everything.
    pub const ACCOUNT: &'static str = ids::ACCOUNT;

    /// Starts a server on a free port of 127.0.0.1. It is ready when this returns.
    ///
    /// # Errors
    /// When no port or no thread can be had.
    pub async fn start() -> Result<Self, std::io::Error> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        let shared = Arc::new(Shared::new(format!("http://{}", listener.local_addr()?)));
        let server = server::Server::start(listener, Arc::clone(&shared))?;
        Ok(Self { shared, server })
    }

    /// The endpoint for the SDK, for example `http://127.0.0.1:40123`. S3 needs path style.
    #[must_use]
    pub fn endpoint_url(&self) -> String {
        self.shared.endpoint.clone()
    }

    /// The address that is listened on.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// Makes requests go wrong from now on, until the plan is used up or
    /// [`clear_faults`](Self::clear_faults).
    pub fn inject(&self, plan: FaultPlan) -> FaultHits {
        self.shared.faults.inject(plan)
    }

    /// Ends all fault plans. Requests that a fault already holds up stay held up.
    pub fn clear_faults(&self) {
        self.shared.faults.clear();
    }

    /// How many requests each operation has had so far.
    #[must_use]
    pub fn stats(&self) -> RequestStats {
        self.shared.stats.snapshot()
    }

    /// Looks at a queue, named by its name, URL or ARN, without receiving from it. `None` if there
    /// is none.
    #[must_use]
    pub fn queue(&self, queue: &str) -> Option<QueueSnapshot> {
        let name = queue.rsplit(['/', ':']).next()?;
        self.shared.sqs.snapshot(name, self.shared.clock.now())
    }

    /// What a delete by a receipt handle that a later receive has replaced does, from now on.
    pub fn set_stale_deletes(&self, stale: StaleDeletes) {
        self.shared.sqs.set_stale_deletes(stale);
    }

    /// Moves the server's clock forward: visibility timeouts, delays, waits of long polls,
    /// retention. Real time goes on from there; the delays of faults stay in real time.
    pub fn advance(&self, by: Duration) {
        self.shared.clock.advance(by);
        self.shared.sqs.wake_all();
    }
}
