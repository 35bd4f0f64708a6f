use super::{World, eventually, secs, server};
use local_aws::BackendKind;
use s3_sqs_processor::provision::Provision;
use std::sync::atomic::{AtomicU32, Ordering};

/// What a test needs of its own: a bucket, a topic, and one queue or more with their dead-letter
/// queues.
#[must_use]
pub(crate) struct Setup {
    kind: BackendKind,
    name: String,
    provision: Provision,
    keep_test_events: bool,
    alone: bool,
}

impl Setup {
    /// Names begin with `name` and are unique, so that tests share a server. The visibility timeout
    /// is 30 s, so that only tests that want to see a message come back do.
    pub(crate) fn new(name: &str) -> Self {
        Self::on(super::backend_kind(), name)
    }

    /// The same on a server of this kind, whatever the suite runs on.
    pub(crate) fn on(kind: BackendKind, name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("{name}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let provision = Provision::new(&name).visibility_timeout(secs(30));
        Self { kind, name, provision, keep_test_events: false, alone: false }
    }

    pub(crate) fn visibility(self, seconds: u64) -> Self {
        self.with(|provision| provision.visibility_timeout(secs(seconds)))
    }

    pub(crate) fn max_receives(self, receives: u16) -> Self {
        self.with(|provision| provision.max_receives(receives))
    }

    /// These queues instead of one.
    pub(crate) fn queues<const N: usize>(mut self, names: [&str; N]) -> Self {
        for name in names {
            self.provision = self.provision.queue(format!("{}-{name}", self.name));
        }
        self
    }

    pub(crate) fn with(mut self, change: impl FnOnce(Provision) -> Provision) -> Self {
        self.provision = change(self.provision);
        self
    }

    /// Has the server to itself: a load under which the short leases of other tests would lapse.
    pub(crate) fn alone(mut self) -> Self {
        self.alone = true;
        self
    }

    /// Leaves the message on the queues with which S3 tries a new notification.
    pub(crate) fn keep_test_events(mut self) -> Self {
        self.keep_test_events = true;
        self
    }

    pub(crate) async fn make(self) -> World {
        let turn = server::turn(self.alone).await;
        let backend = server::backend(self.kind).await;
        let config = backend.sdk_config().await;
        let provisioned =
            self.provision.apply(&config).await.unwrap_or_else(|error| panic!("{error}"));
        let world = World::new(turn, backend, config, self.name, provisioned);
        for queue in &world.queues {
            if self.keep_test_events {
                eventually("the test event", async || {
                    (world.counts(&queue.url).await.visible > 0).then_some(())
                })
                .await;
            } else {
                world.take(&queue.url, 1).await;
            }
        }
        world
    }
}
