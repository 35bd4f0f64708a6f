use crate::{
    port::{PortError, PortErrorKind, Queue},
    tracking::{Answer, Entry, Moment, Request},
};
use futures::future::BoxFuture;
use std::{sync::Arc, time::Duration};

/// A batch request that ended, with the answer to each entry.
pub(super) struct Answered {
    pub(super) request: Request,
    pub(super) sent: Moment,
    pub(super) entries: Vec<(Entry, Answer)>,
    /// Why none of them was done, if the request failed as a whole.
    pub(super) error: Option<String>,
    /// The queue itself is gone.
    pub(super) queue_gone: bool,
}

/// Sends a batch and waits at most `timeout` for it, the SDK's retries included. What was not
/// answered in time may still take effect.
pub(super) fn send(
    queue: Arc<dyn Queue>,
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
        let (mut answers, error) = match outcome {
            Ok(Ok(answers)) => (answers, None),
            Ok(Err(error)) => (vec![Answer::Refused; entries.len()], Some(error.to_string())),
            Err(_) => (Vec::new(), Some(format!("no answer within {timeout:?}"))),
        };
        // An entry without an answer must not wait for one for ever.
        answers.resize(entries.len(), Answer::Unanswered);
        let entries = entries.into_iter().zip(answers).collect();
        Answered { request, sent, entries, error, queue_gone }
    })
}
