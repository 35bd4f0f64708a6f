use super::{
    look::{Look, parts},
    queue::{self, Queue},
    report::{Finding, Report},
};

/// The queue that the redrive policy names.
pub(super) async fn look(look: &Look<'_>, queue: &Queue, report: &mut Report) {
    let policy = queue.attributes.json("RedrivePolicy");
    let Some(arn) = policy["deadLetterTargetArn"].as_str() else { return };
    let Some((_, account, name)) = parts(arn) else { return };
    let request = look.sqs.get_queue_url().queue_name(name).queue_owner_aws_account_id(account);
    let attributes = match request.send().await.map(|answer| answer.queue_url) {
        Ok(Some(url)) => queue::attributes(look, &url).await,
        Ok(None) => Err("SQS answers without an address".to_owned()),
        Err(error) if error.as_service_error().is_some_and(|e| e.is_queue_does_not_exist()) => {
            report.add(Finding::wrong(format!("dead-letter queue {name} does not exist")).so(
                "a message that always fails comes back until its retention is over, and is lost \
                 then",
                "make the queue, or name another one in the redrive policy",
            ));
            return;
        }
        Err(error) => Err(crate::aws::refused("find it", &error).to_string()),
    };
    let attributes = match attributes {
        Ok(attributes) => attributes,
        Err(error) => {
            report.add(Finding::note(format!("dead-letter queue {name}: {error}")).so(
                "it was not looked at, and a run cannot tell how many messages it gets",
                "allow sqs:GetQueueUrl and sqs:GetQueueAttributes on it",
            ));
            return;
        }
    };
    let name = format!("dead-letter queue {name}");
    let waiting = attributes.number("ApproximateNumberOfMessages").unwrap_or_default();
    report.add(match waiting {
        0 => Finding::ok(format!("{name} is empty")),
        some => Finding::risk(format!("{name} has {some} messages")).so(
            "their records were not processed, by one processor at least",
            "see \"The dead-letter queue\" in docs/runbook.md, and move them back (redrive)",
        ),
    });
    if attributes.retention() <= queue.attributes.retention() {
        report.add(
            Finding::risk(format!(
                "{name} keeps a message for {} s, queue {} for {} s",
                attributes.retention(),
                queue.name(),
                queue.attributes.retention()
            ))
            .so(
                "a message's age counts from the first queue: one that comes late is dropped \
                 early",
                "set the dead-letter queue's retention to 14 days",
            ),
        );
    }
    let allow = attributes.json("RedriveAllowPolicy");
    let sources = allow["sourceQueueArns"].as_array();
    let named = sources.is_some_and(|arns| arns.iter().any(|arn| arn == queue.arn.as_str()));
    let refused = match allow["redrivePermission"].as_str() {
        Some("denyAll") => true,
        Some("byQueue") => !named,
        _ => false,
    };
    if refused {
        report.add(
            Finding::wrong(format!("{name} does not take what comes from {}", queue.name())).so(
                "a message that always fails is not moved there, and comes back",
                "name the queue in its RedriveAllowPolicy",
            ),
        );
    }
    if attributes.text("RedrivePolicy").is_some() {
        report.add(
            Finding::risk(format!("{name} has a redrive policy of its own")).so(
                "who looks at its messages moves them on",
                "take the redrive policy away from it",
            ),
        );
    }
}
