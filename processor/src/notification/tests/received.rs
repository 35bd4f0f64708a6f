//! Bodies as the emulators gave them.

use super::*;

/// A body's envelope, objects, number of other events, and whether it is a test event.
type Outcome<'a> = (Envelope, Vec<Expected<'a>>, usize, bool);

fn outcome(notification: &Notification) -> Outcome<'_> {
    (
        notification.envelope,
        notification.objects.iter().map(short).collect(),
        notification.skipped.other_events,
        notification.skipped.test_event,
    )
}

fn one<'a>(
    bucket: &'a str,
    key: &'a str,
    version: Option<&'a str>,
    etag: &'a str,
    size: u64,
) -> Vec<Expected<'a>> {
    vec![(bucket, key, version, Some(etag), Some(size))]
}

#[test]
fn every_received_body_gives_what_it_announces() {
    use Envelope::{EventBridge, S3, Sns};
    let expected: &[(&str, &[Outcome<'_>])] = &[
        (
            "localstack-firehose-gzip-event",
            &[(
                S3,
                one(
                    "b-bb7eae31",
                    concat!(
                        "data/dt=!{timestamp:yyyy-MM-dd}/hh=!{timestamp:HH}/2026/11/20/10/",
                        "ds-7df6bb86-2026-11-20-10-38-05-c40336f0-a892-4a65-a431-499263a9088f"
                    ),
                    None,
                    "03da15fc770150e0b168bb018d0a384b",
                    35,
                ),
                0,
                false,
            )],
        ),
        (
            "localstack-s3-event-copy",
            &[(
                S3,
                one(
                    "b-ba504340",
                    "dst",
                    Some("AaH4hrXpfm7gPUMEQc9Ej6qjZCkfhfru"),
                    "d16fb36f0911f878998c136191af705e",
                    3,
                ),
                0,
                false,
            )],
        ),
        ("localstack-s3-event-delete-marker", &[(S3, vec![], 1, false)]),
        ("localstack-s3-event-delete-version", &[(S3, vec![], 1, false)]),
        (
            "localstack-s3-event-multipart",
            &[(
                S3,
                one(
                    "b-ba504340",
                    "mp",
                    Some("AaH4hrXquWTHAr2hg7ix9DpSShAQ7k23"),
                    "0c62823571cff39c8dddcc6a74e2569f-2",
                    5242881,
                ),
                0,
                false,
            )],
        ),
        (
            "localstack-s3-eventbridge-sqs",
            &[(
                EventBridge,
                one(
                    "b-36137a8e",
                    "sp%20ace%2B%3D/%C3%A9.json",
                    None,
                    "c4ca4238a0b923820dcc509a6f75849b",
                    1,
                ),
                0,
                false,
            )],
        ),
        (
            "localstack-s3-sns-sqs-envelope",
            &[(
                Sns,
                one("b-fe2f2c30", "a/b.json", None, "99914b932bd37a50b983c5e7c90ae93b", 2),
                0,
                false,
            )],
        ),
        (
            "localstack-s3-sns-sqs-raw-keys",
            &[
                (
                    S3,
                    one(
                        "b-ba504340",
                        "sp ace/a+b=c.json",
                        Some("AaH4hrXkwaf_qBKhw0cSVA0JKOlZqceV"),
                        "900150983cd24fb0d6963f7d28e17f72",
                        3,
                    ),
                    0,
                    false,
                ),
                (
                    S3,
                    one(
                        "b-ba504340",
                        "uni/çé日本.json",
                        Some("AaH4hrXlattr9F4DDD6fjS0K_9UvyZKT"),
                        "900150983cd24fb0d6963f7d28e17f72",
                        3,
                    ),
                    0,
                    false,
                ),
                (
                    S3,
                    one(
                        "b-ba504340",
                        "dt=2026-01-02/hh=03/x&y?z#%41.gz",
                        Some("AaH4hrXmqxbR6GZtntmhJ5oHACoOcQfZ"),
                        "900150983cd24fb0d6963f7d28e17f72",
                        3,
                    ),
                    0,
                    false,
                ),
                (
                    S3,
                    one(
                        "b-ba504340",
                        "q'(quote)!*~$,;:@.json",
                        Some("AaH4hrXnWYItVKMcluYzuQyP0RG5fqWS"),
                        "900150983cd24fb0d6963f7d28e17f72",
                        3,
                    ),
                    0,
                    false,
                ),
            ],
        ),
        ("localstack-s3-sns-sqs-raw-testevent", &[(S3, vec![], 0, true)]),
        ("localstack-s3-sns-sqs-testevent", &[(Sns, vec![], 0, true)]),
        (
            "localstack-s3-sqs-direct",
            &[(
                S3,
                one("b-3c3a15f2", "plain/a.json", None, "99914b932bd37a50b983c5e7c90ae93b", 2),
                0,
                false,
            )],
        ),
        ("localstack-s3-sqs-testevent", &[(S3, vec![], 0, true)]),
        (
            "ministack-firehose-gzip-event",
            &[
                (
                    S3,
                    one(
                        "b-24b674fe",
                        concat!(
                            "data/dt=2026-11-20/hh=10/ds-b095add0-1-2026-11-20-10-47-10",
                            "-983d98b7-0163-4539-b430-f0e23de125b9"
                        ),
                        None,
                        "a210e273fde64f54b76743525e111f3f",
                        7,
                    ),
                    0,
                    false,
                ),
                (
                    S3,
                    one(
                        "b-24b674fe",
                        concat!(
                            "data/dt=2026-11-20/hh=10/ds-b095add0-1-2026-11-20-10-47-10",
                            "-6b73d34f-688a-4ff3-a473-054be3b3d6b9"
                        ),
                        None,
                        "e17d0ee99013e5ee01d0b073ed2bab2c",
                        7,
                    ),
                    0,
                    false,
                ),
                (
                    S3,
                    one(
                        "b-24b674fe",
                        concat!(
                            "data/dt=2026-11-20/hh=10/ds-b095add0-1-2026-11-20-10-47-10",
                            "-09e7f096-3356-4c20-938f-d3a7b7054f34"
                        ),
                        None,
                        "1cabf324ea0a5d083f50f4dbb392fe2e",
                        7,
                    ),
                    0,
                    false,
                ),
                (
                    S3,
                    one(
                        "b-24b674fe",
                        concat!(
                            "data/dt=2026-11-20/hh=10/ds-b095add0-1-2026-11-20-10-47-10",
                            "-73f10bd0-31b9-47a6-b50e-2ccec7e8d7d8"
                        ),
                        None,
                        "7a2c83ab270a8cd0669aa3711006177d",
                        7,
                    ),
                    0,
                    false,
                ),
                (
                    S3,
                    one(
                        "b-24b674fe",
                        concat!(
                            "data/dt=2026-11-20/hh=10/ds-b095add0-1-2026-11-20-10-47-10",
                            "-9d654b7b-7eab-4a42-93b0-9a0529a0d460"
                        ),
                        None,
                        "62efd67aace59da0aa4a10d9d087aeda",
                        7,
                    ),
                    0,
                    false,
                ),
            ],
        ),
        (
            "ministack-s3-event-copy",
            &[(
                S3,
                one(
                    "b-48d11c50",
                    "dst",
                    Some("19406da5-65e8-42b6-be65-02d78372c460"),
                    "d16fb36f0911f878998c136191af705e",
                    3,
                ),
                0,
                false,
            )],
        ),
        ("ministack-s3-event-delete-marker", &[(S3, vec![], 1, false)]),
        ("ministack-s3-event-delete-version", &[(S3, vec![], 1, false)]),
        (
            "ministack-s3-event-multipart",
            &[(
                S3,
                one(
                    "b-48d11c50",
                    "mp",
                    Some("220461b9-87a7-4a4f-bc1f-d3947ffef479"),
                    "0c62823571cff39c8dddcc6a74e2569f-2",
                    5242881,
                ),
                0,
                false,
            )],
        ),
        (
            "ministack-s3-eventbridge-sqs",
            &[(
                EventBridge,
                one("b-27d3844a", "sp ace+=/é.json", None, "c4ca4238a0b923820dcc509a6f75849b", 1),
                0,
                false,
            )],
        ),
        (
            "ministack-s3-sns-sqs-envelope",
            &[(
                Sns,
                one("b-b89603d0", "a/b.json", None, "99914b932bd37a50b983c5e7c90ae93b", 2),
                0,
                false,
            )],
        ),
        (
            "ministack-s3-sns-sqs-raw-keys",
            &[
                (
                    S3,
                    one(
                        "b-48d11c50",
                        "sp ace/a+b=c.json",
                        Some("708e7030-562d-4233-8eeb-931d1c62db84"),
                        "900150983cd24fb0d6963f7d28e17f72",
                        3,
                    ),
                    0,
                    false,
                ),
                (
                    S3,
                    one(
                        "b-48d11c50",
                        "uni/çé日本.json",
                        Some("1b1f2473-745c-4ddb-aff5-462af5338cbc"),
                        "900150983cd24fb0d6963f7d28e17f72",
                        3,
                    ),
                    0,
                    false,
                ),
                (
                    S3,
                    one(
                        "b-48d11c50",
                        "dt=2026-01-02/hh=03/x&y?z#%41.gz",
                        Some("a822b5cd-4afa-48cd-929c-362664360f0f"),
                        "900150983cd24fb0d6963f7d28e17f72",
                        3,
                    ),
                    0,
                    false,
                ),
                (
                    S3,
                    one(
                        "b-48d11c50",
                        "q'(quote)!*~$,;:@.json",
                        Some("97669516-7448-4b5f-86f9-12072baa2bfb"),
                        "900150983cd24fb0d6963f7d28e17f72",
                        3,
                    ),
                    0,
                    false,
                ),
            ],
        ),
        ("ministack-s3-sns-sqs-raw-testevent", &[(S3, vec![], 0, true)]),
        ("ministack-s3-sns-sqs-testevent", &[(Sns, vec![], 0, true)]),
        (
            "ministack-s3-sqs-direct",
            &[(
                S3,
                one("b-7d4283a4", "plain/a.json", None, "99914b932bd37a50b983c5e7c90ae93b", 2),
                0,
                false,
            )],
        ),
        ("ministack-s3-sqs-testevent", &[(S3, vec![], 0, true)]),
    ];
    let received = fixtures::ALL.iter().filter(|(name, _)| !name.starts_with("aws-"));
    assert_eq!(received.count(), expected.len(), "a fixture without an expectation");
    for (name, outcomes) in expected {
        let bodies = fixtures::bodies(name);
        let notifications: Vec<_> = bodies.iter().map(|body| parsed(body)).collect();
        let found: Vec<_> = notifications.iter().map(outcome).collect();
        assert_eq!(&found, outcomes, "{name}");
    }
}

/// S3 writes plain keys into EventBridge events. LocalStack percent-encodes them: its fault, and
/// not to be undone here, because on AWS a key that looks encoded is a key that looks encoded.
#[test]
fn event_bridge_keys_are_taken_as_they_are() {
    let [localstack] = &fixtures::bodies("localstack-s3-eventbridge-sqs")[..] else {
        panic!("one message");
    };
    assert_eq!(keys(localstack), ["sp%20ace%2B%3D/%C3%A9.json"]);
    let [ministack] = &fixtures::bodies("ministack-s3-eventbridge-sqs")[..] else {
        panic!("one message");
    };
    assert_eq!(keys(ministack), ["sp ace+=/é.json"]);
}
