//! What crashes cost: two consumers, of which one is killed again and again.

use crate::measure::{
    input::Input,
    plan::Plan,
    table::{Target, row},
};
use bytes::Bytes;
use futures::{StreamExt, stream};
use local_aws::{Backend, BackendKind};
use s3_sqs_processor::provision::Provision;
use std::time::Duration;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::{sleep, timeout},
};

/// A consumer does a record in so long, 256 at once: 3,200 a second.
const TAKES_MS: &str = "80";
/// It holds so many files at once, so that each takes longer than it lives.
const MESSAGES: &str = "4";
const SAVED_EVERY_MS: &str = "200";
const VISIBILITY: Duration = Duration::from_secs(4);

struct Size {
    files: usize,
    records: usize,
    kills: u64,
}

pub(crate) fn measure(plan: &Plan) {
    if !plan.wants("kills") {
        return;
    }
    let size = plan.pick(
        Size { files: 30, records: 3_000, kills: 15 },
        Size { files: 2, records: 200, kills: 1 },
    );
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let [without, with] = [false, true].map(|remember| runtime.block_on(run(&size, remember)));
    let what = format!("records repeated after {} kills, to those without progress", size.kills);
    row("kills", &what, "x", with as f64 / without.max(1) as f64, Target::AtMost(0.3));
    row("", "records repeated with progress", "", with as f64, Target::None);
    row("", "records repeated without", "", without as f64, Target::None);
}

/// How many records were done that had been done before.
async fn run(size: &Size, remember: bool) -> u64 {
    let backend = Backend::start(BackendKind::Embedded).await.unwrap();
    let config = backend.sdk_config().await;
    let provision = Provision::new("kills").visibility_timeout(VISIBILITY).max_receives(1_000);
    let made = provision.apply(&config).await.unwrap();
    let queue_url = made.queues[0].url.clone();
    let s3 = Backend::s3(&config);
    s3.create_bucket().bucket("state").send().await.unwrap();
    let text = Bytes::from(Input::of(size.records * 700, 16).lines());
    let ends = memchr::memchr_iter(b'\n', &text).nth(size.records - 1).unwrap();
    let text = text.slice(..=ends);
    let (puts, bucket) = (0..size.files, &made.bucket.name);
    let puts = puts.map(|n| {
        let put = s3.put_object().bucket(bucket).key(n.to_string()).body(text.clone().into());
        async move { drop(put.send().await.unwrap()) }
    });
    stream::iter(puts).buffer_unordered(8).collect::<Vec<_>>().await;

    let (counter, mut counted) = tokio::sync::mpsc::unbounded_channel();
    let start = || {
        let mut consumer = Command::new(env!("CARGO_BIN_EXE_consumer"));
        consumer
            .env("QUEUE_URL", &queue_url)
            .env("AWS_ENDPOINT_URL", backend.endpoint_url())
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("TAKES_MS", TAKES_MS)
            .env("MESSAGES", MESSAGES)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .kill_on_drop(true);
        if remember {
            consumer.env("PROGRESS", "state").env("PROGRESS_MS", SAVED_EVERY_MS);
        }
        let mut child = consumer.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let counter = counter.clone();
        tokio::spawn(async move {
            let mut count = 0u64;
            while let Ok(Some(_)) = lines.next_line().await {
                count += 1;
            }
            let _ = counter.send(count);
        });
        child
    };
    let mut consumers = [start(), start()];
    // From 0.3 to 2.5 s between two kills, the same in both runs.
    for kill in 0..size.kills {
        sleep(Duration::from_millis(300 + kill * 1_571 % 2_200)).await;
        let one: &mut Child = &mut consumers[(kill % 2) as usize];
        one.kill().await.unwrap();
        *one = start();
    }
    let is_done = async {
        loop {
            let left = backend.embedded().unwrap().queue(&queue_url).unwrap();
            if left.visible + left.in_flight + left.delayed == 0 {
                return;
            }
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(Duration::from_secs(300), is_done).await.expect("all of it is done in the end");
    drop(consumers);
    drop(counter);
    let mut all = 0;
    while let Some(count) = counted.recv().await {
        all += count;
    }
    backend.stop().await;
    all - (size.files * size.records) as u64
}
