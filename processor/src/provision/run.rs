//! The steps, in an order in which no announcement can be lost: the notification comes last.

use super::plan::Plan;
use super::provisioned::{ProvisionedBucket, ProvisionedQueue, ProvisionedTopic};
use super::queue::{self, Queue};
use super::{Clients, ProvisionError, Provisioned, bucket, subscription, topic};

/// Where everything is: read from the ARN of a queue, which SQS gives without further permissions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Location {
    partition: String,
    pub(super) region: String,
    pub(super) account: String,
}

impl Location {
    pub(super) fn of_queue(arn: &str) -> Result<Self, ProvisionError> {
        let parts: Vec<&str> = arn.split(':').collect();
        let ["arn", partition, "sqs", region, account, _] = parts[..] else {
            return Err(ProvisionError::unexpected(format!(
                "SQS gave `{arn}` as the ARN of a queue; check the endpoint"
            )));
        };
        Ok(Self {
            partition: partition.to_owned(),
            region: region.to_owned(),
            account: account.to_owned(),
        })
    }

    #[cfg(test)]
    pub(super) fn at(region: &str) -> Self {
        Self {
            partition: "aws".to_owned(),
            region: region.to_owned(),
            account: "123456789012".to_owned(),
        }
    }

    pub(super) fn queue_arn(&self, name: &str) -> String {
        format!("arn:{}:sqs:{}:{}:{name}", self.partition, self.region, self.account)
    }

    pub(super) fn topic_arn(&self, name: &str) -> String {
        format!("arn:{}:sns:{}:{}:{name}", self.partition, self.region, self.account)
    }

    fn bucket_arn(&self, name: &str) -> String {
        format!("arn:{}:s3:::{name}", self.partition)
    }
}

pub(super) async fn run(plan: &Plan, clients: &Clients) -> Result<Provisioned, ProvisionError> {
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
    fn a_queue_tells_where_everything_is() {
        let location =
            Location::of_queue("arn:aws-cn:sqs:cn-north-1:123456789012:q").expect("an ARN");
        assert_eq!(location.topic_arn("t"), "arn:aws-cn:sns:cn-north-1:123456789012:t");
        assert_eq!(location.bucket_arn("b"), "arn:aws-cn:s3:::b");
        for arn in ["", "q", "arn:aws:sns:r:a:q", "arn:aws:sqs:r:a"] {
            Location::of_queue(arn).expect_err(arn);
        }
    }
}
