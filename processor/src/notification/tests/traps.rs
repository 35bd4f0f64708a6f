//! The ways in which notifications have lost or multiplied data elsewhere; the numbers are those of
//! the list of traps.

use serde_json::json;

use super::*;
use NotificationErrorKind as Kind;

#[test]
fn trap_01_s3_keys_are_decoded_once() {
    let cases = [
        ("red+flower.jpg", "red flower.jpg"),
        ("a%2Bb+c%20d", "a+b c d"),
        ("%252B%2541", "%2B%41"),
        ("%E6%97%A5", "日"),
    ];
    for (written, key) in cases {
        let body = announcing(written).to_string();
        assert_eq!(keys(&body), [key]);
        assert_eq!(keys(&in_sns(&body)), [key]);
    }
}

#[test]
fn trap_01_event_bridge_keys_are_plain() {
    let body = fixtures::text("aws-eventbridge-object-created-plain-key");
    assert_eq!(keys(body), ["red flower+%41 é.jpg"]);
}

#[test]
fn trap_01_a_key_that_does_not_decode_is_refused() {
    for key in ["%", "a%4", "%G0", "%FF", "%C3", "a%2"] {
        let body = announcing(key).to_string();
        assert_eq!(refusal(&body), Kind::BadKey, "{key}");
        assert_eq!(refusal(&in_sns(&body)), Kind::BadKey, "{key}");
    }
}

#[test]
fn trap_02_test_events_are_no_errors() {
    let event = fixtures::text("aws-s3-test-event");
    for (body, envelope) in [(event.to_owned(), Envelope::S3), (in_sns(event), Envelope::Sns)] {
        let notification = parsed(&body);
        assert!(notification.skipped.test_event);
        assert!(notification.objects.is_empty());
        assert_eq!(notification.envelope, envelope);
    }
}

#[test]
fn trap_03_envelopes_are_told_by_their_shape() {
    let s3 = announcing("k").to_string();
    let event_bridge = fixtures::text("aws-eventbridge-object-created");
    for (body, envelope) in [
        (s3.clone(), Envelope::S3),
        (in_sns(&s3), Envelope::Sns),
        (event_bridge.to_owned(), Envelope::EventBridge),
        (in_sns(event_bridge), Envelope::Sns),
    ] {
        let notification = parsed(&body);
        assert_eq!(notification.envelope, envelope);
        assert_eq!(notification.objects.len(), 1);
    }
}

#[test]
fn trap_03_sns_in_sns_is_refused() {
    let body = in_sns(&in_sns(&announcing("k").to_string()));
    assert_eq!(refusal(&body), Kind::NestedEnvelope);
}

#[test]
fn trap_03_confirmations_are_kept_and_reported() {
    for (name, kind) in [
        ("aws-sns-subscription-confirmation", "SubscriptionConfirmation"),
        ("aws-sns-unsubscribe-confirmation", "UnsubscribeConfirmation"),
    ] {
        let error = parse(fixtures::text(name)).expect_err(name);
        assert_eq!(error.kind(), Kind::Confirmation);
        assert_eq!(
            error.to_string(),
            format!(
                "the message body is a {kind}; the message is kept: confirm the subscription or \
                 subscribe the queue with the SQS protocol"
            )
        );
    }
}

#[test]
fn trap_04_all_entries_come_out_in_order() {
    let notification = parsed(fixtures::text("aws-s3-several-2.1"));
    let objects: Vec<_> = notification.objects.iter().map(short).collect();
    let bucket = "amzn-s3-demo-bucket";
    let etag = Some("d41d8cd98f00b204e9800998ecf8427e");
    let parts = Some("9b2cf535f27731c974343645a3985328-3");
    assert_eq!(
        objects,
        [
            (bucket, "a/1.gz", None, etag, Some(1024)),
            (bucket, "a/2+2.gz", None, etag, Some(1024)),
            (bucket, "a/3.gz", None, parts, Some(1024)),
        ]
    );
}

#[test]
fn trap_04_entries_of_other_kinds_do_not_hide_the_rest() {
    let mut body = announcing("k");
    let created = body["Records"][0].clone();
    let mut removed = created.clone();
    removed["eventName"] = json!("ObjectRemoved:Delete");
    body["Records"] = json!([removed, created, removed, created]);
    let notification = parsed(&body.to_string());
    assert_eq!(notification.objects.len(), 2);
    assert_eq!(notification.skipped.other_events, 2);
}

#[test]
fn trap_04_one_bad_entry_fails_the_body() {
    for bad in [json!({}), json!(null), json!("x"), json!([])] {
        let mut body = announcing("k");
        let entries = body["Records"].as_array_mut().expect("a list");
        entries.push(bad);
        assert_eq!(refusal(&body.to_string()), Kind::Malformed);
    }
}

#[test]
fn trap_05_nothing_to_do_is_no_error() {
    let empty = parsed(r#"{"Records": []}"#);
    assert_eq!((empty.objects.len(), empty.skipped), (0, Skipped::default()));
    for name in ["ObjectRemoved:Delete", "s3:ObjectRemoved:Delete", "SomethingNew:Here"] {
        let mut body = announcing("k");
        body["Records"][0]["eventName"] = json!(name);
        body["Records"][0]["s3"] = json!(null);
        let notification = parsed(&body.to_string());
        assert!(notification.objects.is_empty());
        assert_eq!(notification.skipped.other_events, 1);
    }
}

#[test]
fn trap_05_what_cannot_be_understood_is_an_error() {
    assert_eq!(refusal(""), Kind::NotJson);
    assert_eq!(refusal("hello"), Kind::NotJson);
    assert_eq!(refusal("{}"), Kind::UnknownShape);
    assert_eq!(refusal("[]"), Kind::UnknownShape);
    let changed = |pointer: &str, value: serde_json::Value| {
        let mut body = announcing("k");
        *body.pointer_mut(pointer).expect(pointer) = value;
        refusal(&body.to_string())
    };
    assert_eq!(changed("/Records/0/s3/bucket/name", json!(null)), Kind::Malformed);
    assert_eq!(changed("/Records/0/s3/bucket/name", json!("")), Kind::Malformed);
    assert_eq!(changed("/Records/0/s3/object/key", json!("")), Kind::Malformed);
    assert_eq!(changed("/Records/0/s3", json!(null)), Kind::Malformed);
    assert_eq!(changed("/Records/0/eventVersion", json!("3.0")), Kind::UnsupportedVersion);
    assert_eq!(changed("/Records/0/eventVersion", json!("22.1")), Kind::UnsupportedVersion);
    assert_eq!(changed("/Records/0/eventVersion", json!(null)), Kind::Malformed);
    assert_eq!(changed("/Records/0/eventSource", json!("aws:sqs")), Kind::ForeignSource);
}

#[test]
fn trap_06_optional_fields_may_be_missing_or_null() {
    let missing = announcing("k");
    let mut null = missing.clone();
    for field in ["eventTime", "awsRegion"] {
        null["Records"][0][field] = json!(null);
    }
    for field in ["size", "eTag", "versionId", "sequencer"] {
        null["Records"][0]["s3"]["object"][field] = json!(null);
    }
    let expected = NotifiedObject {
        bucket: "b".into(),
        key: "k".into(),
        version_id: None,
        etag: None,
        size: None,
        sequencer: None,
        event_time: None,
        event_name: "ObjectCreated:Put".into(),
        region: None,
    };
    for body in [missing, null] {
        let objects = parsed(&body.to_string()).objects;
        assert!(matches!(&objects[..], [object] if *object == expected), "{objects:?}");
    }
    let bridge = parsed(fixtures::text("aws-eventbridge-object-created-plain-key"));
    assert_eq!(bridge.objects[0].etag, None);
    assert_eq!(bridge.objects[0].size, None);
}
