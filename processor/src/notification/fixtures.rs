macro_rules! fixtures {
    ($($name:literal),* $(,)?) => {
        /// Every fixture: its name and text.
        pub(super) const ALL: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("fixtures/", $name, ".json")))),*
        ];
    };
}

fixtures![
    "aws-eventbridge-object-created-plain-key",
    "aws-eventbridge-object-created",
    "aws-eventbridge-object-deleted",
    "aws-eventbridge-restore-completed",
    "aws-eventbridge-through-sns",
    "aws-s3-lifecycle-expiration-2.3",
    "aws-s3-put-2.1",
    "aws-s3-put-unversioned-2.1",
    "aws-s3-replication-2.2",
    "aws-s3-restore-completed-2.1",
    "aws-s3-several-2.1",
    "aws-s3-tagging-2.3",
    "aws-s3-test-event",
    "aws-sns-put",
    "aws-sns-subscription-confirmation",
    "aws-sns-test-event",
    "aws-sns-unsubscribe-confirmation",
    "localstack-firehose-gzip-event",
    "localstack-s3-event-copy",
    "localstack-s3-event-delete-marker",
    "localstack-s3-event-delete-version",
    "localstack-s3-event-multipart",
    "localstack-s3-eventbridge-sqs",
    "localstack-s3-sns-sqs-envelope",
    "localstack-s3-sns-sqs-raw-keys",
    "localstack-s3-sns-sqs-raw-testevent",
    "localstack-s3-sns-sqs-testevent",
    "localstack-s3-sqs-direct",
    "localstack-s3-sqs-testevent",
    "ministack-firehose-gzip-event",
    "ministack-s3-event-copy",
    "ministack-s3-event-delete-marker",
    "ministack-s3-event-delete-version",
    "ministack-s3-event-multipart",
    "ministack-s3-eventbridge-sqs",
    "ministack-s3-sns-sqs-envelope",
    "ministack-s3-sns-sqs-raw-keys",
    "ministack-s3-sns-sqs-raw-testevent",
    "ministack-s3-sns-sqs-testevent",
    "ministack-s3-sqs-direct",
    "ministack-s3-sqs-testevent",
];

/// The text of one fixture.
pub(super) fn text(name: &str) -> &'static str {
    let found = ALL.iter().find(|(known, _)| *known == name);
    found.unwrap_or_else(|| panic!("no fixture {name}")).1
}

/// The bodies of the messages in a received fixture.
pub(super) fn bodies(name: &str) -> Vec<String> {
    let messages: Vec<serde_json::Value> = serde_json::from_str(text(name)).expect(name);
    let body = |message: &serde_json::Value| message["Body"].as_str().expect(name).to_owned();
    messages.iter().map(body).collect()
}

/// Every body in every fixture.
pub(super) fn all_bodies() -> Vec<String> {
    let of = |&(name, text): &(&str, &str)| match name.starts_with("aws-") {
        true => vec![text.to_owned()],
        false => bodies(name),
    };
    ALL.iter().flat_map(of).collect()
}
