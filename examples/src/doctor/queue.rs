use super::{
    look::{Look, parts},
    policy::{Caller, Policy, Verdict},
    report::{Finding, Report},
};
use crate::aws;
use aws_sdk_sqs::types::QueueAttributeName;
use std::collections::{BTreeSet, HashMap};

pub(super) const SNS: &str = "sns.amazonaws.com";
pub(super) const S3: &str = "s3.amazonaws.com";
const SEND: &str = "SQS:SendMessage";
/// The key of SQS's own, which other services may not use.
const OWN_KEY: &str = "alias/aws/sqs";

/// A queue and what SQS says of it.
pub(super) struct Queue {
    pub(super) arn: String,
    pub(super) attributes: Attributes,
}

/// The attributes of a queue, by name.
pub(super) struct Attributes(HashMap<String, String>);

impl Attributes {
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.text(name)?.parse().ok()
    }

    pub(super) fn json(&self, name: &str) -> serde_json::Value {
        self.text(name).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    /// In days, hours or seconds, as it is set.
    pub(super) fn retention(&self) -> u64 {
        self.number("MessageRetentionPeriod").unwrap_or(345_600)
    }
}

/// AWS says in a queue's URL where it is.
pub(super) fn wrong_region(url: &str, region: &str, has_endpoint: bool) -> Option<Finding> {
    let host = url.trim().strip_prefix("https://")?.split('/').next()?;
    let there = host.strip_prefix("sqs.")?.split_once(".amazonaws.com")?.0;
    if has_endpoint || there == region {
        return None;
    }
    let what = format!("the queue is in {there}, these settings are for {region}");
    Some(Finding::wrong(what).so(
        "SQS answers that there is no such queue, or refuses the signature",
        format!("set AWS_REGION={there}, or give the URL of a queue in {region}"),
    ))
}

/// `None`: it cannot be read, which is in the report.
pub(super) async fn look(look: &Look<'_>, report: &mut Report) -> Option<Queue> {
    let url = look.args.queue_url.trim();
    match attributes(look, url).await {
        Ok(attributes) => {
            let arn = attributes.text("QueueArn").unwrap_or_default().to_owned();
            let queue = Queue { arn, attributes };
            let visibility_is_given = look.args.options.visibility_is_given();
            report.extend(queue.findings(visibility_is_given));
            Some(queue)
        }
        Err(error) => {
            report.add(Finding::wrong(error).so(
                "nothing can be received; nothing else of the set-up was looked at",
                "give the URL of a queue, and allow sqs:GetQueueAttributes on it",
            ));
            None
        }
    }
}

pub(super) async fn attributes(look: &Look<'_>, url: &str) -> Result<Attributes, String> {
    let request = look.sqs.get_queue_attributes().queue_url(url);
    let answer = request.attribute_names(QueueAttributeName::All).send().await;
    let doing = format!("read the attributes of queue {url}");
    let answer = answer.map_err(|error| aws::refused(&doing, &error).to_string())?;
    let attributes = answer.attributes.unwrap_or_default().into_iter();
    Ok(Attributes(attributes.map(|(name, value)| (name.as_str().to_owned(), value)).collect()))
}

impl Queue {
    pub(super) fn name(&self) -> &str {
        parts(&self.arn).map_or(self.arn.as_str(), |(_, _, name)| name)
    }

    fn policy(&self) -> Policy {
        Policy::parse(self.attributes.text("Policy"))
    }

    /// The topics that may send to it, as its policy names them.
    pub(super) fn topics(&self) -> BTreeSet<String> {
        let sources = self.policy().sources(SNS).into_iter();
        sources.filter(|arn| arn.contains(":sns:") && !arn.contains(['*', '?'])).collect()
    }

    /// The buckets that may send to it without a topic.
    pub(super) fn buckets(&self) -> BTreeSet<String> {
        buckets(&self.policy())
    }

    /// Whether its policy lets a topic send to it, whichever that is.
    pub(super) fn hears_topics(&self) -> bool {
        let policy = self.policy();
        let named = policy.sources(SNS).iter().any(|arn| arn.contains(":sns:"));
        named || policy.mentions(SNS, SEND) || policy.is_open(SEND)
    }

    /// Whether its policy lets EventBridge send to it.
    pub(super) fn hears_event_bridge(&self) -> bool {
        self.policy().mentions("events.amazonaws.com", SEND)
    }

    /// Whether this may send to it, if that is not so.
    pub(super) fn refuses(&self, service: &str, source: &str) -> Option<Finding> {
        let account = parts(source).map(|(_, account, _)| account);
        let account = account.filter(|account| !account.is_empty());
        let name = self.name();
        let what = match self.policy().verdict(Caller { service, action: SEND, source, account }) {
            Verdict::Allowed => return None,
            Verdict::Unsure => {
                return Some(
                    Finding::note(format!(
                        "queue {name}: its policy lets {service} send for {source} under a \
                         condition that is not understood here"
                    ))
                    .so("it may refuse", "read the conditions of the policy"),
                );
            }
            Verdict::Denied => {
                format!("queue {name}: its policy denies {service} to send for {source}")
            }
            Verdict::NotAllowed => {
                format!("queue {name}: its policy does not let {service} send for {source}")
            }
        };
        Some(Finding::wrong(what).so(
            "no notification arrives, and nobody is told",
            format!("allow {SEND} to the principal {service}, with aws:SourceArn {source}"),
        ))
    }

    /// What its attributes say. A visibility timeout that the pipeline sets replaces the queue's.
    fn findings(&self, visibility_is_given: bool) -> Vec<Finding> {
        let (name, attributes) = (self.name(), &self.attributes);
        let number = |name| attributes.number(name);
        let mut found = Vec::new();
        let backlog = |name| number(name).unwrap_or_default();
        found.push(Finding::ok(format!(
            "queue {name}: {} messages wait, {} are held, {} are delayed",
            backlog("ApproximateNumberOfMessages"),
            backlog("ApproximateNumberOfMessagesNotVisible"),
            backlog("ApproximateNumberOfMessagesDelayed")
        )));
        if attributes.text("FifoQueue") == Some("true") {
            found.push(Finding::wrong(format!("queue {name} is a FIFO queue")).so(
                "S3 cannot notify one, and the pipeline refuses to start",
                "make a standard queue",
            ));
        }
        found.extend(self.redrive());
        let timeout = number("VisibilityTimeout").filter(|_| !visibility_is_given);
        if let Some(seconds) = timeout {
            let what = format!("queue {name}: a message stays hidden for {seconds} s");
            if seconds < 10 {
                found.push(Finding::risk(what).so(
                    "after one slow answer of SQS a message that is worked on is delivered again",
                    "set a visibility timeout of 30 s or more, or give --visibility-timeout",
                ));
            } else if seconds > 3_600 {
                found.push(Finding::risk(what).so(
                    "after a crash its messages come back only then",
                    "set a visibility timeout of 30 s to a few minutes: it is extended \
                         meanwhile",
                ));
            }
        }
        if attributes.retention() < 86_400 {
            let seconds = attributes.retention();
            found.push(Finding::risk(format!("queue {name} keeps a message for {seconds} s")).so(
                "an outage of the consumers that lasts longer loses what was announced meanwhile",
                "set a retention of 4 days or more",
            ));
        }
        if let Some(seconds) = number("DelaySeconds").filter(|seconds| *seconds > 0) {
            found.push(
                Finding::note(format!("queue {name} delays each message by {seconds} s"))
                    .so("records are processed that much later", "set DelaySeconds to 0"),
            );
        }
        if let Some(bytes) = number("MaximumMessageSize").filter(|bytes| *bytes < 65_536) {
            found.push(Finding::risk(format!("queue {name} takes messages of {bytes} bytes")).so(
                "a larger notification is dropped: long keys, several objects, SNS's envelope",
                "set MaximumMessageSize to 262144 bytes or more",
            ));
        }
        found.extend(self.encryption());
        if self.policy().is_open(SEND) {
            found.push(Finding::risk(format!("queue {name}: everybody may send to it")).so(
                "a stranger can have any object read that these credentials may read",
                "give the statement a condition on aws:SourceArn, and name your buckets with \
                 --allow-bucket",
            ));
        }
        found
    }

    fn redrive(&self) -> Option<Finding> {
        let name = self.name();
        let policy = self.attributes.json("RedrivePolicy");
        let Some(target) = policy["deadLetterTargetArn"].as_str() else {
            return Some(Finding::wrong(format!("queue {name} has no redrive policy")).so(
                "a message that always fails comes back until its retention is over, and is lost \
                 then",
                "give it a dead-letter queue and a maxReceiveCount of 5; `pipeline provision` does",
            ));
        };
        let receives = &policy["maxReceiveCount"];
        let receives = receives.as_u64().or_else(|| receives.as_str()?.parse().ok()).unwrap_or(0);
        let shown = |what: Finding, so: &str| {
            Some(what.so(so, "set maxReceiveCount to 5 in the redrive policy"))
        };
        let what =
            format!("queue {name}: a message goes to the dead letters after receive {receives}");
        match receives {
            0 | 1 => shown(Finding::wrong(what), "one crash or one failure is final"),
            2 => shown(
                Finding::risk(what),
                "too few to tell a record that kills the process from those beside it: they may \
                 be dead-lettered with it",
            ),
            3..=100 => Some(Finding::ok(format!("{what}: {target}"))),
            _ => shown(
                Finding::risk(what),
                "a bad record is tried that often, and nobody hears of it meanwhile",
            ),
        }
    }

    fn encryption(&self) -> Option<Finding> {
        let (name, key) = (self.name(), self.attributes.text("KmsMasterKeyId")?);
        if key.ends_with(OWN_KEY) {
            return Some(Finding::wrong(format!("queue {name} is encrypted with {OWN_KEY}")).so(
                "SNS and S3 may not use that key: no notification arrives, and nobody is told",
                "use SQS's managed encryption (SSE-SQS), or a key of your own whose policy \
                     lets sns.amazonaws.com use it",
            ));
        }
        Some(Finding::note(format!("queue {name} is encrypted with the key {key}")).so(
            "notifications arrive only if the key's policy allows it, which was not looked at",
            "allow kms:GenerateDataKey and kms:Decrypt to sns.amazonaws.com (s3.amazonaws.com \
             without a topic), and kms:Decrypt to the consumer",
        ))
    }
}

/// The buckets that a policy names as sources.
pub(super) fn buckets(policy: &Policy) -> BTreeSet<String> {
    let sources = policy.sources(S3).into_iter();
    let names = sources.filter_map(|arn| arn.strip_prefix("arn:aws:s3:::").map(str::to_owned));
    names.filter(|name| !name.contains(['*', '?'])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_of_a_queue_is_in_its_url() {
        let url = "https://sqs.eu-west-1.amazonaws.com/1/q";
        assert!(wrong_region(url, "eu-west-1", false).is_none());
        assert!(wrong_region(url, "us-east-1", true).is_none());
        assert!(wrong_region(url, "us-east-1", false).is_some());
        assert!(wrong_region("https://sqs.cn-north-1.amazonaws.com.cn/1/q", "a", false).is_some());
        assert!(wrong_region("http://127.0.0.1:4566/1/q", "us-east-1", false).is_none());
    }

    /// What no local server plays.
    #[test]
    fn a_fifo_queue_is_refused() {
        let attributes = [("QueueArn", "arn:aws:sqs:a:1:q.fifo"), ("FifoQueue", "true")];
        let attributes = attributes.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let queue =
            Queue { arn: attributes[0].1.clone(), attributes: Attributes(attributes.into()) };
        let found = format!("{:?}", queue.findings(false));
        assert!(found.contains("q.fifo is a FIFO queue"), "{found}");
    }
}
