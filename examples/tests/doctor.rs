//! `pipeline doctor` on set-ups that are broken in one way each.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should end")]
#![allow(clippy::semicolon_if_nothing_returned, reason = "the table is read more easily so")]

#[expect(dead_code, reason = "other tests use the rest")]
#[path = "run/world.rs"]
mod world;

use aws_sdk_s3::types::{
    Event, FilterRule, FilterRuleName, NotificationConfiguration, NotificationConfigurationFilter,
    QueueConfiguration, S3KeyFilter, TopicConfiguration,
};
use aws_sdk_sqs::types::QueueAttributeName as Attribute;
use futures::future::BoxFuture;
use local_aws::{Backend, BackendKind, Fault, FaultPlan};
use serde_json::{Value, json};
use world::World;

const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:orders";
const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:orders";

/// A set-up that is in order, until something of it is broken.
struct SetUp {
    world: World,
    url: String,
    s3: aws_sdk_s3::Client,
    sqs: aws_sdk_sqs::Client,
    sns: aws_sdk_sns::Client,
    options: String,
}

impl SetUp {
    async fn new() -> Self {
        Self::on(BackendKind::Embedded).await
    }

    async fn on(kind: BackendKind) -> Self {
        let world = World::on(kind).await;
        let made = world.json("provision --name orders").await;
        let url = made["queues"][0]["url"].as_str().unwrap().to_owned();
        world.json("produce --bucket orders --prefix data/ --files 1 --records 3").await;
        let config = world.backend.sdk_config().await;
        let (s3, sqs) = (Backend::s3(&config), Backend::sqs(&config));
        Self { world, url, s3, sqs, sns: Backend::sns(&config), options: String::new() }
    }

    async fn dead_letters(&self) -> String {
        let request = self.sqs.get_queue_url().queue_name("orders-dlq");
        request.send().await.unwrap().queue_url.unwrap()
    }

    async fn attribute(&self, url: &str, name: Attribute, value: impl Into<String>) {
        let request = self.sqs.set_queue_attributes().queue_url(url);
        request.attributes(name, value).send().await.unwrap();
    }

    async fn set(&self, name: Attribute, value: impl Into<String>) {
        self.attribute(&self.url, name, value).await;
    }

    async fn redrive(&self, receives: u32) {
        let dead = format!("{QUEUE}-dlq");
        let policy = json!({ "deadLetterTargetArn": dead, "maxReceiveCount": receives });
        self.set(Attribute::RedrivePolicy, policy.to_string()).await;
    }

    async fn policy(&self, statements: Value) {
        self.set(Attribute::Policy, json!({ "Statement": statements }).to_string()).await;
    }

    async fn topic_attribute(&self, name: &str, value: impl Into<String>) {
        let request = self.sns.set_topic_attributes().topic_arn(TOPIC).attribute_name(name);
        request.attribute_value(value).send().await.unwrap();
    }

    async fn subscription(&self) -> String {
        let request = self.sns.list_subscriptions_by_topic().topic_arn(TOPIC);
        let all = request.send().await.unwrap().subscriptions.unwrap();
        all[0].subscription_arn.clone().unwrap()
    }

    async fn filter(&self, scope: &str, policy: Value) {
        let arn = self.subscription().await;
        for (name, value) in
            [("FilterPolicyScope", scope.to_owned()), ("FilterPolicy", policy.to_string())]
        {
            let request = self.sns.set_subscription_attributes().subscription_arn(&arn);
            request.attribute_name(name).attribute_value(value).send().await.unwrap();
        }
    }

    /// The bucket announces these events to the topic, and to the queue if `direct`.
    async fn notifications(&self, event: Option<Event>, direct: bool) {
        let rule = FilterRule::builder().name(FilterRuleName::Prefix).value("data/").build();
        let key = S3KeyFilter::builder().filter_rules(rule).build();
        let filter = NotificationConfigurationFilter::builder().key(key).build();
        let mut all = NotificationConfiguration::builder();
        if let Some(event) = event {
            let topic = TopicConfiguration::builder().topic_arn(TOPIC).events(event);
            all = all.topic_configurations(topic.filter(filter).build().unwrap());
        }
        if direct {
            let queue = QueueConfiguration::builder().queue_arn(QUEUE);
            let events = Event::S3ObjectCreatedCompleteMultipartUpload;
            all = all.queue_configurations(queue.events(events).build().unwrap());
        }
        let request = self.s3.put_bucket_notification_configuration().bucket("orders");
        request.notification_configuration(all.build()).send().await.unwrap();
    }

    fn deny(&self, operation: &str, code: &str) {
        let fault = Fault::Status { status: 403, code: code.to_owned() };
        self.world.backend.embedded().unwrap().inject(FaultPlan::new(operation, fault));
    }

    /// The exit code, and what was found.
    async fn doctor(&self) -> (i32, Vec<Value>, String) {
        let line = format!("doctor --queue-url {} --summary json {}", self.url, self.options);
        let output = self.world.output(&line).await;
        let stdout = String::from_utf8(output.stdout).unwrap();
        let found = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        (output.status.code().unwrap(), found, String::from_utf8(output.stderr).unwrap())
    }
}

fn sns_may(action: &str, source: &str) -> Value {
    json!({ "Effect": "Allow", "Principal": { "Service": "sns.amazonaws.com" }, "Action": action,
            "Condition": { "ArnEquals": { "aws:SourceArn": source } } })
}

fn s3_may(condition: Value) -> String {
    let statement = json!({ "Effect": "Allow", "Principal": { "Service": "s3.amazonaws.com" },
                            "Action": "SNS:Publish", "Condition": condition });
    json!({ "Statement": [statement] }).to_string()
}

type Break = for<'a> fn(&'a mut SetUp) -> BoxFuture<'a, ()>;

/// How a set-up is broken, and what is said of it: `wrong` or `risk`, and a text.
macro_rules! broken {
    ($($name:literal: |$it:ident| $break:expr => $level:literal, $text:literal;)*) => {
        [$(($name, (|$it| Box::pin(async move { $break; })) as Break, $level, $text)),*]
    };
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "a table")]
async fn what_is_broken_is_found_and_nothing_else_is() {
    let table = broken! {
        "no such queue": |it| it.url += "x" => "wrong", "NonExistentQueue";
        "the queue may not be read": |it| it.deny("GetQueueAttributes", "AccessDenied")
            => "wrong", "AccessDenied";
        "credentials that are not valid": |it| it.deny("GetQueueAttributes", "InvalidClientTokenId")
            => "wrong", "InvalidClientTokenId";
        "an expired session": |it| it.deny("GetQueueAttributes", "ExpiredToken")
            => "wrong", "ExpiredToken";
        "no redrive policy": |it| it.set(Attribute::RedrivePolicy, "").await
            => "wrong", "has no redrive policy";
        "one receive": |it| it.redrive(1).await => "wrong", "after receive 1";
        "two receives": |it| it.redrive(2).await => "risk", "after receive 2";
        "a thousand receives": |it| it.redrive(1_000).await => "risk", "after receive 1000";
        "hidden too shortly": |it| it.set(Attribute::VisibilityTimeout, "2").await
            => "risk", "stays hidden for 2 s";
        "hidden too long": |it| it.set(Attribute::VisibilityTimeout, "43200").await
            => "risk", "stays hidden for 43200 s";
        "kept too shortly": |it| it.set(Attribute::MessageRetentionPeriod, "3600").await
            => "risk", "keeps a message for 3600 s";
        "small messages only": |it| it.set(Attribute::MaximumMessageSize, "1024").await
            => "risk", "takes messages of 1024 bytes";
        "SQS's own key": |it| it.set(Attribute::KmsMasterKeyId, "alias/aws/sqs").await
            => "wrong", "encrypted with alias/aws/sqs";
        "no policy": |it| it.set(Attribute::Policy, "").await => "wrong", "lets no topic send";
        "a policy for another topic": |it|
            it.policy(json!([sns_may("SQS:SendMessage", "arn:aws:sns:us-east-1:000000000000:no")]))
                .await
            => "wrong", "topic arn:aws:sns:us-east-1:000000000000:no does not exist";
        "a policy for another action": |it|
            it.policy(json!([sns_may("SQS:ReceiveMessage", TOPIC)])).await
            => "wrong", "does not let sns.amazonaws.com send";
        "a statement that denies": |it| it.policy(json!([
                sns_may("SQS:SendMessage", TOPIC),
                { "Effect": "Deny", "Principal": "*", "Action": "sqs:*" }
            ])).await
            => "wrong", "denies sns.amazonaws.com to send";
        "everybody may send": |it| it.policy(json!([
                sns_may("SQS:SendMessage", TOPIC),
                { "Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage" }
            ])).await
            => "risk", "everybody may send";
        "no dead-letter queue": |it| {
                let dead = it.dead_letters().await;
                it.sqs.delete_queue().queue_url(dead).send().await.unwrap()
            } => "wrong", "dead-letter queue orders-dlq does not exist";
        "dead letters that are kept no longer": |it| {
                let dead = it.dead_letters().await;
                it.attribute(&dead, Attribute::MessageRetentionPeriod, "345600").await
            } => "risk", "orders-dlq keeps a message for 345600 s";
        "something in the dead-letter queue": |it| {
                let dead = it.dead_letters().await;
                it.sqs.send_message().queue_url(dead).message_body("x").send().await.unwrap()
            } => "risk", "orders-dlq has 1 messages";
        "a dead-letter queue that takes nothing": |it| {
                let dead = it.dead_letters().await;
                let policy = json!({ "redrivePermission": "denyAll" }).to_string();
                it.attribute(&dead, Attribute::RedriveAllowPolicy, policy).await
            } => "wrong", "does not take what comes from orders";
        "a dead-letter queue for another queue": |it| {
                let dead = it.dead_letters().await;
                let policy = json!({ "redrivePermission": "byQueue", "sourceQueueArns": ["x"] });
                it.attribute(&dead, Attribute::RedriveAllowPolicy, policy.to_string()).await
            } => "wrong", "does not take what comes from orders";
        "dead letters that move on": |it| {
                let dead = it.dead_letters().await;
                let policy = json!({ "deadLetterTargetArn": QUEUE, "maxReceiveCount": 9 });
                it.attribute(&dead, Attribute::RedrivePolicy, policy.to_string()).await
            } => "risk", "has a redrive policy of its own";
        "no topic": |it| it.sns.delete_topic().topic_arn(TOPIC).send().await.unwrap()
            => "wrong", "topic arn:aws:sns:us-east-1:000000000000:orders does not exist";
        "no subscription": |it| {
                let arn = it.subscription().await;
                it.sns.unsubscribe().subscription_arn(arn).send().await.unwrap()
            } => "wrong", "queue orders is no subscriber";
        "a filter on attributes": |it| it.filter("MessageAttributes", json!({ "a": ["b"] })).await
            => "wrong", "filter looks at attributes";
        "a filter for other keys": |it| it.filter("MessageBody", json!({ "Records": {
                "s3": { "object": { "key": [{ "prefix": "other/" }] } } } })).await
            => "risk", "its filter holds s3://orders/data/";
        "SNS's own key": |it| it.topic_attribute("KmsMasterKeyId", "alias/aws/sns").await
            => "wrong", "encrypted with alias/aws/sns";
        "a FIFO topic": |it| it.topic_attribute("FifoTopic", "true").await
            => "wrong", "is a FIFO topic";
        "a topic that S3 may not publish to": |it| {
                it.topic_attribute("Policy", "{}").await;
                it.options = "--allow-bucket orders".to_owned()
            } => "wrong", "does not allow that bucket orders publishes";
        "a topic for another bucket": |it| {
                let condition = json!({ "ArnLike": { "aws:SourceArn": "arn:aws:s3:::other-*" } });
                it.topic_attribute("Policy", s3_may(condition)).await;
                it.options = "--allow-bucket orders".to_owned()
            } => "wrong", "does not allow that bucket orders publishes";
        "no notification": |it| it.notifications(None, false).await
            => "wrong", "bucket orders announces nothing";
        "removals only": |it| it.notifications(Some(Event::S3ObjectRemoved), false).await
            => "wrong", "does not announce new objects";
        "Put only": |it| it.notifications(Some(Event::S3ObjectCreatedPut), false).await
            => "risk", "does not announce files that come in parts";
        "announced twice": |it| it.policy(json!([
                sns_may("SQS:SendMessage", TOPIC),
                { "Effect": "Allow", "Principal": { "Service": "events.amazonaws.com" },
                  "Action": "SQS:SendMessage" }
            ])).await
            => "risk", "on two ways";
        "announced without a topic, but not allowed": |it|
            it.notifications(Some(Event::S3ObjectRemoved), true).await
            => "wrong", "does not let s3.amazonaws.com send";
        "no bucket": |it| {
                let keys = it.s3.list_objects_v2().bucket("orders").send().await.unwrap();
                for object in keys.contents() {
                    let request = it.s3.delete_object().bucket("orders");
                    request.key(object.key().unwrap()).send().await.unwrap();
                }
                it.s3.delete_bucket().bucket("orders").send().await.unwrap()
            } => "wrong", "bucket orders does not exist";
        "somebody else's bucket": |it| it.options = "--bucket-owner 999999999999".to_owned()
            => "wrong", "does not belong to account 999999999999";
        "a bucket that is not allowed": |it| it.options = "--allow-bucket other".to_owned()
            => "wrong", "bucket orders is not one of --allow-bucket";
        "a bucket that may not be looked at": |it| it.deny("HeadBucket", "AccessDenied")
            => "risk", "bucket orders may not be listed";
        "objects that may not be listed": |it| it.deny("ListObjectsV2", "AccessDenied")
            => "risk", "cannot list the objects of bucket orders";
        "objects that may not be read": |it| it.deny("GetObject", "AccessDenied")
            => "wrong", "cannot read s3://orders/data/";
        "archived objects": |it| it.deny("GetObject", "InvalidObjectState")
            => "risk", "InvalidObjectState";
        "an object that is not there": |it| it.options = "--object s3://orders/no".to_owned()
            => "wrong", "cannot read s3://orders/no";
        "progress that is announced": |it| it.options = "--progress s3://orders/state".to_owned()
            => "wrong", "--progress s3://orders/state/ is announced";
        "no bucket for the quarantine": |it| it.options = "--quarantine s3://no/aside".to_owned()
            => "wrong", "cannot reach s3://no/aside/";
        "tags without versions": |it| it.options = "--after-success tag:a=b".to_owned()
            => "wrong", "bucket orders has no versions";
        "no directory for the spool": |it| it.options = "--spool /no/such/folder".to_owned()
            => "wrong", "--spool /no/such/folder: there is no such directory";
    };
    let mut told = String::new();
    for (name, break_it, level, text) in table {
        let mut set_up = SetUp::new().await;
        break_it(&mut set_up).await;
        let (code, found, stderr) = set_up.doctor().await;
        let of_level =
            |level: &str| found.iter().filter(|one| one["level"] == *level).collect::<Vec<_>>();
        let bad = [of_level("wrong"), of_level("risk")].concat();
        let hit = bad.iter().find(|one| one["what"].as_str().unwrap().contains(text));
        let hit = hit.unwrap_or_else(|| panic!("{name}: no {text} in {found:#?}{stderr}"));
        assert_eq!(hit["level"], level, "{name}: {hit}");
        assert!(hit["so"].is_string() && hit["do"].is_string(), "{name}: {hit}");
        assert_eq!(code, if of_level("wrong").is_empty() { 0 } else { 3 }, "{name}: {found:#?}");
        told += &rows(name, &bad, &set_up);
    }
    is_written(&told);
}

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/measured/doctor.md");
const HEAD: &str = "# What `pipeline doctor` says

`cargo test -p examples --test doctor` breaks a set-up in one way at a time, and asks. Set
`S3SQS_WRITE_TABLE=1` to write this page anew.

| broken | it says | so | do |
|---|---|---|---|
";

/// What was said of one set-up, without what differs from run to run.
fn rows(name: &str, found: &[&Value], set_up: &SetUp) -> String {
    let cell = |value: &Value| {
        let text = value.as_str().unwrap().replace(&set_up.url, "QUEUE_URL").replace('|', "\\|");
        let words = text.split(' ').map(|word| match word.split_once("s3://orders/data/") {
            Some((_, key)) if key.ends_with(':') => "s3://orders/data/...:",
            Some(_) => "s3://orders/data/...",
            None => word,
        });
        words.collect::<Vec<_>>().join(" ")
    };
    let row = |one: &&Value| {
        let (level, what) = (one["level"].as_str().unwrap().to_uppercase(), cell(&one["what"]));
        format!("| {name} | {level}: {what} | {} | {} |\n", cell(&one["so"]), cell(&one["do"]))
    };
    found.iter().map(row).collect()
}

fn is_written(rows: &str) {
    let page = format!("{HEAD}{rows}");
    if std::env::var_os("S3SQS_WRITE_TABLE").is_some() {
        std::fs::write(PAGE, &page).unwrap();
    }
    let written = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(written == page, "{PAGE} says something else: set S3SQS_WRITE_TABLE=1 to write it");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_order_is_said_to_be_and_nothing_is_changed() {
    let mut set_up = SetUp::new().await;
    let (code, found, stderr) = set_up.doctor().await;
    assert_eq!(code, 0, "{found:#?}{stderr}");
    for one in &found {
        assert!(["ok", "note"].contains(&one["level"].as_str().unwrap()), "{one}");
    }
    assert!(stderr.contains("0 wrong, 0 at risk"), "{stderr}");
    let stats = set_up.world.backend.embedded().unwrap().stats();
    let text = set_up.world.output(&format!("doctor --queue-url {}", set_up.url)).await;
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.starts_with("ok     queue orders: 2 messages wait"), "{text}");
    assert!(text.contains("\n       so: a trial would change the queue\n"), "{text}");
    let after = set_up.world.backend.embedded().unwrap().stats();
    for operation in ["ReceiveMessage", "DeleteMessage", "PutObject", "SetQueueAttributes"] {
        assert_eq!(stats.of(operation), after.of(operation), "{operation}");
    }

    // EventBridge announces, and neither a topic nor the bucket does.
    let event_bridge = json!({ "Effect": "Allow", "Action": "SQS:SendMessage",
                               "Principal": { "Service": "events.amazonaws.com" } });
    set_up.policy(json!([event_bridge])).await;
    set_up.notifications(None, false).await;
    set_up.options = "--allow-bucket orders".to_owned();
    let (code, found, stderr) = set_up.doctor().await;
    assert!(code == 0 && stderr.contains("0 wrong, 0 at risk"), "{found:#?}{stderr}");
    assert!(format!("{found:?}").contains("announces nothing by itself"), "{found:#?}");

    set_up.url = "https://sqs.eu-west-1.amazonaws.com/1/orders".to_owned();
    let mut command = set_up.world.command(env!("CARGO_BIN_EXE_pipeline"));
    command.args(["doctor", "--queue-url", &set_up.url]);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("the queue is in eu-west-1, these settings are for us-east-1"), "{said}");
    assert_eq!(output.status.code(), Some(3));
}

/// The answers of another server: its policies, its pages, its errors.
#[tokio::test(flavor = "multi_thread")]
async fn other_servers_are_understood_as_well() {
    for kind in [BackendKind::MiniStack, BackendKind::LocalStack] {
        let mut set_up = SetUp::on(kind).await;
        let (code, found, stderr) = set_up.doctor().await;
        assert_eq!(code, 0, "{kind}: {found:#?}{stderr}");
        for text in ["is subscribed", "announces all keys", "can be read", "clock agrees"] {
            let hit = found.iter().find(|one| one["what"].as_str().unwrap().contains(text));
            let hit = hit.unwrap_or_else(|| panic!("{kind}: no {text} in {found:#?}"));
            assert_eq!(hit["level"], "ok", "{kind}: {hit}");
        }
        let arn = set_up.subscription().await;
        set_up.sns.unsubscribe().subscription_arn(arn).send().await.unwrap();
        let (code, found, _) = set_up.doctor().await;
        assert!(
            code == 3 && format!("{found:?}").contains("is no subscriber"),
            "{kind}: {found:?}"
        );
        set_up.url += "-no";
        let (code, found, _) = set_up.doctor().await;
        assert!(
            code == 3 && format!("{found:?}").contains("NonExistentQueue"),
            "{kind}: {found:?}"
        );
    }
}
