use super::{
    look::Look,
    notice::Notice,
    report::{Finding, Report},
    topic::Topic,
};
use crate::aws;
use aws_sdk_s3::types::RequestPayer;
use serde_json::json;

/// So many keys are looked through for one that is announced.
const KEYS: i32 = 200;
/// Storage classes that must be restored before they can be read.
const ARCHIVES: [&str; 2] = ["GLACIER", "DEEP_ARCHIVE"];

/// Tries one object of the bucket: those that were named, or one that would be announced.
pub(super) async fn look(
    look: &Look<'_>,
    bucket: &str,
    notices: &[Notice],
    topics: &[Topic],
    report: &mut Report,
) {
    let mut keys: Vec<String> = look
        .objects
        .iter()
        .filter(|object| object.bucket == bucket)
        // The end of a location is a `/`, that of an object's key is not.
        .map(|object| object.prefix.trim_end_matches('/').to_owned())
        .collect();
    if keys.is_empty() {
        match first(look, bucket, notices).await {
            Ok(key) => keys.extend(key),
            Err(refused) => {
                report.add(Finding::risk(refused).so(
                    "an object that is gone looks like one that may not be read, and no object \
                     was tried here",
                    "allow s3:ListBucket on the bucket, or name one: --object s3://BUCKET/KEY",
                ));
                return;
            }
        }
    }
    if keys.is_empty() {
        report.add(Finding::note(format!("bucket {bucket} has no object that is announced")).so(
            "whether objects can be read was not tried",
            "name one of another kind: --object s3://BUCKET/KEY",
        ));
    }
    for key in keys {
        report.add(one(look, bucket, &key).await);
        report.extend(filtered(bucket, &key, topics));
    }
}

async fn first(
    look: &Look<'_>,
    bucket: &str,
    notices: &[Notice],
) -> Result<Option<String>, String> {
    let (prefix, suffix) =
        notices.first().map_or(("", ""), |notice| (&notice.prefix, &notice.suffix));
    let request = look.s3.list_objects_v2().bucket(bucket).prefix(prefix).max_keys(KEYS);
    let payer = look.args.options.requester_pays().then_some(RequestPayer::Requester);
    let answer = request.set_request_payer(payer).send().await;
    let doing = format!("list the objects of bucket {bucket}");
    let answer = answer.map_err(|error| aws::refused(&doing, &error).to_string())?;
    let files = answer.contents().iter().filter(|object| object.size().unwrap_or(0) > 0);
    let mut keys = files.filter_map(|object| object.key());
    Ok(keys.find(|key| key.ends_with(suffix)).map(str::to_owned))
}

async fn one(look: &Look<'_>, bucket: &str, key: &str) -> Finding {
    let shown = format!("s3://{bucket}/{key}");
    let owner = look.args.options.owner_of(bucket);
    let payer = look.args.options.requester_pays().then_some(RequestPayer::Requester);
    let request = look.s3.get_object().bucket(bucket).key(key).range("bytes=0-0");
    match request.set_expected_bucket_owner(owner).set_request_payer(payer).send().await {
        Ok(_) => Finding::ok(format!("{shown} can be read")),
        Err(error) => {
            let status = error.raw_response().map(|response| response.status().as_u16());
            let refused = aws::refused(&format!("read {shown}"), &error).to_string();
            let is_archived = refused.contains("InvalidObjectState")
                || ARCHIVES.iter().any(|class| refused.contains(class));
            if is_archived {
                return Finding::risk(refused).so(
                    "an object in an archive cannot be read: its message comes back",
                    "restore it, or let the lifecycle rule archive later than messages live",
                );
            }
            let (so, remedy) = match status {
                // The empty object has no first byte.
                Some(416) => return Finding::ok(format!("{shown} can be read")),
                Some(404) => ("its message comes back", "check the key"),
                Some(403) if refused.to_lowercase().contains("kms") => (
                    "each object that is encrypted with that key is refused",
                    "allow kms:Decrypt on the key, in its policy and to these credentials",
                ),
                _ => (
                    "each message comes back, until the dead-letter queue has it",
                    "allow s3:GetObject (and s3:GetObjectVersion) on the bucket's objects",
                ),
            };
            Finding::wrong(refused).so(so, remedy)
        }
    }
}

/// Topics whose filter would hold this object back.
fn filtered(bucket: &str, key: &str, topics: &[Topic]) -> Vec<Finding> {
    let event = json!({ "Records": [{
        "eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
        "s3": { "bucket": { "name": bucket, "arn": format!("arn:aws:s3:::{bucket}") },
                "object": { "key": key } }
    }] });
    let holds = |topic: &&Topic| {
        topic.filter.as_ref().is_some_and(|filter| !local_aws::filter_matches(filter, &event))
    };
    let finding = |topic: &Topic| {
        Finding::risk(format!("topic {}: its filter holds s3://{bucket}/{key} back", topic.arn)).so(
            "it, and objects like it, are never processed",
            "have the filter let it through, if that is not meant",
        )
    };
    topics.iter().filter(holds).map(finding).collect()
}
