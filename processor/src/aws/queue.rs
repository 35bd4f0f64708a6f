use super::{
    endpoint,
    errors::{entry_answer, had_no_effect, map},
};
use crate::{
    port::{Answers, PortError, PortErrorKind, Queue, QueueAttributes, Receive, Received},
    record::Told,
    tracking::{Answer, Entry},
};
use aws_sdk_sqs::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    types::{
        BatchResultErrorEntry, ChangeMessageVisibilityBatchRequestEntry,
        DeleteMessageBatchRequestEntry, Message, MessageAttributeValue, MessageSystemAttributeName,
        QueueAttributeName,
    },
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use futures::future::BoxFuture;
use std::time::{Duration, SystemTime};

/// An SQS queue.
#[derive(Debug)]
pub(crate) struct SqsQueue {
    client: Client,
    url: String,
    /// Where the URL and the client name different regions.
    regions: Option<String>,
}

impl SqsQueue {
    pub(crate) fn new(client: Client, url: String) -> Self {
        let own = client.config().region().map(ToString::to_string);
        let regions = endpoint::region_of_queue(&url)
            .zip(own.as_deref())
            .filter(|(of_url, own)| of_url != own)
            .map(|(of_url, own)| format!("; the URL names {of_url}, the configuration {own}"));
        Self { client, url, regions }
    }

    /// What may be the reason is named too.
    fn map<E>(&self, what: &str, error: SdkError<E, HttpResponse>) -> PortError
    where
        E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    {
        let mut error = map(what, error);
        if let Some(regions) = &self.regions
            && !matches!(error.kind, PortErrorKind::Transient | PortErrorKind::Throttled)
        {
            error.message.push_str(regions);
        }
        error
    }

    async fn read_attributes(&self) -> Result<QueueAttributes, PortError> {
        let answer = self
            .client
            .get_queue_attributes()
            .queue_url(&self.url)
            .attribute_names(QueueAttributeName::VisibilityTimeout)
            .attribute_names(QueueAttributeName::RedrivePolicy)
            .send()
            .await
            .map_err(|error| self.map("reading the queue's attributes", error))?;
        let attribute =
            |name| answer.attributes().and_then(|all| all.get(&name)).map(String::as_str);
        let seconds =
            attribute(QueueAttributeName::VisibilityTimeout).and_then(|text| text.parse().ok());
        let seconds = seconds.ok_or_else(|| {
            PortError::new(
                PortErrorKind::Fatal,
                "reading the queue's attributes: the answer has no VisibilityTimeout",
            )
        })?;
        Ok(QueueAttributes {
            visibility_timeout: Duration::from_secs(seconds),
            max_receives: attribute(QueueAttributeName::RedrivePolicy).and_then(max_receives),
        })
    }

    async fn receive_messages(&self, receive: Receive) -> Result<Vec<Received>, PortError> {
        let answer = self
            .client
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(whole(receive.max as u64))
            .visibility_timeout(whole(receive.visibility_timeout.as_secs()))
            .wait_time_seconds(whole(receive.wait.as_secs()))
            .set_message_system_attribute_names(Some(ASKED.to_vec()))
            .message_attribute_names("All")
            .send()
            .await
            .map_err(|error| self.map("receiving messages", error))?;
        Ok(answer.messages.unwrap_or_default().into_iter().filter_map(received).collect())
    }

    async fn change(&self, entries: Vec<Entry>) -> Result<Answers, PortError> {
        let parts: Result<Vec<_>, _> = entries
            .iter()
            .enumerate()
            .map(|(id, entry)| {
                ChangeMessageVisibilityBatchRequestEntry::builder()
                    .id(id.to_string())
                    .receipt_handle(&entry.receipt)
                    .visibility_timeout(whole(entry.term.as_secs()))
                    .build()
            })
            .collect();
        let parts =
            parts.map_err(|error| PortError::new(PortErrorKind::Fatal, error.to_string()))?;
        let sent = self
            .client
            .change_message_visibility_batch()
            .queue_url(&self.url)
            .set_entries(Some(parts))
            .send();
        match sent.await {
            Ok(answer) => {
                let done = answer.successful().iter().map(|entry| entry.id());
                Ok(answers(entries.len(), done, answer.failed()))
            }
            Err(error) => failed_whole("changing visibility timeouts", entries.len(), error),
        }
    }

    async fn delete_messages(&self, entries: Vec<Entry>) -> Result<Answers, PortError> {
        let parts: Result<Vec<_>, _> = entries
            .iter()
            .enumerate()
            .map(|(id, entry)| {
                DeleteMessageBatchRequestEntry::builder()
                    .id(id.to_string())
                    .receipt_handle(&entry.receipt)
                    .build()
            })
            .collect();
        let parts =
            parts.map_err(|error| PortError::new(PortErrorKind::Fatal, error.to_string()))?;
        let sent =
            self.client.delete_message_batch().queue_url(&self.url).set_entries(Some(parts)).send();
        match sent.await {
            Ok(answer) => {
                let done = answer.successful().iter().map(|entry| entry.id());
                Ok(answers(entries.len(), done, answer.failed()))
            }
            Err(error) => failed_whole("deleting messages", entries.len(), error),
        }
    }
}

impl Queue for SqsQueue {
    fn attributes(&self) -> BoxFuture<'_, Result<QueueAttributes, PortError>> {
        Box::pin(self.read_attributes())
    }

    fn receive(&self, receive: Receive) -> BoxFuture<'_, Result<Vec<Received>, PortError>> {
        Box::pin(self.receive_messages(receive))
    }

    fn change_visibility(&self, entries: Vec<Entry>) -> BoxFuture<'_, Result<Answers, PortError>> {
        Box::pin(self.change(entries))
    }

    fn delete(&self, entries: Vec<Entry>) -> BoxFuture<'_, Result<Answers, PortError>> {
        Box::pin(self.delete_messages(entries))
    }

    fn url(&self) -> &str {
        &self.url
    }
}

/// A message without id or receipt cannot be settled: it is left to its visibility timeout.
fn received(message: Message) -> Option<Received> {
    let number = |name: &MessageSystemAttributeName| {
        message.attributes.as_ref()?.get(name)?.parse::<u64>().ok()
    };
    let time = |name| {
        number(name).and_then(|ms| SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(ms)))
    };
    let [count, sent, first, trace] = &ASKED;
    let receive_count = number(count).and_then(|count| count.try_into().ok()).unwrap_or(1);
    let (sent_at, first_received_at) = (time(sent), time(first));
    let trace_header = message.attributes.as_ref().and_then(|all| all.get(trace)).cloned();
    let attributes = message.message_attributes.unwrap_or_default();
    let text = |(name, value): (String, MessageAttributeValue)| Some((name, value.string_value?));
    let told = Told {
        id: message.message_id?,
        sent_at,
        first_received_at,
        trace_header,
        attributes: attributes.into_iter().filter_map(text).collect(),
    };
    let (receipt, body) = (message.receipt_handle?, message.body.unwrap_or_default());
    Some(Received { receipt, body, receive_count, told })
}

/// What is asked for with each message.
const ASKED: [MessageSystemAttributeName; 4] = [
    MessageSystemAttributeName::ApproximateReceiveCount,
    MessageSystemAttributeName::SentTimestamp,
    MessageSystemAttributeName::ApproximateFirstReceiveTimestamp,
    MessageSystemAttributeName::AwsTraceHeader,
];

/// An answer of status 200 speaks of each entry, and may have failed any of them. One it does not
/// speak of may have been done or not.
fn answers<'a>(
    count: usize,
    done: impl Iterator<Item = &'a str>,
    failed: &[BatchResultErrorEntry],
) -> Answers {
    let mut answers = vec![Answer::Unanswered; count];
    let mut set = |id: &str, answer| {
        if let Some(place) = id.parse::<usize>().ok().and_then(|id| answers.get_mut(id)) {
            *place = answer;
        }
    };
    done.for_each(|id| set(id, Answer::Done));
    failed.iter().for_each(|entry| set(entry.id(), entry_answer(entry.code())));
    answers
}

/// A batch that failed as a whole: an error where it certainly had no effect, else nobody knows
/// about any entry.
fn failed_whole<E>(
    what: &str,
    count: usize,
    error: SdkError<E, HttpResponse>,
) -> Result<Answers, PortError>
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    if had_no_effect(&error) {
        return Err(map(what, error));
    }
    tracing::warn!(error = %map(what, error), "a batch request was not answered");
    Ok(vec![Answer::Unanswered; count])
}

fn max_receives(policy: &str) -> Option<u32> {
    let policy: serde_json::Value = serde_json::from_str(policy).ok()?;
    let count = &policy["maxReceiveCount"];
    // AWS documents a number; queues made with the console hold a text.
    count
        .as_u64()
        .or_else(|| count.as_str()?.parse().ok())
        .and_then(|count| u32::try_from(count).ok())
}

fn whole(value: u64) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(id: &str, code: &str) -> BatchResultErrorEntry {
        BatchResultErrorEntry::builder()
            .id(id)
            .code(code)
            .sender_fault(true)
            .build()
            .expect("complete")
    }

    #[test]
    fn trap_34_each_entry_of_a_batch_has_its_own_answer() {
        let failures = [
            failed("1", "ReceiptHandleIsInvalid"),
            failed("3", "InternalError"),
            failed("x", "InternalError"),
        ];
        let answers = answers(5, ["0", "9"].into_iter(), &failures);
        assert_eq!(
            answers,
            [Answer::Done, Answer::Lost, Answer::Unanswered, Answer::Refused, Answer::Unanswered]
        );
    }

    #[test]
    fn redrive_policies_hold_numbers_or_texts() {
        assert_eq!(max_receives(r#"{"deadLetterTargetArn":"a","maxReceiveCount":3}"#), Some(3));
        assert_eq!(max_receives(r#"{"maxReceiveCount":"5"}"#), Some(5));
        assert_eq!(max_receives("{}"), None);
        assert_eq!(max_receives("no json"), None);
    }
}
