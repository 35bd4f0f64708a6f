//! A look at queues from outside.

use super::{World, eventually};
use aws_sdk_sqs::types::{Message, QueueAttributeName as Name};

/// The messages of a queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) visible: u32,
    /// Received, and neither deleted nor visible again.
    pub(crate) hidden: u32,
    pub(crate) delayed: u32,
}

impl Counts {
    pub(crate) const EMPTY: Counts = Counts { visible: 0, hidden: 0, delayed: 0 };

    pub(crate) fn hidden(hidden: u32) -> Counts {
        Counts { hidden, ..Counts::EMPTY }
    }
}

impl World {
    pub(crate) async fn counts(&self, queue_url: &str) -> Counts {
        let request =
            self.sqs.get_queue_attributes().queue_url(queue_url).attribute_names(Name::All);
        let attributes = request.send().await.unwrap().attributes.unwrap_or_default();
        let count = |name| {
            attributes.get(&name).map(|count: &String| count.parse().unwrap()).unwrap_or_default()
        };
        Counts {
            visible: count(Name::ApproximateNumberOfMessages),
            hidden: count(Name::ApproximateNumberOfMessagesNotVisible),
            delayed: count(Name::ApproximateNumberOfMessagesDelayed),
        }
    }

    /// Nothing is left on the first queue, and nothing went to its dead-letter queue.
    pub(crate) async fn assert_all_gone(&self) {
        assert_eq!(self.counts(self.queue_url()).await, Counts::EMPTY);
        assert_eq!(self.counts(self.dead_letter_url()).await, Counts::EMPTY);
    }

    /// Sends `body` to the first queue; gives the message's id.
    pub(crate) async fn send(&self, body: &str) -> String {
        let sent =
            self.sqs.send_message().queue_url(self.queue_url()).message_body(body).send().await;
        sent.unwrap().message_id.unwrap()
    }

    /// Waits for so many messages, and takes them away.
    pub(crate) async fn take(&self, queue_url: &str, count: usize) -> Vec<Message> {
        let mut taken = Vec::new();
        eventually(&format!("{count} messages on {queue_url}"), async || {
            let receive =
                self.sqs.receive_message().queue_url(queue_url).max_number_of_messages(10);
            for message in
                receive.wait_time_seconds(1).send().await.unwrap().messages.unwrap_or_default()
            {
                let delete = self.sqs.delete_message().queue_url(queue_url);
                delete.set_receipt_handle(message.receipt_handle.clone()).send().await.unwrap();
                taken.push(message);
            }
            (taken.len() >= count).then_some(())
        })
        .await;
        assert_eq!(taken.len(), count, "{taken:#?}");
        taken
    }

    /// The bodies that the first queue's dead-letter queue has, after so many came.
    pub(crate) async fn dead_letters(&self, count: usize) -> Vec<String> {
        let messages = self.take(self.dead_letter_url(), count).await;
        messages.into_iter().map(|message| message.body.unwrap_or_default()).collect()
    }
}
