//! What SQS says about a queue, asked with a client of this program's own.

use crate::{aws, error::Error};
use aws_config::{SdkConfig, timeout::TimeoutConfig};
use aws_sdk_sqs::{Client, types::QueueAttributeName};
use std::{collections::HashMap, time::Duration};

const TIMEOUT: Duration = Duration::from_secs(10);

/// A queue to ask about.
#[derive(Debug, Clone)]
pub(crate) struct Queue {
    client: Client,
    url: String,
}

/// How many messages a queue has. SQS calls these numbers approximate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Backlog {
    pub(crate) visible: u64,
    pub(crate) hidden: u64,
    pub(crate) delayed: u64,
}

impl Backlog {
    pub(crate) fn total(self) -> u64 {
        self.visible + self.hidden + self.delayed
    }
}

impl Queue {
    pub(crate) fn new(config: &SdkConfig, url: &str) -> Self {
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(TIMEOUT).build();
        let config = aws_sdk_sqs::config::Builder::from(config).timeout_config(timeouts).build();
        Self { client: Client::from_conf(config), url: url.trim().to_owned() }
    }

    /// How many messages there are, held ones included.
    pub(crate) async fn backlog(&self) -> Result<Backlog, Error> {
        let [visible, hidden, delayed] = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        ];
        let attributes =
            self.attributes(vec![visible.clone(), hidden.clone(), delayed.clone()]).await?;
        let number = |name: &QueueAttributeName| {
            let text = attributes.get(name).and_then(|text| text.parse().ok());
            text.ok_or_else(|| Error::new(format!("queue {}: the answer has no {name}", self.url)))
        };
        Ok(Backlog {
            visible: number(&visible)?,
            hidden: number(&hidden)?,
            delayed: number(&delayed)?,
        })
    }

    /// Where messages go that failed too often: the ARN of the dead-letter queue, if there is one.
    pub(crate) async fn redrive(&self) -> Result<Option<String>, Error> {
        let attributes = self.attributes(vec![QueueAttributeName::RedrivePolicy]).await?;
        Ok(attributes.get(&QueueAttributeName::RedrivePolicy).and_then(|policy| target(policy)))
    }

    async fn attributes(
        &self,
        names: Vec<QueueAttributeName>,
    ) -> Result<HashMap<QueueAttributeName, String>, Error> {
        let request = self
            .client
            .get_queue_attributes()
            .queue_url(&self.url)
            .set_attribute_names(Some(names));
        let doing = || format!("read the attributes of queue {}", self.url);
        let answer = request.send().await.map_err(|error| aws::refused(&doing(), &error))?;
        Ok(answer.attributes.unwrap_or_default())
    }

    /// The queue of an ARN, asked about with the same client.
    pub(crate) async fn sibling(&self, arn: &str) -> Option<Self> {
        let mut parts = arn.rsplit(':');
        let (name, account) = (parts.next()?, parts.next()?);
        let request =
            self.client.get_queue_url().queue_name(name).queue_owner_aws_account_id(account);
        let url = request.send().await.ok()?.queue_url?;
        Some(Self { client: self.client.clone(), url })
    }
}

fn target(policy: &str) -> Option<String> {
    let policy: serde_json::Value = serde_json::from_str(policy).ok()?;
    policy["deadLetterTargetArn"].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_redrive_policy_names_the_dead_letter_queue() {
        let arn = "arn:aws:sqs:eu-west-1:1:x-dlq";
        let policy = format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":"5"}}"#);
        assert_eq!(target(&policy).as_deref(), Some(arn));
        assert_eq!((target("{}"), target("nonsense")), (None, None));
    }
}
