//! Bodies that must be kept, and what is said of them.

use serde_json::json;

use super::*;
use NotificationErrorKind as Kind;

fn bridge() -> serde_json::Value {
    serde_json::from_str(fixtures::text("aws-eventbridge-object-created")).expect("a fixture")
}

#[test]
fn event_bridge_events_of_others() {
    let mut body = bridge();
    body["source"] = json!("my.app");
    assert_eq!(refusal(&body.to_string()), Kind::ForeignSource);
    let mut body = bridge();
    body["detail"]["version"] = json!("1");
    assert_eq!(refusal(&body.to_string()), Kind::UnsupportedVersion);
    for part in ["bucket", "object", "version"] {
        let mut body = bridge();
        body["detail"].as_object_mut().expect("an object").remove(part);
        assert_eq!(refusal(&body.to_string()), Kind::Malformed, "{part}");
    }
}

/// CloudTrail's report of a `PutObject` call has S3 as its source too; passing it over would lose
/// the object.
#[test]
fn calls_reported_by_cloud_trail() {
    let mut body = bridge();
    body["detail-type"] = json!("AWS API Call via CloudTrail");
    assert_eq!(refusal(&body.to_string()), Kind::ForeignSource);
}

#[test]
fn bodies_in_two_formats() {
    let mut body = announcing("k");
    body["Type"] = json!("Notification");
    body["Message"] = json!(announcing("other").to_string());
    assert_eq!(refusal(&body.to_string()), Kind::UnknownShape);
    let mut body = bridge();
    body["Records"] = json!([]);
    assert_eq!(refusal(&body.to_string()), Kind::UnknownShape);
}

/// Most JSON readers keep the last of two equal names, and so would lose the first list.
#[test]
fn a_name_given_twice() {
    let entry = announcing("k")["Records"].to_string();
    let body = format!(r#"{{"Records": {entry}, "Records": []}}"#);
    assert_eq!(refusal(&body), Kind::Malformed);
}

#[test]
fn lists_where_objects_belong() {
    assert_eq!(refusal(r#"[[], null, null, null]"#), Kind::UnknownShape);
    let mut body = announcing("k");
    body["Records"][0]["s3"]["bucket"] = json!(["b"]);
    assert_eq!(refusal(&body.to_string()), Kind::Malformed);
    assert_eq!(refusal(r#"{"Records": {}}"#), Kind::Malformed);
    assert_eq!(refusal(r#"{"Records": null}"#), Kind::UnknownShape);
}

#[test]
fn sns_envelopes_with_other_content() {
    assert_eq!(refusal(&in_sns("hello")), Kind::NotJson);
    assert_eq!(refusal(&in_sns("{}")), Kind::UnknownShape);
    assert_eq!(refusal(r#"{"Type": "Notification"}"#), Kind::Malformed);
    assert_eq!(refusal(r#"{"Type": "Notification", "Message": {}}"#), Kind::Malformed);
    assert_eq!(refusal(r#"{"Type": "Notification", "Message": null}"#), Kind::Malformed);
    let confirmation = fixtures::text("aws-sns-subscription-confirmation");
    assert_eq!(refusal(&in_sns(confirmation)), Kind::NestedEnvelope);
}

#[test]
fn fields_of_other_formats_do_no_harm() {
    let mut body = announcing("k");
    body["Type"] = json!(["x"]);
    body["Event"] = json!("something");
    body["Message"] = json!({"text": 1});
    body["region"] = json!(7);
    body["Records"][0]["unknown"] = json!({"a": [1, null]});
    assert_eq!(keys(&body.to_string()), ["k"]);
}

#[test]
fn errors_say_what_where_and_what_to_do() {
    let said = |body: &str| parse(body).expect_err(body).to_string();
    let mut body = announcing("a");
    let mut bad = body["Records"][0].clone();
    bad["s3"]["object"]["key"] = json!("x%zz");
    body["Records"].as_array_mut().expect("a list").push(bad);
    assert_eq!(
        said(&in_sns(&body.to_string())),
        "Records[1] in the message body (inside its SNS envelope) has the key \"x%zz\", which has \
         a percent sign without two hexadecimal digits; the message is kept: correct whatever \
         wrote or changed the notification on its way"
    );
    assert_eq!(
        said("hello"),
        "the message body is not JSON (expected value at line 1 column 1); the message is kept: \
         send only S3 event notifications to this queue, or bring a notification_parser"
    );
    body["Records"][1]["eventVersion"] = json!("3.1");
    assert_eq!(
        said(&body.to_string()),
        "Records[1] in the message body has eventVersion \"3.1\" where 2.x is known; the message \
         is kept: use a release of this library that knows this version"
    );
}

#[test]
fn errors_repeat_only_a_short_excerpt() {
    let long = "s3cret\n".repeat(10_000);
    for pointer in [
        "/Records/0/eventSource",
        "/Records/0/eventVersion",
        "/Records/0/s3/bucket",
        "/Records/0/s3/object/key",
    ] {
        let mut body = announcing("k");
        *body.pointer_mut(pointer).expect(pointer) = json!(format!("{long}%"));
        let error = parse(&body.to_string()).expect_err(pointer);
        for said in [error.to_string(), format!("{error:?}")] {
            assert!(said.len() < 400, "{said}");
            assert!(!said.contains('\n'), "{said}");
        }
    }
}

#[test]
fn deep_nesting_is_no_danger() {
    let deep = "[".repeat(1_000_000);
    assert_eq!(refusal(&deep), Kind::UnknownShape);
    for (name, kind) in
        [("Records", Kind::Malformed), ("Type", Kind::NotJson), ("x", Kind::NotJson)]
    {
        assert_eq!(refusal(&format!(r#"{{"{name}": {deep}"#)), kind, "{name}");
    }
}
