use crate::{
    config::{Lease, check_timeout},
    error::{RunError, RunErrorKind},
    port::{PortError, PortErrorKind, Queue, QueueAttributes},
    runtime::{Env, Signals, report},
};
use std::time::Duration;

/// How often the first request is tried, and how long at the most.
const TRIES: u32 = 5;
const TRY_TIMEOUT: Duration = Duration::from_secs(10);

/// What the queue and the settings amount to.
pub(super) struct Terms {
    /// What is sent with every receive.
    pub(super) visibility_timeout: Duration,
    /// The queue's own: how long a failed message stays away.
    pub(super) failure_delay: Duration,
    pub(super) attributes: Option<QueueAttributes>,
}

/// Reads the queue's attributes: the first request, and the one by which a wrong set-up shows.
/// `None`: told to stop.
pub(super) async fn terms(
    queue: &dyn Queue,
    lease: &Lease,
    env: &Env,
    signals: &Signals,
) -> Result<Option<Terms>, RunError> {
    let mut tried = 0;
    loop {
        tried += 1;
        let attempt = tokio::time::timeout(TRY_TIMEOUT, queue.attributes());
        let Some(outcome) = signals.drain.run_until_cancelled(attempt).await else {
            return Ok(None);
        };
        let outcome = outcome.unwrap_or_else(|_| {
            Err(PortError::new(
                PortErrorKind::Transient,
                format!("no answer within {TRY_TIMEOUT:?}"),
            ))
        });
        let error = match outcome {
            Ok(attributes) => return settle(queue.url(), lease, attributes).map(Some),
            Err(error) => error,
        };
        match (error.kind, lease.visibility_timeout) {
            (PortErrorKind::Denied, Some(timeout)) => {
                return Ok(Some(Terms {
                    visibility_timeout: timeout,
                    failure_delay: timeout,
                    attributes: None,
                }));
            }
            // Credentials of a role that was just given may come some seconds later than the
            // process.
            (
                PortErrorKind::Transient | PortErrorKind::Throttled | PortErrorKind::Credentials,
                _,
            ) if tried < TRIES => {
                let pause = env.jittered(Duration::from_millis(250) * 2_u32.pow(tried));
                report::start_delayed(queue.url(), &error, pause);
                if signals.drain.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                    return Ok(None);
                }
            }
            _ => return Err(refusal(queue.url(), error)),
        }
    }
}

fn settle(url: &str, lease: &Lease, attributes: QueueAttributes) -> Result<Terms, RunError> {
    let visibility_timeout = lease.visibility_timeout.unwrap_or(attributes.visibility_timeout);
    if let Err(problem) = check_timeout("visibility_timeout", visibility_timeout) {
        let message =
            format!("queue {url}: {problem} (it is the queue's own; set `lease` to override it)");
        return Err(RunError::new(RunErrorKind::Setting, message, None));
    }
    Ok(Terms {
        visibility_timeout,
        failure_delay: attributes.visibility_timeout,
        attributes: Some(attributes),
    })
}

/// The attributes may not be read, and the first receive shows that nothing else works either.
pub(super) fn receive_refused(url: &str, error: PortError) -> RunError {
    if error.kind != PortErrorKind::Denied {
        return refusal(url, error);
    }
    let remedy = "allow sqs:ReceiveMessage, sqs:ChangeMessageVisibility and sqs:DeleteMessage on \
                  the queue, and kms:Decrypt on its key if it has one";
    RunError::new(
        RunErrorKind::Denied,
        format!("queue {url}: {remedy} ({error})"),
        Some(Box::new(error)),
    )
}

/// One message that names the queue, what happened, and the way out.
fn refusal(url: &str, error: PortError) -> RunError {
    let (kind, remedy) = match error.kind {
        PortErrorKind::Gone => (
            RunErrorKind::QueueNotFound,
            "there is no such queue: check the URL, the region and the account in it",
        ),
        PortErrorKind::Denied => (
            RunErrorKind::Denied,
            "allow sqs:GetQueueAttributes on the queue, or give a visibility timeout with `lease` \
             (sqs:ReceiveMessage, sqs:ChangeMessageVisibility and sqs:DeleteMessage are needed in \
             any case)",
        ),
        PortErrorKind::Credentials => (
            RunErrorKind::Credentials,
            "give valid AWS credentials (environment variables, a profile, or a role)",
        ),
        PortErrorKind::Transient | PortErrorKind::Throttled => (
            RunErrorKind::Unreachable,
            "the service cannot be reached: check the endpoint, the network and any proxy",
        ),
        PortErrorKind::Fatal | PortErrorKind::Changed => (
            RunErrorKind::Setting,
            "the queue refuses the request: check the queue URL and the region",
        ),
    };
    let message = format!("queue {url}: {remedy} ({error})");
    RunError::new(kind, message, Some(Box::new(error)))
}

/// The queue vanished while it was in use.
pub(super) fn gone(url: &str) -> RunError {
    RunError::new(
        RunErrorKind::QueueNotFound,
        format!(
            "queue {url}: it no longer exists; create it again or give another URL, then start \
             the pipeline anew"
        ),
        None,
    )
}
