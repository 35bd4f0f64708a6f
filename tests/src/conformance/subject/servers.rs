//! The ports of an [`Aws`].

use super::port::{Got, Miss, Queue, Read, Settled};
use crate::conformance::Aws;
use aws_sdk_sqs::types::{
    BatchResultErrorEntry, ChangeMessageVisibilityBatchRequestEntry as Change,
    DeleteMessageBatchRequestEntry as Delete, MessageSystemAttributeName as System,
    QueueAttributeName as Name,
};
use std::time::Duration;

impl Aws {
    pub(super) async fn queue_with(&self, max_receives: Option<u32>) -> Queue {
        let Some(most) = max_receives else {
            return Queue { name: self.plain_queue().await, dead_letters: None };
        };
        let dead = self.plain_queue().await;
        let arn = self.queue_arn(&dead).await;
        let policy = format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":"{most}"}}"#);
        let name = self.queue_set_to(&[(Name::RedrivePolicy, &policy)]).await;
        Queue { name, dead_letters: Some(dead) }
    }

    pub(super) async fn send(&self, queue: &Queue, body: &str, delay: u32) {
        let send = self.sqs.send_message().queue_url(&queue.name).message_body(body);
        let delay = (delay > 0).then_some(delay as i32);
        send.set_delay_seconds(delay).send().await.unwrap();
    }

    pub(super) async fn receive(&self, queue: &Queue, visibility: u32, wait: u32) -> Vec<Got> {
        let receive = self.sqs.receive_message().queue_url(&queue.name).max_number_of_messages(10);
        let receive = receive.message_system_attribute_names(System::ApproximateReceiveCount);
        let received = receive
            .visibility_timeout(visibility as i32)
            .wait_time_seconds(wait as i32)
            .send()
            .await
            .unwrap();
        let got = received.messages.unwrap_or_default().into_iter().map(|message| Got {
            count: message.attributes.as_ref().unwrap()[&System::ApproximateReceiveCount]
                .parse()
                .unwrap(),
            receipt: message.receipt_handle.unwrap(),
        });
        got.collect()
    }

    pub(super) async fn change(&self, queue: &Queue, entries: &[(&str, u32)]) -> Vec<Settled> {
        let change = |(at, (receipt, seconds)): (usize, &(&str, u32))| {
            let entry = Change::builder().id(at.to_string()).receipt_handle(*receipt);
            entry.visibility_timeout(*seconds as i32).build().unwrap()
        };
        let batch = self.sqs.change_message_visibility_batch().queue_url(&queue.name);
        let batch = batch.set_entries(Some(entries.iter().enumerate().map(change).collect()));
        settled(entries.len(), batch.send().await.unwrap().failed())
    }

    pub(super) async fn delete(&self, queue: &Queue, receipts: &[&str]) -> Vec<Settled> {
        let delete = |(at, receipt): (usize, &&str)| {
            Delete::builder().id(at.to_string()).receipt_handle(*receipt).build().unwrap()
        };
        let batch = self.sqs.delete_message_batch().queue_url(&queue.name);
        let batch = batch.set_entries(Some(receipts.iter().enumerate().map(delete).collect()));
        settled(receipts.len(), batch.send().await.unwrap().failed())
    }

    pub(super) async fn counts(&self, queue: &Queue) -> [usize; 3] {
        self.counts_of(&queue.name).await
    }

    pub(super) async fn dead(&self, queue: &Queue) -> usize {
        self.counts_of(queue.dead_letters.as_deref().unwrap()).await[0]
    }

    /// Waits until so much time has passed on the server: for a message that is delayed so long.
    pub(in crate::conformance) async fn pass(&self, seconds: u32) {
        if let Some(embedded) = self.embedded() {
            embedded.advance(Duration::from_secs(seconds.into()));
            return;
        }
        let queue = self.queue_with(None).await;
        self.send(&queue, "tick", seconds).await;
        while self.receive(&queue, 30, 20).await.is_empty() {}
    }

    /// So much time where the clock can be moved, two seconds elsewhere; tells which.
    pub(super) async fn pass_long(&self, seconds: u32) -> u32 {
        let seconds = if self.embedded().is_some() { seconds } else { 2 };
        self.pass(seconds).await;
        seconds
    }

    /// Gives the server the time to notice that a poll's client is gone.
    pub(super) async fn forget_poll(&self, queue: &Queue) {
        let Some(embedded) = self.embedded() else {
            return self.pass(1).await;
        };
        while embedded.queue(&queue.name).unwrap().waiting > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    pub(super) async fn bucket_with(&self, versioned: bool) -> String {
        let bucket = self.bucket().await;
        if versioned {
            self.keep_versions(&bucket).await;
        }
        bucket
    }

    pub(super) async fn put(
        &self,
        bucket: &str,
        key: &str,
        bytes: &[u8],
    ) -> (String, Option<String>) {
        let put = self
            .s3
            .put_object()
            .bucket(bucket)
            .key(key)
            .body(bytes.to_vec().into())
            .send()
            .await
            .unwrap();
        (put.e_tag.unwrap(), put.version_id)
    }

    pub(super) async fn remove(&self, bucket: &str, key: &str) {
        self.s3.delete_object().bucket(bucket).key(key).send().await.unwrap();
    }

    pub(super) async fn read(
        &self,
        bucket: &str,
        key: &str,
        read: Read<'_>,
    ) -> Result<Vec<u8>, Miss> {
        let get = self.s3.get_object().bucket(bucket).key(key);
        let get = get
            .set_version_id(read.version.map(str::to_owned))
            .set_if_match(read.if_match.map(str::to_owned));
        let get = get.set_range((read.from > 0).then(|| format!("bytes={}-", read.from)));
        match get.send().await {
            Ok(got) => Ok(got.body.collect().await.unwrap().to_vec()),
            Err(error) => {
                Err(match error.raw_response().map(|response| response.status().as_u16()) {
                    Some(404) => Miss::Gone,
                    Some(412) => Miss::Changed,
                    _ => Miss::Refused,
                })
            }
        }
    }
}

fn settled(entries: usize, failed: &[BatchResultErrorEntry]) -> Vec<Settled> {
    let of = |at: usize| failed.iter().find(|failed| failed.id == at.to_string());
    (0..entries).map(|at| of(at).map_or(Settled::Done, kind)).collect()
}

/// One code stands for several things.
fn kind(failed: &BatchResultErrorEntry) -> Settled {
    // LocalStack names some by the exception of its protocol.
    match failed.code.rsplit('.').next().unwrap_or_default().trim_end_matches("Exception") {
        "InvalidParameterValue"
            if failed.message().is_some_and(|text| text.contains("VisibilityTimeout")) =>
        {
            Settled::Refused
        }
        "ReceiptHandleIsInvalid" | "InvalidParameterValue" | "MessageNotInflight" => Settled::Lost,
        _ => Settled::Refused,
    }
}
