use crate::{
    port::{PortError, PortErrorKind, Queue},
    runtime::report,
    stats::Counters,
    tracking::{Answer, Entry, Moment, Request},
};
use futures::future::BoxFuture;
use std::{sync::Arc, time::Duration};

/// A batch request that ended, with the answer to each entry.
pub(super) struct Answered {
    pub(super) request: Request,
    pub(super) sent: Moment,
    pub(super) entries: Vec<(Entry, Answer)>,
    /// The queue itself is gone.
    pub(super) queue_gone: bool,
}

/// Sends a batch and waits at most `timeout` for it, the SDK's retries included. What was not
/// answered in time may still take effect.
pub(super) fn send(
    queue: Arc<dyn Queue>,
    counters: Arc<Counters>,
    request: Request,
    entries: Vec<Entry>,
    sent: Moment,
    timeout: Duration,
) -> BoxFuture<'static, Answered> {
    Box::pin(async move {
        let call = match request {
            Request::Extend | Request::Release => queue.change_visibility(entries.clone()),
            Request::Delete => queue.delete(entries.clone()),
        };
        let outcome = tokio::time::timeout(timeout, call).await;
        let queue_gone = matches!(&outcome, Ok(Err(PortError { kind: PortErrorKind::Gone, .. })));
        let answers = match outcome {
            Ok(Ok(mut answers)) => {
                // An entry without an answer must not wait for one for ever.
                answers.resize(entries.len(), Answer::Unanswered);
                let done = answers.iter().filter(|answer| **answer == Answer::Done).count();
                report::request_answered(&counters, request, done, answers.len() - done);
                answers
            }
            Ok(Err(error)) => {
                report::request_failed(&counters, request, entries.len(), &error);
                vec![Answer::Refused; entries.len()]
            }
            Err(elapsed) => {
                report::request_failed(&counters, request, entries.len(), &elapsed);
                vec![Answer::Unanswered; entries.len()]
            }
        };
        Answered { request, sent, entries: entries.into_iter().zip(answers).collect(), queue_gone }
    })
}
