use super::{
    look::Look,
    notice::{Notice, notices},
    object,
    queue::{Queue, S3},
    report::{Finding, Report},
    topic::Topic,
};
use crate::aws;
use aws_sdk_s3::types::{BucketVersioningStatus, Event, ExpirationStatus};
use s3_sqs_processor::Finish;

/// Large files are uploaded in parts, by Firehose as well.
const IN_PARTS: Event = Event::S3ObjectCreatedCompleteMultipartUpload;
const DAY: u64 = 86_400;

pub(super) async fn look(
    look: &Look<'_>,
    name: &str,
    queue: &Queue,
    topics: &[Topic],
    report: &mut Report,
) {
    let owner = look.args.options.owner_of(name);
    let request = look.s3.head_bucket().bucket(name).set_expected_bucket_owner(owner.clone());
    let region = match request.send().await {
        Ok(answer) => answer.bucket_region,
        Err(error) => {
            let status = error.raw_response().map(|response| response.status().as_u16());
            report.add(unreachable(name, status, owner.as_deref(), &error));
            // Who may not list a bucket may read its objects all the same.
            if status != Some(403) || owner.is_some() {
                return;
            }
            None
        }
    };
    report.extend(in_another_region(name, region.as_deref(), &look.region));
    let allowed = look.args.options.allowed_buckets();
    if !allowed.is_empty() && !allowed.iter().any(|allowed| allowed == name) {
        report.add(Finding::wrong(format!("bucket {name} is not one of --allow-bucket")).so(
            "its messages count as not understood, and end in the dead-letter queue",
            format!("add --allow-bucket {name}, or take the bucket out of the policies"),
        ));
    }
    let request = look.s3.get_bucket_notification_configuration().bucket(name);
    let notices = match request.set_expected_bucket_owner(owner).send().await {
        Ok(answer) => notices(&answer, queue, topics),
        Err(error) => {
            let refused = aws::refused(&format!("read the notifications of {name}"), &error);
            report.add(Finding::note(refused.to_string()).so(
                "whether the bucket announces its objects was not looked at",
                "allow s3:GetBucketNotification on it",
            ));
            object::look(look, name, &[], topics, report).await;
            return;
        }
    };
    report.extend(of_notices(name, &notices, queue));
    for topic in notices.iter().filter_map(|notice| notice.topic.as_deref()) {
        let topic = topics.iter().find(|one| one.arn == topic);
        report.extend(topic.and_then(|topic| topic.refuses(name)));
    }
    if notices.iter().any(|notice| notice.topic.is_none()) {
        report.extend(queue.refuses(S3, &format!("arn:aws:s3:::{name}")));
    }
    report.extend(own_places(look, name, &notices));
    report.extend(versions(look, name).await);
    report.extend(lifecycle(look, name, queue).await);
    object::look(look, name, &notices, topics, report).await;
}

fn unreachable<E>(
    name: &str,
    status: Option<u16>,
    owner: Option<&str>,
    error: &aws_sdk_s3::error::SdkError<E, aws_sdk_s3::config::http::HttpResponse>,
) -> Finding
where
    E: std::error::Error + aws_sdk_s3::error::ProvideErrorMetadata + Send + Sync + 'static,
{
    match (status, owner) {
        (Some(404), _) => Finding::wrong(format!("bucket {name} does not exist")).so(
            "nothing is announced, and nothing can be read",
            "make it, or take it out of the policies of topic and queue",
        ),
        (Some(403), Some(owner)) => Finding::wrong(format!(
            "bucket {name} may not be read, or does not belong to account {owner}"
        ))
        .so(
            "each of its objects is refused, and its message comes back",
            "check --bucket-owner, and allow s3:ListBucket on the bucket",
        ),
        (Some(403), None) => {
            Finding::risk(format!("bucket {name} may not be listed, or belongs to somebody else"))
                .so(
                    "an object that is gone looks like one that may not be read",
                    "check the name, and allow s3:ListBucket on the bucket",
                )
        }
        _ => {
            let refused = aws::refused(&format!("reach bucket {name}"), error);
            Finding::wrong(refused.to_string())
                .so("no object can be read", "check the network and the endpoint")
        }
    }
}

fn in_another_region(name: &str, there: Option<&str>, here: &str) -> Option<Finding> {
    let there = there.filter(|there| *there != here)?;
    let what = format!("bucket {name} is in {there}, these settings are for {here}");
    Some(Finding::wrong(what).so(
        "S3 refuses each request with a redirect",
        format!("run the pipeline with AWS_REGION={there}, or give the library a client for it"),
    ))
}

fn of_notices(bucket: &str, notices: &[Notice], queue: &Queue) -> Vec<Finding> {
    let mut found = Vec::new();
    let created: Vec<_> = notices.iter().filter(|notice| notice.announces_any()).collect();
    let by_event_bridge = queue.hears_event_bridge();
    if created.is_empty() && by_event_bridge {
        found.push(Finding::note(format!("bucket {bucket} announces nothing by itself")).so(
            "the queue's policy lets EventBridge send; its rules were not looked at",
            "check that a rule sends `Object Created` of this bucket to the queue",
        ));
    } else if notices.is_empty() {
        found.push(
            Finding::wrong(format!("bucket {bucket} announces nothing to the topic or the queue"))
                .so(
                    "no notification comes, unless somebody else sends them",
                    "add a notification of s3:ObjectCreated:*; `pipeline provision` does",
                ),
        );
    } else if created.is_empty() {
        found.push(Finding::wrong(format!("bucket {bucket} does not announce new objects")).so(
            "what it announces (removals, say) is no work",
            "add the event s3:ObjectCreated:*",
        ));
    } else if by_event_bridge {
        found.push(Finding::risk(format!("bucket {bucket} may be announced on two ways")).so(
            "it notifies, and the queue's policy lets EventBridge send as well: if a rule does, \
                 each record is processed twice",
            "keep one of the two",
        ));
    }
    for notice in &created {
        let which = match (notice.prefix.as_str(), notice.suffix.as_str()) {
            ("", "") => "all keys".to_owned(),
            (prefix, suffix) => format!("keys `{prefix}*{suffix}`"),
        };
        found.push(Finding::ok(format!("bucket {bucket} announces {which}")));
        let mut beside = created.iter().filter(|other| other.covers(&notice.prefix));
        if !beside.any(|other| other.announces(&IN_PARTS)) {
            let what = format!("bucket {bucket} does not announce files that come in parts");
            found.push(Finding::risk(what).so(
                "large files, which writers upload in parts, are never processed",
                "announce s3:ObjectCreated:*, not only Put",
            ));
        }
    }
    found
}

/// What the pipeline writes must not be announced to it.
fn own_places(look: &Look<'_>, bucket: &str, notices: &[Notice]) -> Vec<Finding> {
    let places = [("--progress", &look.args.progress), ("--quarantine", &look.args.quarantine)];
    let own = places.into_iter().filter_map(|(flag, place)| Some((flag, place.as_ref()?)));
    let announced = own.filter(|(_, place)| {
        place.bucket == bucket && notices.iter().any(|notice| notice.covers(&place.prefix))
    });
    let finding = |(flag, place): (&str, &crate::location::Location)| {
        Finding::wrong(format!("{flag} {place} is announced to the queue that is consumed")).so(
            "the pipeline processes what it writes, and writes for it again",
            "use another bucket, or a notification with a prefix that leaves it out",
        )
    };
    announced.map(finding).collect()
}

async fn versions(look: &Look<'_>, bucket: &str) -> Option<Finding> {
    let tags = look.args.after_success.as_ref().is_some_and(|finish| {
        ![Finish::keep(), Finish::delete_as_sole_consumer()].contains(finish)
    });
    if !tags {
        return None;
    }
    let answer = look.s3.get_bucket_versioning().bucket(bucket).send().await.ok()?;
    if answer.status == Some(BucketVersioningStatus::Enabled) {
        return None;
    }
    Some(Finding::wrong(format!("bucket {bucket} has no versions")).so(
        "--after-success tag:... needs the version that was read: no object is tagged",
        "switch versioning on, or leave --after-success out",
    ))
}

/// Objects must outlive their messages.
async fn lifecycle(look: &Look<'_>, bucket: &str, queue: &Queue) -> Option<Finding> {
    let answer = look.s3.get_bucket_lifecycle_configuration().bucket(bucket).send().await.ok()?;
    let enabled = answer.rules().iter().filter(|rule| *rule.status() == ExpirationStatus::Enabled);
    let days = enabled.filter_map(|rule| rule.expiration()?.days()).min()?;
    expires_early(bucket, u64::try_from(days).ok()?, queue.attributes.retention())
}

fn expires_early(bucket: &str, days: u64, retention: u64) -> Option<Finding> {
    (days * DAY <= retention).then(|| {
        let what = format!("bucket {bucket} deletes objects after {days} days by a lifecycle rule");
        Finding::risk(what).so(
            format!(
                "a message lives up to {} days: its object may be gone by then",
                retention / DAY
            ),
            "keep objects longer than the queue and its dead-letter queue keep messages",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What no local server plays.
    #[test]
    fn another_region_and_an_early_end_are_found() {
        assert!(in_another_region("b", Some("eu-west-1"), "us-east-1").is_some());
        assert!(in_another_region("b", Some("us-east-1"), "us-east-1").is_none());
        assert!(in_another_region("b", None, "us-east-1").is_none());
        assert!(expires_early("b", 4, 4 * DAY).is_some());
        assert!(expires_early("b", 5, 4 * DAY).is_none());
    }
}
