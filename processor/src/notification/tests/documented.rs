//! Bodies as AWS documents them.

use super::*;

const VERSION: Option<&str> = Some("096fKKXTRTtl3on89fVO.nfljtsv6qko");
const ETAG: Option<&str> = Some("d41d8cd98f00b204e9800998ecf8427e");

fn found(name: &str) -> Notification {
    parsed(fixtures::text(name))
}

#[test]
fn every_field_of_an_s3_event() {
    let notification = found("aws-s3-put-2.1");
    assert_eq!(notification.envelope, Envelope::S3);
    assert_eq!(notification.skipped, Skipped::default());
    let [object] = &notification.objects[..] else {
        panic!("one object");
    };
    assert_eq!(short(object), ("amzn-s3-demo-bucket", "red flower.jpg", VERSION, ETAG, Some(1024)));
    assert_eq!(object.sequencer.as_deref(), Some("0055AED6DCD90281E5"));
    assert_eq!(object.event_time.as_deref(), Some("1970-01-01T00:00:00.000Z"));
    assert_eq!(object.event_name, "ObjectCreated:Put");
    assert_eq!(object.region.as_deref(), Some("us-west-2"));
}

#[test]
fn every_field_of_an_event_bridge_event() {
    let notification = found("aws-eventbridge-object-created");
    assert_eq!(notification.envelope, Envelope::EventBridge);
    assert_eq!(notification.skipped, Skipped::default());
    let [object] = &notification.objects[..] else {
        panic!("one object");
    };
    assert_eq!(
        short(object),
        (
            "amzn-s3-demo-bucket1",
            "example-key",
            Some("IYV3p45BT0ac8hjHg1houSdS1a.Mro8e"),
            Some("b1946ac92492d2347c6235b4d2611184"),
            Some(5)
        )
    );
    assert_eq!(object.sequencer.as_deref(), Some("617f08299329d189"));
    assert_eq!(object.event_time.as_deref(), Some("2021-11-12T00:00:00Z"));
    assert_eq!(object.event_name, "Object Created");
    assert_eq!(object.region.as_deref(), Some("ca-central-1"));
}

#[test]
fn an_unversioned_bucket() {
    let notification = found("aws-s3-put-unversioned-2.1");
    assert_eq!(
        notification.objects.iter().map(short).collect::<Vec<_>>(),
        [("amzn-s3-demo-bucket", "HappyFace.jpg", None, ETAG, Some(1024))]
    );
}

#[test]
fn sns_around_s3_and_around_event_bridge() {
    let s3 = found("aws-sns-put");
    assert_eq!(s3.envelope, Envelope::Sns);
    assert_eq!(s3.objects[0].key, "sp ace/çé日.json");
    let event_bridge = found("aws-eventbridge-through-sns");
    assert_eq!(event_bridge.envelope, Envelope::Sns);
    assert_eq!(event_bridge.objects, found("aws-eventbridge-object-created").objects);
}

#[test]
fn other_kinds_of_events_are_counted() {
    for name in [
        "aws-s3-replication-2.2",
        "aws-s3-lifecycle-expiration-2.3",
        "aws-s3-restore-completed-2.1",
        "aws-s3-tagging-2.3",
        "aws-eventbridge-object-deleted",
        "aws-eventbridge-restore-completed",
    ] {
        let notification = found(name);
        assert!(notification.objects.is_empty(), "{name}");
        assert_eq!(notification.skipped.other_events, 1, "{name}");
        assert!(!notification.skipped.test_event, "{name}");
    }
}

#[test]
fn test_events() {
    for (name, envelope) in
        [("aws-s3-test-event", Envelope::S3), ("aws-sns-test-event", Envelope::Sns)]
    {
        let notification = found(name);
        assert_eq!(notification.envelope, envelope);
        assert!(notification.objects.is_empty());
        assert!(notification.skipped.test_event);
        assert_eq!(notification.skipped.other_events, 0);
    }
}
