//! SQS: the JSON protocol over queues in memory.

mod attributes;
mod batch;
mod error;
mod manage;
mod message;
mod queue;
mod queues;
mod receipt;
mod receive;
mod send;
mod settle;
mod stale_deletes;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use error::SqsError;
pub(crate) use message::{Draft, MessageAttribute, MessageAttributes, size};
pub use queue::{MessageSnapshot, MessageState, QueueSnapshot};
pub(crate) use queues::Queues;
pub(crate) use send::deliver;
pub use stale_deletes::StaleDeletes;

use crate::embedded::Shared;
use crate::embedded::fault::Fault;

/// Carries out one action. `faults` are those of this request; failed batch entries and duplicates
/// are ours to do.
pub(crate) async fn handle(
    shared: &Shared,
    action: &str,
    body: &[u8],
    faults: &[Fault],
) -> Result<Bytes, SqsError> {
    match action {
        "ReceiveMessage" => reply(&receive::receive(shared, input(body)?, faults).await?),
        "SendMessage" => reply(&send::send(shared, input(body)?)?),
        "SendMessageBatch" => reply(&send::send_batch(shared, input(body)?, faults)?),
        "DeleteMessage" => settle::delete(shared, &input(body)?).and_then(done),
        "DeleteMessageBatch" => reply(&settle::delete_batch(shared, &input(body)?, faults)?),
        "ChangeMessageVisibility" => settle::change(shared, &input(body)?).and_then(done),
        "ChangeMessageVisibilityBatch" => {
            reply(&settle::change_batch(shared, &input(body)?, faults)?)
        }
        "CreateQueue" => reply(&manage::create(shared, &input(body)?)?),
        "GetQueueUrl" => reply(&manage::url(shared, &input(body)?)?),
        "ListQueues" => reply(&manage::list(shared, &input(body)?)),
        "GetQueueAttributes" => reply(&manage::attributes(shared, &input(body)?)?),
        "SetQueueAttributes" => manage::set_attributes(shared, &input(body)?).and_then(done),
        "DeleteQueue" => manage::delete(shared, &input(body)?).and_then(done),
        "PurgeQueue" => manage::purge(shared, &input(body)?).and_then(done),
        "ListDeadLetterSourceQueues" => reply(&manage::dead_letter_sources(shared, &input(body)?)?),
        _ => Err(SqsError::unsupported(action)),
    }
}

fn input<T: DeserializeOwned>(body: &[u8]) -> Result<T, SqsError> {
    serde_json::from_slice(body).map_err(|error| SqsError::malformed(&error))
}

fn reply(output: &impl Serialize) -> Result<Bytes, SqsError> {
    serde_json::to_vec(output).map(Bytes::from).map_err(|error| SqsError::malformed(&error))
}

fn done((): ()) -> Result<Bytes, SqsError> {
    Ok(Bytes::from_static(b"{}"))
}
