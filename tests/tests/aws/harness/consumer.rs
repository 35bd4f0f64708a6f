use super::eventually;
use s3_sqs_processor::{Builder, Handle, RunError, Stats};
use tokio::task::JoinHandle;

/// A pipeline that runs beside its test.
pub(crate) struct Consumer {
    pub(crate) handle: Handle,
    running: JoinHandle<Result<Stats, RunError>>,
}

impl Consumer {
    pub(crate) fn start(builder: Builder) -> Self {
        let pipeline = builder.build().unwrap();
        Self { handle: pipeline.handle(), running: tokio::spawn(pipeline.run()) }
    }

    /// Waits until the counters show it.
    pub(crate) async fn until(&self, what: &str, shows: impl Fn(&Stats) -> bool) -> Stats {
        let mut last = Stats::default();
        let waiting = eventually(what, async || {
            last = self.handle.stats();
            if shows(&last) {
                return Some(true);
            }
            self.running.is_finished().then_some(false)
        });
        // What it had counted helps more than that it never happened.
        let shown = tokio::time::timeout(super::secs(80), waiting).await;
        assert_eq!(shown, Ok(true), "{what}: {last:#?}");
        last
    }

    pub(crate) async fn until_deleted(&self, messages: u64) -> Stats {
        self.until("messages deleted", |stats| stats.messages.deleted >= messages).await
    }

    /// Drains; everything held must have found its end.
    pub(crate) async fn stop(self) -> Stats {
        self.handle.drain();
        let stats = self.running.await.unwrap().unwrap();
        assert_eq!(stats.held, 0);
        stats
    }

    /// Waits until so many messages are deleted, then drains.
    pub(crate) async fn finish(self, messages: u64) -> Stats {
        self.until_deleted(messages).await;
        self.stop().await
    }

    /// Drops the pipeline's future where it stands.
    pub(crate) async fn drop_future(self) {
        self.running.abort();
        assert!(self.running.await.unwrap_err().is_cancelled());
    }
}
