use crate::queue::Queue;
use std::future::Future;
use tokio::task::JoinHandle;

/// By how much a dead-letter queue grows.
pub(super) struct DeadLetters(Known);

enum Known {
    Now(Option<(Queue, u64)>),
    Later(JoinHandle<Option<DeadLetters>>),
}

impl DeadLetters {
    /// Counts from now on. Where the dead-letter queue may not be read nothing is known.
    pub(super) async fn of(queue: &Queue, arn: String) -> Self {
        let counted = async {
            let queue = queue.sibling(&arn).await?;
            let before = queue.backlog().await.ok()?.total();
            Some((queue, before))
        };
        Self(Known::Now(counted.await))
    }

    /// As [`of`](Self::of), without waiting for it.
    pub(super) fn later(counted: impl Future<Output = Option<Self>> + Send + 'static) -> Self {
        Self(Known::Later(tokio::spawn(counted)))
    }

    /// How many more messages it has than at the start, if that can be known.
    pub(super) async fn increase(self) -> Option<u64> {
        let counted = match self.0 {
            Known::Now(counted) => counted,
            Known::Later(task) if task.is_finished() => match task.await.ok()??.0 {
                Known::Now(counted) => counted,
                Known::Later(_) => None,
            },
            Known::Later(task) => {
                task.abort();
                None
            }
        };
        let (queue, before) = counted?;
        Some(queue.backlog().await.ok()?.total().saturating_sub(before))
    }
}
