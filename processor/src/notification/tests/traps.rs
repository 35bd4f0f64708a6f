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
    for name in ["ObjectRemoved:Delete", "s3:ObjectRemoved:Delete", "LifecycleTransition"] {
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
        replay: None,
    };
    for body in [missing, null] {
        let objects = parsed(&body.to_string()).objects;
        assert!(matches!(&objects[..], [object] if *object == expected), "{objects:?}");
    }
    let bridge = parsed(fixtures::text("aws-eventbridge-object-created-plain-key"));
    assert_eq!(bridge.objects[0].etag, None);
    assert_eq!(bridge.objects[0].size, None);
}

#[test]
fn trap_58_an_event_of_a_kind_that_is_not_known_is_kept() {
    for name in ["SomethingNew:Here", "ObjectCreate", "objectremoved:Delete", "s3:", "*"] {
        let mut body = announcing("k");
        body["Records"][0]["eventName"] = json!(name);
        assert_eq!(refusal(&body.to_string()), Kind::UnknownEvent, "{name}");
    }
    let mut bridge: serde_json::Value =
        serde_json::from_str(fixtures::text("aws-eventbridge-object-created")).expect("a fixture");
    for name in ["Object Annotated", "object created", ""] {
        bridge["detail-type"] = json!(name);
        assert_eq!(refusal(&bridge.to_string()), Kind::UnknownEvent, "{name}");
    }
    for name in [
        "Object Deleted",
        "Object Restore Initiated",
        "Object Restore Completed",
        "Object Restore Expired",
        "Object Storage Class Changed",
        "Object Access Tier Changed",
        "Object ACL Updated",
        "Object Tags Added",
        "Object Tags Deleted",
    ] {
        bridge["detail-type"] = json!(name);
        assert_eq!(parsed(&bridge.to_string()).skipped.other_events, 1, "{name}");
    }
    for name in [
        "ObjectRestore:Post",
        "ObjectRestore:Delete",
        "ReducedRedundancyLostObject",
        "Replication:OperationFailedReplication",
        "LifecycleExpiration:DeleteMarkerCreated",
        "IntelligentTiering",
        "ObjectAcl:Put",
        "ObjectTagging:*",
    ] {
        let mut body = announcing("k");
        body["Records"][0]["eventName"] = json!(name);
        assert_eq!(parsed(&body.to_string()).skipped.other_events, 1, "{name}");
    }
}

/// Values of the wrong type for any field.
fn odd() -> [serde_json::Value; 6] {
    [json!({"a": 1}), json!([1, "2"]), json!(true), json!(-1), json!(1.5), json!([])]
}

#[test]
fn trap_59_a_hint_of_another_type_counts_as_absent_and_is_counted() {
    let plain = &parsed(&announcing("k").to_string()).objects[0];
    for odd in odd() {
        let mut body = announcing("k");
        for field in ["eventTime", "awsRegion"] {
            body["Records"][0][field] = odd.clone();
        }
        for field in ["size", "eTag", "versionId", "sequencer"] {
            body["Records"][0]["s3"]["object"][field] = odd.clone();
        }
        let notification = parsed(&body.to_string());
        assert_eq!((&notification.objects[0], notification.skipped.odd_hints), (plain, 6), "{odd}");
    }
    let mut bridge: serde_json::Value =
        serde_json::from_str(fixtures::text("aws-eventbridge-object-created")).expect("a fixture");
    for odd in odd() {
        for pointer in [
            "/time",
            "/region",
            "/detail/object/size",
            "/detail/object/etag",
            "/detail/object/version-id",
            "/detail/object/sequencer",
            "/detail/requester",
            "/detail/reason",
        ] {
            *bridge.pointer_mut(pointer).expect(pointer) = odd.clone();
        }
        let notification = parsed(&bridge.to_string());
        let hints = short(&notification.objects[0]);
        assert_eq!(hints, ("amzn-s3-demo-bucket1", "example-key", None, None, None), "{odd}");
        assert_eq!(notification.skipped.odd_hints, 6, "{odd}");
    }
}

#[test]
fn trap_59_of_other_kinds_nothing_matters_but_the_name() {
    for odd in odd() {
        let mut body = announcing("k");
        body["Records"][0]["eventName"] = json!("ObjectRemoved:Delete");
        for pointer in ["/Records/0/s3", "/Records/0/s3/bucket", "/Records/0/s3/object"] {
            let mut body = body.clone();
            *body.pointer_mut(pointer).expect(pointer) = odd.clone();
            assert_eq!(parsed(&body.to_string()).skipped.other_events, 1, "{pointer}: {odd}");
        }
        let mut bridge: serde_json::Value =
            serde_json::from_str(fixtures::text("aws-eventbridge-object-deleted"))
                .expect("a fixture");
        bridge["detail"] = odd.clone();
        assert_eq!(parsed(&bridge.to_string()).skipped.other_events, 1, "{odd}");
    }
}

#[test]
fn trap_60_announcements_in_other_shapes_are_understood() {
    let trail = r#"{"s3Bucket": "trails", "s3ObjectKey": ["AWSLogs/1/a+b.json.gz", "c"]}"#;
    let lake = r#"{"source": "aws.s3", "time": "2021-11-12T00:00:00Z", "account": "123456789012",
        "region": "ca-central-1", "resources": ["arn:aws:s3:::lake"], "detail": {
        "bucket": {"name": "lake"}, "object": {"key": "ext/a=1/x+y.gz.parquet", "size": 12,
        "etag": "e"}, "request-id": "r", "requester": "securitylake.amazonaws.com"}}"#;
    let bridge: serde_json::Value =
        serde_json::from_str(fixtures::text("aws-eventbridge-object-created")).expect("a fixture");
    let detail = bridge["detail"].to_string();
    for (body, expected) in [
        (trail, &["AWSLogs/1/a+b.json.gz", "c"][..]),
        (lake, &["ext/a=1/x+y.gz.parquet"]),
        (&detail, &["example-key"]),
        (&announcing("k").to_string(), &["k"]),
    ] {
        for marked in [body.to_owned(), format!("\u{feff}{body}")] {
            assert_eq!(keys(&marked), expected);
            assert_eq!(keys(&in_sns(&marked)), expected);
        }
    }
    let lake = parsed(lake);
    assert_eq!(
        (lake.objects[0].size, lake.objects[0].region.as_deref()),
        (Some(12), Some("ca-central-1"))
    );
    for validation in ["CloudTrail validation message.", "CloudTrail validation message.\n"] {
        assert!(parsed(&in_sns(validation)).skipped.test_event);
        assert!(parsed(validation).skipped.test_event);
    }
}

#[test]
fn trap_60_shapes_that_only_look_like_these_are_kept() {
    let changed = |text: &str, pointer: &str, value: serde_json::Value| {
        let mut body: serde_json::Value = serde_json::from_str(text).expect(text);
        *body.pointer_mut(pointer).expect(pointer) = value;
        refusal(&body.to_string())
    };
    let trail = r#"{"s3Bucket": "trails", "s3ObjectKey": ["k"]}"#;
    assert_eq!(changed(trail, "/s3Bucket", json!(null)), Kind::Malformed);
    assert_eq!(changed(trail, "/s3Bucket", json!("arn:aws:s3:::x")), Kind::BadBucket);
    assert_eq!(changed(trail, "/s3ObjectKey", json!([1])), Kind::Malformed);
    assert_eq!(changed(trail, "/s3ObjectKey", json!([""])), Kind::Malformed);
    assert_eq!(changed(trail, "/s3ObjectKey", json!(vec!["k"; 2_001])), Kind::TooMany);
    let lake = r#"{"source": "aws.s3", "detail": {"bucket": {"name": "lake"}, "object":
        {"key": "k"}, "requester": "securitylake.amazonaws.com"}}"#;
    assert_eq!(changed(lake, "/detail/requester", json!("123456789012")), Kind::Malformed);
    assert_eq!(changed(lake, "/source", json!("my.app")), Kind::ForeignSource);
    let detail = r#"{"version": "0", "bucket": {"name": "b"}, "object": {"key": "k"},
        "reason": "PutObject"}"#;
    assert_eq!(changed(detail, "/reason", json!("Something")), Kind::UnknownEvent);
    assert_eq!(changed(detail, "/version", json!("1")), Kind::UnsupportedVersion);
    assert_eq!(parsed(&detail.replace("PutObject", "DeleteObject")).skipped.other_events, 1);
    assert_eq!(refusal("CloudTrail validation message. And more"), Kind::NotJson);
}

#[test]
fn trap_61_stores_that_imitate_s3_are_heard_if_they_are_named() {
    let mut body = announcing("a+b");
    body["Records"][0]["eventSource"] = json!("minio:s3");
    body["Records"][0]["eventName"] = json!("s3:ObjectCreated:Put");
    body["Records"][0]["eventVersion"] = json!("2.0");
    body["EventName"] = json!("s3:ObjectCreated:Put");
    body["Key"] = json!("b/a b");
    assert_eq!(refusal(&body.to_string()), Kind::ForeignSource);
    let sources = ["ceph:s3", "minio:s3"].map(str::to_owned).into();
    let reader = Reader { event_sources: sources, parser: None };
    for body in [body.to_string(), in_sns(&body.to_string()), announcing("a+b").to_string()] {
        assert_eq!(reader.read(&body).expect("it is named").objects[0].key, "a b");
    }
    body["Records"][0]["eventSource"] = json!("sgws:s3");
    let error = reader.read(&body.to_string()).expect_err("it is not named");
    assert!(error.to_string().contains("event_sources"), "{error}");
}

/// As CrowdStrike's Falcon Data Replicator announces files.
struct Replicator;

impl NotificationParser for Replicator {
    fn parse(
        &self,
        body: &str,
    ) -> Result<Option<Vec<AnnouncedObject>>, Box<dyn std::error::Error + Send + Sync>> {
        let body: serde_json::Value = serde_json::from_str(body)?;
        if body["panic"].is_string() {
            panic!("as the test wants it");
        }
        let (Some(bucket), Some(files)) = (body["bucket"].as_str(), body["files"].as_array())
        else {
            return Ok(None);
        };
        let object = |file: &serde_json::Value| {
            let path = file["path"].as_str().ok_or("a file has no path")?;
            let size = file["size"].as_u64().ok_or("a file has no size")?;
            Ok(AnnouncedObject::new(bucket, path).size(size).etag("\"e\"").version_id("v"))
        };
        files.iter().map(object).collect::<Result<_, _>>().map(Some)
    }
}

#[test]
fn trap_61_a_parser_of_ones_own_comes_first_and_its_objects_are_checked() {
    let parser: Arc<dyn NotificationParser> = Arc::new(Replicator);
    let reader = Reader { parser: Some(parser), ..Reader::default() };
    let read = |body: serde_json::Value| reader.read(&body.to_string());
    let files = json!({"bucket": "b", "files": [{"path": "d/1.gz", "size": 3}]});
    let found = read(files).expect("its own");
    assert_eq!(found.envelope, Envelope::Own);
    assert_eq!(short(&found.objects[0]), ("b", "d/1.gz", Some("v"), Some("e"), Some(3)));
    assert_eq!(read(announcing("k")).expect("S3's").objects[0].key, "k");
    let nothing = read(json!({"bucket": "b", "files": []})).expect("understood");
    assert!(nothing.objects.is_empty());
    let kind = |body| read(body).expect_err("it is kept").kind();
    assert_eq!(kind(json!({"bucket": "b", "files": [{"path": "x"}]})), Kind::OwnFormat);
    assert_eq!(kind(json!({"panic": "now"})), Kind::OwnFormat);
    let files = json!([{"path": "x", "size": 1}]);
    assert_eq!(kind(json!({"bucket": "arn:aws:s3:::x", "files": files})), Kind::BadBucket);
    let long = json!([{"path": "x".repeat(1_025), "size": 1}]);
    assert_eq!(kind(json!({"bucket": "b", "files": long})), Kind::BadKey);
}
