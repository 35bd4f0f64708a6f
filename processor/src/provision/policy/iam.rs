//! Reads policies as IAM would (*Policy evaluation logic* in the IAM User Guide): allowed is what a
//! statement allows and none denies.

use super::{bucket_may_publish, topic_may_send, with_statement};
use serde_json::{Value, json};

const ACCOUNT: &str = "123456789012";
const BUCKET: &str = "arn:aws:s3:::orders";
const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:orders";
const QUEUE: &str = "arn:aws:sqs:eu-west-1:123456789012:orders";

/// Who asks for what.
#[derive(Clone)]
struct Request<'a> {
    service: &'a str,
    action: &'a str,
    resource: &'a str,
    /// Keys of the context, such as `aws:SourceArn`.
    context: Vec<(&'a str, &'a str)>,
}

/// `*` and `?` as in ARNs and actions.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.chars().next() {
        None => text.is_empty(),
        Some('*') => {
            let rest = &pattern[1..];
            (0..=text.len()).any(|at| text.get(at..).is_some_and(|text| fits(rest, text)))
        }
        Some('?') => {
            text.chars().next().is_some_and(|c| fits(&pattern[1..], &text[c.len_utf8()..]))
        }
        Some(c) => text.strip_prefix(c).is_some_and(|text| fits(&pattern[c.len_utf8()..], text)),
    }
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(values) => values.iter().filter_map(Value::as_str).collect(),
        value => value.as_str().into_iter().collect(),
    }
}

fn holds(operator: &str, wanted: &Value, given: Option<&str>) -> bool {
    let Some(given) = given else { return false };
    texts(wanted).into_iter().any(|wanted| match operator {
        "StringEquals" => wanted == given,
        "StringLike" | "ArnEquals" | "ArnLike" => fits(wanted, given),
        other => panic!("an operator that this reader does not know: {other}"),
    })
}

fn applies(statement: &Value, request: &Request<'_>) -> bool {
    let actions = texts(&statement["Action"]);
    let action = request.action.to_ascii_lowercase();
    let principal = &statement["Principal"];
    let is_anybody = principal == "*" || principal["AWS"] == "*";
    let conditions = statement["Condition"].as_object().into_iter().flatten();
    (is_anybody || texts(&principal["Service"]).contains(&request.service))
        && actions.iter().any(|known| fits(&known.to_ascii_lowercase(), &action))
        && texts(&statement["Resource"]).iter().any(|known| fits(known, request.resource))
        && conditions.into_iter().all(|(operator, keys)| {
            keys.as_object().expect("keys and values").iter().all(|(key, wanted)| {
                let given = request.context.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
                holds(operator, wanted, given.map(|(_, value)| *value))
            })
        })
}

fn allows(policy: &str, request: &Request<'_>) -> bool {
    let policy: Value = serde_json::from_str(policy).expect("a policy is JSON");
    assert_eq!(policy["Version"], "2012-10-17");
    let statements = policy["Statement"].as_array().expect("a list").iter();
    let applying: Vec<_> = statements.filter(|one| applies(one, request)).collect();
    applying.iter().any(|one| one["Effect"] == "Allow")
        && !applying.iter().any(|one| one["Effect"] == "Deny")
}

fn written(statement: Value) -> String {
    with_statement(None, statement, "it").expect("it is written").expect("there is none yet")
}

/// The request that is meant to be allowed, and changes by which it is another's.
fn only(policy: &str, meant: &Request<'_>, others: Vec<Request<'_>>) {
    assert!(allows(policy, meant), "{policy}");
    for (n, other) in others.iter().enumerate() {
        assert!(!allows(policy, other), "{n}: {policy}");
    }
}

#[test]
fn only_the_bucket_of_this_account_may_publish_to_the_topic() {
    let meant = Request {
        service: "s3.amazonaws.com",
        action: "sns:Publish",
        resource: TOPIC,
        context: vec![("aws:SourceArn", BUCKET), ("aws:SourceAccount", ACCOUNT)],
    };
    let of = |arn, account| vec![("aws:SourceArn", arn), ("aws:SourceAccount", account)];
    let others = vec![
        Request { context: of("arn:aws:s3:::orders2", ACCOUNT), ..meant.clone() },
        Request { context: of(BUCKET, "210987654321"), ..meant.clone() },
        Request { context: Vec::new(), ..meant.clone() },
        Request { service: "events.amazonaws.com", ..meant.clone() },
        Request { action: "sns:Subscribe", ..meant.clone() },
        Request { resource: "arn:aws:sns:eu-west-1:123456789012:other", ..meant.clone() },
    ];
    let statement = bucket_may_publish("orders", BUCKET, TOPIC, ACCOUNT);
    only(&written(statement), &meant, others);
}

#[test]
fn only_the_topic_may_send_to_the_queue() {
    let meant = Request {
        service: "sns.amazonaws.com",
        action: "sqs:SendMessage",
        resource: QUEUE,
        context: vec![("aws:SourceArn", TOPIC)],
    };
    let other = "arn:aws:sns:eu-west-1:123456789012:other";
    let others = vec![
        Request { context: vec![("aws:SourceArn", other)], ..meant.clone() },
        Request { context: Vec::new(), ..meant.clone() },
        Request { service: "s3.amazonaws.com", ..meant.clone() },
        Request { action: "sqs:ReceiveMessage", ..meant.clone() },
        Request { resource: "arn:aws:sqs:eu-west-1:123456789012:orders-dlq", ..meant.clone() },
    ];
    only(&written(topic_may_send("orders", TOPIC, QUEUE)), &meant, others);
}

/// A statement of others that denies is not undone by ours.
#[test]
fn what_others_deny_stays_denied() {
    let deny = json!({"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": QUEUE,
        "Condition": {"StringEquals": {"aws:SecureTransport": "false"}}});
    let theirs = json!({"Version": "2012-10-17", "Statement": [deny]}).to_string();
    let ours = topic_may_send("orders", TOPIC, QUEUE);
    let both = with_statement(Some(&theirs), ours, "it").expect("it is read").expect("a change");
    let request = |secure| Request {
        service: "sns.amazonaws.com",
        action: "sqs:SendMessage",
        resource: QUEUE,
        context: vec![("aws:SourceArn", TOPIC), ("aws:SecureTransport", secure)],
    };
    assert!(allows(&both, &request("true")) && !allows(&both, &request("false")));
}

/// The policy in `docs/operations.md` is all that a consumer needs, and no more.
#[test]
fn the_documented_policy_of_a_consumer_allows_what_it_does_and_nothing_else() {
    let document = include_str!("../../../../docs/operations.md");
    let policy = document.split("```json").nth(1).expect("the policy").split("```").next();
    let mut policy: Value = serde_json::from_str(policy.expect("its end")).expect("it is JSON");
    for statement in policy["Statement"].as_array_mut().expect("a list") {
        // Of an identity: whoever has it.
        statement["Principal"] = "*".into();
    }
    let key = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555";
    let allowed = |action, resource| {
        let request = Request { service: "me", action, resource, context: Vec::new() };
        allows(&policy.to_string(), &request)
    };
    for (action, resource) in [
        ("sqs:ReceiveMessage", QUEUE),
        ("sqs:DeleteMessage", QUEUE),
        ("sqs:ChangeMessageVisibility", QUEUE),
        ("sqs:GetQueueAttributes", QUEUE),
        ("s3:GetObject", "arn:aws:s3:::orders/a/b.gz"),
        ("s3:GetObjectVersion", "arn:aws:s3:::orders/a/b.gz"),
        ("s3:ListBucket", BUCKET),
        ("kms:Decrypt", key),
    ] {
        assert!(allowed(action, resource), "{action}");
    }
    for (action, resource) in [
        ("sqs:SendMessage", QUEUE),
        ("sqs:PurgeQueue", QUEUE),
        ("sqs:ReceiveMessage", "arn:aws:sqs:eu-west-1:123456789012:other"),
        ("s3:GetObject", "arn:aws:s3:::other/a"),
        ("s3:PutObject", "arn:aws:s3:::orders/a"),
        ("s3:DeleteObject", "arn:aws:s3:::orders/a"),
        ("kms:Encrypt", key),
    ] {
        assert!(!allowed(action, resource), "{action}");
    }
}
