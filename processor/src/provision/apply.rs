//! The steps, in an order in which no announcement can be lost: the notification comes last.

use super::location::Location;
use super::plan::Plan;
use super::provisioned::{ProvisionedBucket, ProvisionedQueue, ProvisionedTopic};
use super::queue::{self, Queue};
use super::{Clients, Provision, ProvisionError, Provisioned, bucket, subscription, topic};

impl Provision {
    /// Creates what is missing and changes what differs; takes an `&SdkConfig` or [`Clients`].
    ///
    /// # Errors
    /// If a setting is out of its bounds, which is found before anything is sent; if a thing exists
    /// that cannot be used as it is; if a request is denied or fails. What was made before an error
    /// stays, and the next run goes on from there.
    ///
    /// # Cancel safety
    /// As after an error: what was made stays.
    pub async fn apply(&self, clients: impl Into<Clients>) -> Result<Provisioned, ProvisionError> {
        let plan = Plan::new(self)?;
        carry_out(&plan, &clients.into()).await
    }
}

async fn carry_out(plan: &Plan, clients: &Clients) -> Result<Provisioned, ProvisionError> {
    let mut changes = Vec::new();
    let mut queues: Vec<(Queue, Queue)> = Vec::with_capacity(plan.queues.len());
    for wanted in &plan.queues {
        queues.push(queue::ensure_pair(&clients.sqs, wanted, &plan.topic, &mut changes).await?);
    }
    let first = queues.first().map(|(queue, _)| queue.arn.as_str()).unwrap_or_default();
    let location = Location::of_queue(first)?;
    let bucket_arn = location.bucket_arn(&plan.bucket);
    let topic_arn = location.topic_arn(&plan.topic);

    bucket::ensure(&clients.s3, &plan.bucket, &location, &mut changes).await?;
    topic::ensure(&clients.sns, plan, &topic_arn, &bucket_arn, &location, &mut changes).await?;
    let mut provisioned = Vec::with_capacity(queues.len());
    for (queue, dead_letter) in queues {
        let subscription_arn =
            subscription::ensure(&clients.sns, plan, &topic_arn, &queue, &mut changes).await?;
        let Queue { name, url, arn, .. } = queue;
        let dead_letter_queue = dead_letter.address();
        provisioned.push(ProvisionedQueue { name, url, arn, dead_letter_queue, subscription_arn });
    }
    let notification_id = bucket::notify(&clients.s3, plan, &topic_arn, &mut changes).await?;

    Ok(Provisioned {
        region: location.region,
        account: location.account,
        bucket: ProvisionedBucket { name: plan.bucket.clone(), arn: bucket_arn, notification_id },
        topic: ProvisionedTopic { name: plan.topic.clone(), arn: topic_arn },
        queues: provisioned,
        changes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn applying_can_be_spawned() {
        fn sendable<T: Send>(_: &T) {}
        let provision = Provision::new("orders");
        let clients = Clients::new(
            aws_sdk_s3::Client::from_conf(
                aws_sdk_s3::Config::builder().behavior_version_latest().build(),
            ),
            aws_sdk_sqs::Client::from_conf(
                aws_sdk_sqs::Config::builder().behavior_version_latest().build(),
            ),
            aws_sdk_sns::Client::from_conf(
                aws_sdk_sns::Config::builder().behavior_version_latest().build(),
            ),
        );
        sendable(&provision.apply(clients));
    }
}
