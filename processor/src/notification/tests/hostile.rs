//! Bodies of those who want to do harm: whoever may send to the queue.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use NotificationErrorKind as Kind;

/// The most a message may have; see *Amazon SQS message quotas* in the Amazon SQS Developer Guide.
const LARGEST: usize = 1 << 20;

fn with(pointer: &str, value: Value) -> String {
    let mut body = announcing("k");
    *body.pointer_mut(pointer).expect(pointer) = value;
    body.to_string()
}

fn bridge_with(pointer: &str, value: Value) -> String {
    let mut body: Value =
        serde_json::from_str(fixtures::text("aws-eventbridge-object-created")).expect("a fixture");
    *body.pointer_mut(pointer).expect(pointer) = value;
    body.to_string()
}

#[test]
fn what_is_no_name_of_a_bucket_is_refused_before_anything_is_asked_of_it() {
    for name in [
        "arn:aws:s3:eu-west-1:123456789012:accesspoint/evil",
        "arn:aws:s3-object-lambda:eu-west-1:123456789012:accesspoint/evil",
        "arn:aws:s3-outposts:eu-west-1:123456789012:outpost/op-01234567890123456/accesspoint/evil",
        "arn:aws:s3::123456789012:accesspoint/evil.mrap",
        "evil.example/",
        "https://evil.example",
        "evil.example:443",
        "user@evil.example",
        "a?b",
        "a#b",
        "a%2fb",
        "a b",
        "a\\b",
        "a\nb",
        "a\0b",
        "..",
        ".",
        "../other",
        "bücket",
        &"a".repeat(256),
    ] {
        assert_eq!(
            refusal(&with("/Records/0/s3/bucket/name", json!(name))),
            Kind::BadBucket,
            "{name}"
        );
        assert_eq!(
            refusal(&in_sns(&with("/Records/0/s3/bucket/name", json!(name)))),
            Kind::BadBucket,
            "{name}"
        );
        assert_eq!(
            refusal(&bridge_with("/detail/bucket/name", json!(name))),
            Kind::BadBucket,
            "{name}"
        );
    }
    for name in ["b", "my.logs-2", "Old_One", "logs--x", &"a".repeat(255)] {
        assert_eq!(parsed(&with("/Records/0/s3/bucket/name", json!(name))).objects[0].bucket, name);
    }
}

#[test]
fn keys_that_no_object_can_have_are_refused() {
    let (longest, longer) = ("é".repeat(512), "é".repeat(513));
    assert_eq!(keys(&announcing(&longest).to_string()), [&*longest]);
    assert_eq!(keys(&announcing(&"%C3%A9".repeat(512)).to_string()), [&*longest]);
    assert_eq!(refusal(&announcing(&longer).to_string()), Kind::BadKey);
    assert_eq!(refusal(&announcing(&"%C3%A9".repeat(513)).to_string()), Kind::BadKey);
    assert_eq!(refusal(&bridge_with("/detail/object/key", json!(longer))), Kind::BadKey);
}

/// S3 takes them as they are; they are no paths.
#[test]
fn keys_that_look_like_paths_or_commands_come_out_as_they_are() {
    for key in [
        "../../etc/passwd",
        "/",
        "//",
        "a/./b",
        "?versionId=x",
        "#",
        "a\u{1b}[2Jb",
        "\0",
        "\r\nHost: evil",
    ] {
        assert_eq!(keys(&bridge_with("/detail/object/key", json!(key))), [key]);
        assert_eq!(keys(&announcing(key).to_string()), [key]);
    }
}

#[test]
fn numbers_that_are_no_sizes_count_as_absent_and_what_is_no_number_is_refused() {
    let with_size = |size: &str| {
        with("/Records/0/s3/object", json!({"key": "k", "size": "SIZE"})).replace("\"SIZE\"", size)
    };
    for size in ["-1", "18446744073709551616", "1.5", "1e3", "\"1\"", "[]"] {
        let notification = parsed(&with_size(size));
        assert_eq!((notification.objects[0].size, notification.skipped.odd_hints), (None, 1));
    }
    for size in ["1e400", "00", "0x10", "NaN"] {
        assert_eq!(refusal(&with_size(size)), Kind::NotJson, "{size}");
    }
    let most = with("/Records/0/s3/object", json!({"key": "k", "size": u64::MAX}));
    assert_eq!(parsed(&most).objects[0].size, Some(u64::MAX));
}

#[test]
fn lone_surrogates_and_broken_escapes_are_refused() {
    for key in [r"\ud800", r"\udc00x", r"\ud800\u0041", r"\x41", r"\u12", "\u{0}", "a\nb"] {
        let body = announcing("KEY").to_string().replace("KEY", key);
        assert!(matches!(refusal(&body), Kind::NotJson | Kind::Malformed), "{key:?}");
    }
}

/// In each place that is read, passed over, or looked at for the format.
#[test]
fn nesting_is_no_danger_anywhere() {
    let depth = 100_000;
    for deep in [
        "[".repeat(depth) + &"]".repeat(depth),
        "{\"a\":".repeat(depth / 4) + "0" + &"}".repeat(depth / 4),
    ] {
        for place in [
            r#"{"Records": DEEP}"#,
            r#"{"Records": [DEEP]}"#,
            r#"{"Records": [{"s3": DEEP}]}"#,
            r#"{"Records": [{"s3": {"object": {"key": DEEP}}}]}"#,
            r#"{"Type": "Notification", "Message": DEEP}"#,
            r#"{"detail-type": "Object Created", "source": "aws.s3", "detail": DEEP}"#,
            r#"{"detail-type": DEEP, "source": "aws.s3"}"#,
            r#"{"Type": DEEP}"#,
            r#"{"Event": DEEP}"#,
            r#"{"x": DEEP}"#,
        ] {
            let body = place.replace("DEEP", &deep);
            refusal(&body);
            refusal(&in_sns(&body));
        }
        let mut passed_over = announcing("k").to_string();
        passed_over.insert_str(1, &format!(r#""Type": {deep}, "x": {deep}, "#));
        assert_eq!(keys(&passed_over), ["k"]);
    }
}

/// A message of one mebibyte may hold 350,000 empty entries, or 9,000 that each have an object
/// read.
#[test]
fn one_message_announces_no_more_than_2_000_objects() {
    let entry = announcing("k")["Records"][0].to_string();
    let listed =
        |count: usize| format!(r#"{{"Records": [{}]}}"#, vec![entry.as_str(); count].join(","));
    assert_eq!(parsed(&listed(2_000)).objects.len(), 2_000);
    assert_eq!(refusal(&listed(2_001)), Kind::TooMany);
    assert_eq!(refusal(&in_sns(&listed(2_001))), Kind::TooMany);
    let smallest_by_s3 = fixtures::text("aws-s3-put-unversioned-2.1");
    let smallest_by_s3: Value = serde_json::from_str(smallest_by_s3).expect("a fixture");
    assert!(
        smallest_by_s3["Records"][0].to_string().len() * 2_000 > LARGEST,
        "a list by S3 may be refused"
    );
}

#[test]
fn long_lists_take_no_more_memory_than_their_text() {
    for entry in ["{}", "0", r#"{"eventSource":"aws:s3","eventVersion":"2.1","eventName":"x"}"#] {
        let count = LARGEST / (entry.len() + 1);
        let list = vec![entry; count].join(",");
        for body in [format!(r#"{{"Records": [{list}]}}"#), format!(r#"{{"Type": [{list}]}}"#)] {
            let used = allocation_counter::measure(|| drop(parse(&body)));
            assert!(used.bytes_max < LARGEST as u64 / 16, "{entry}: {used:?}");
        }
    }
}

/// Whatever a value of a real notification is replaced by.
fn hostile() -> impl Strategy<Value = Value> {
    let texts = prop::sample::select(vec![
        "",
        ".",
        "..",
        "../..",
        "\0",
        "\n",
        "\u{1b}[2J",
        "%",
        "%ff",
        "+",
        "null",
        "arn:aws:s3:::x",
        "s3:TestEvent",
        "Notification",
        "2.9",
        "3.0",
        "aws:s3",
        "ObjectCreated:Put",
        "\u{202e}",
        "\u{feff}",
    ]);
    prop_oneof![
        texts.prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        (1..3000usize).prop_map(|length| Value::from("x".repeat(length))),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
        Just(json!([])),
        Just(json!({})),
        Just(json!([{"Records": [{}]}])),
        Just(json!({"Records": [], "Type": "Notification", "Message": "{}"})),
    ]
}

/// All places in a value, as paths of one step after the other.
fn places(value: &Value, at: &str, into: &mut Vec<String>) {
    into.push(at.to_owned());
    match value {
        Value::Array(list) => {
            (0..list.len()).for_each(|i| places(&list[i], &format!("{at}/{i}"), into));
        }
        Value::Object(fields) => {
            let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
            fields
                .iter()
                .for_each(|(name, value)| places(value, &format!("{at}/{}", escaped(name)), into));
        }
        _ => {}
    }
}

fn replace_some(value: &mut Value, replacements: &[(prop::sample::Index, Value)]) {
    for (which, with) in replacements {
        let mut all = Vec::new();
        places(value, "", &mut all);
        *value.pointer_mut(which.get(&all[..]).as_str()).expect("just found") = with.clone();
    }
}

/// A body of a fixture, with values replaced; in the message of an SNS envelope too.
fn with_values_replaced() -> impl Strategy<Value = String> {
    let replacements = || prop::collection::vec((any::<prop::sample::Index>(), hostile()), 0..3);
    (prop::sample::select(fixtures::all_bodies()), replacements(), replacements()).prop_map(
        |(body, outer, inner)| {
            let mut body: Value = serde_json::from_str(&body).expect("a fixture");
            if let Some(message) = body.get("Message").and_then(Value::as_str)
                && let Ok(mut message) = serde_json::from_str(message)
            {
                replace_some(&mut message, &inner);
                body["Message"] = message.to_string().into();
            }
            replace_some(&mut body, &outer);
            body.to_string()
        },
    )
}

proptest! {
    #[test]
    fn fixtures_with_hostile_values_are_parsed_or_refused(body in with_values_replaced()) {
        fuzz::check_any(&body);
    }
}
