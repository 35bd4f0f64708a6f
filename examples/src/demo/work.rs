use super::tally::Tally;
use s3_sqs_processor::{Context, ProcessError, Record, RecordProcessor};
use serde::Deserialize;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::sync::{Notify, mpsc::UnboundedSender};

/// How long each record takes: about what a database would.
const WORK: Duration = Duration::from_millis(5);

/// A processor of the demo: counts which records it has done.
pub(super) struct Work {
    pub(super) tally: Arc<Tally>,
    pub(super) mishap: Mishap,
}

/// What is to go wrong.
#[derive(Clone)]
pub(super) enum Mishap {
    Nothing,
    /// One record fails the first time.
    FailsOnce(Arc<FailsOnce>),
    /// After so many records the work stands still, until the consumer is killed in the middle of
    /// it.
    StandsStill(Arc<StandsStill>),
}

pub(super) struct FailsOnce {
    pub(super) number: u64,
    pub(super) tries: AtomicU64,
    pub(super) news: UnboundedSender<News>,
}

pub(super) struct StandsStill {
    pub(super) after: u64,
    pub(super) begun: AtomicU64,
    pub(super) reached: Notify,
}

impl StandsStill {
    /// Counts a record that begins. The first one too many gives the sign.
    fn is_reached(&self) -> bool {
        let begun = self.begun.fetch_add(1, Relaxed);
        if begun == self.after {
            self.reached.notify_one();
        }
        begun >= self.after
    }
}

/// What a processor has to tell.
#[derive(Debug, Clone, Copy)]
pub(super) enum News {
    Failed(u64),
    Succeeded { number: u64, receive_count: u32 },
}

#[derive(Deserialize)]
struct Order {
    sequence: u64,
}

impl RecordProcessor for Work {
    async fn process(&self, record: Record<'_>, cx: &Context) -> Result<(), ProcessError> {
        let order: Order = serde_json::from_slice(record.payload())?;
        if let Mishap::StandsStill(still) = &self.mishap
            && still.is_reached()
        {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(WORK).await;
        if let Mishap::FailsOnce(fails) = &self.mishap
            && fails.number == order.sequence
        {
            match fails.tries.fetch_add(1, Relaxed) {
                0 => {
                    self.tally.failed();
                    fails.news.send(News::Failed(order.sequence)).ok();
                    return Err(ProcessError::retry("fails the first time, for the demo"));
                }
                1 => {
                    let news = News::Succeeded {
                        number: order.sequence,
                        receive_count: cx.receive_count(),
                    };
                    fails.news.send(news).ok();
                }
                _ => {}
            }
        }
        self.tally.done(order.sequence);
        Ok(())
    }
}
