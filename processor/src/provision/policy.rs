//! Resource policies as JSON: adding one statement and leaving the others alone.

use serde_json::{Value, json};

use super::ProvisionError;

/// What our statements and notifications are called, before the name of what they are for.
pub(super) const OWN: &str = "s3-sqs-processor-";

/// Lets one bucket publish to one topic. *Granting permissions to publish event notification
/// messages to a destination* in the Amazon S3 User Guide.
pub(super) fn bucket_may_publish(
    bucket: &str,
    bucket_arn: &str,
    topic_arn: &str,
    account: &str,
) -> Value {
    json!({
        // Bucket names hold no `_`, so that no two buckets share an id.
        "Sid": format!("{OWN}{}", bucket.replace('.', "_")),
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic_arn,
        "Condition": {
            "ArnEquals": {"aws:SourceArn": bucket_arn},
            "StringEquals": {"aws:SourceAccount": account},
        },
    })
}

/// Lets one topic write to one queue. *Subscribing an Amazon SQS queue to an Amazon SNS topic* in
/// the Amazon SNS Developer Guide.
pub(super) fn topic_may_send(topic: &str, topic_arn: &str, queue_arn: &str) -> Value {
    json!({
        "Sid": format!("{OWN}{topic}"),
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
    })
}

/// The policy `existing` with `statement` in it, or none if it is there already.
///
/// A statement with the same `Sid` is replaced; the others stay. `owner` names the resource for the
/// error.
pub(super) fn with_statement(
    existing: Option<&str>,
    statement: Value,
    owner: &str,
) -> Result<Option<String>, ProvisionError> {
    let Some(existing) = existing.filter(|text| !text.trim().is_empty()) else {
        return Ok(Some(json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()));
    };
    let unreadable = || {
        ProvisionError::conflict(format!(
            "the policy of {owner} is not a JSON object; correct or remove it, then run it again"
        ))
    };
    let mut policy: Value = serde_json::from_str(existing).map_err(|_| unreadable())?;
    let fields = policy.as_object_mut().ok_or_else(unreadable)?;
    let mut statements = match fields.remove("Statement") {
        Some(Value::Array(statements)) => statements,
        Some(single) => vec![single],
        None => Vec::new(),
    };
    let wanted = normal(&statement);
    if statements.iter().any(|present| normal(present) == wanted) {
        return Ok(None);
    }
    statements.retain(|present| present["Sid"] != statement["Sid"]);
    statements.push(statement);
    fields.insert("Statement".to_owned(), Value::Array(statements));
    Ok(Some(policy.to_string()))
}

/// A form in which the spellings of one statement are equal: services give a list of one back as
/// its element, and the names of actions in other letters.
fn normal(value: &Value) -> Value {
    match value {
        Value::Array(items) if items.len() == 1 => normal(&items[0]),
        Value::Array(items) => items.iter().map(normal).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| match (name.as_str(), normal(value)) {
                ("Action", Value::String(action)) => {
                    (name.clone(), Value::String(action.to_ascii_lowercase()))
                }
                (_, value) => (name.clone(), value),
            })
            .collect(),
        scalar => scalar.clone(),
    }
}

#[cfg(test)]
mod iam;

#[cfg(test)]
mod tests {
    use super::*;

    fn statement() -> Value {
        topic_may_send("t", "arn:aws:sns:eu-west-1:1:t", "arn:aws:sqs:eu-west-1:1:q")
    }

    fn add(existing: &str) -> Option<Value> {
        let added = with_statement(Some(existing), statement(), "the queue `q`").expect("a policy");
        added.map(|text| serde_json::from_str(&text).expect("JSON"))
    }

    #[test]
    fn a_first_statement() {
        let text = with_statement(None, statement(), "").expect("a policy").expect("a change");
        let policy: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(policy["Statement"], json!([statement()]));
        assert_eq!(add(&text), None);
    }

    #[test]
    fn the_same_in_another_spelling_is_no_change() {
        let mut spelled = statement();
        spelled["Action"] = json!(["SQS:SendMessage"]);
        spelled["Resource"] = json!([spelled["Resource"]]);
        assert_eq!(add(&json!({"Version": "2012-10-17", "Statement": spelled}).to_string()), None);
    }

    #[test]
    fn others_stay_and_the_own_is_replaced() {
        let other = json!({"Sid": "other", "Effect": "Deny", "Principal": "*", "Action": "sqs:*"});
        let mut old = statement();
        old["Condition"] = json!({});
        let policy = json!({"Id": "x", "Statement": [old, other]});
        let added = add(&policy.to_string()).expect("a change");
        assert_eq!(added, json!({"Id": "x", "Statement": [other, statement()]}));
    }

    #[test]
    fn an_unreadable_policy_is_not_overwritten() {
        for text in ["{", "[]", "\"x\""] {
            let error = with_statement(Some(text), statement(), "the queue `q`").expect_err(text);
            assert!(error.to_string().contains("the queue `q`"), "{error}");
        }
    }
}
