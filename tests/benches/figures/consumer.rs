//! The consuming process: a pipeline with trivial processors, or the bare SDK.

mod bare;
pub(crate) mod waiting;

use crate::measure::clock::cpu;
use local_aws::Embedded;
use s3_sqs_processor::{Context, Framing, Limits, Pipeline, ProcessError, Record, RecordProcessor};
use std::{
    hint::black_box,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

const COMMAND: &str = "consume";

/// What a process shall consume, and how.
#[derive(Clone, Copy)]
pub(crate) struct Job<'a> {
    pub(crate) endpoint: &'a str,
    pub(crate) queue_url: &'a str,
    /// It ends when so many are deleted.
    pub(crate) messages: usize,
    pub(crate) work: Work<'a>,
}

#[derive(Clone, Copy)]
pub(crate) enum Work<'a> {
    /// A pipeline with so many processors, and so many messages held if not the default.
    Pipeline { framing: Framing, processors: usize, slots: Option<usize> },
    /// A pipeline with a processor that waits, and fails what its key says; see [`waiting`].
    Waiting,
    /// The SDK alone, reading the objects `0`, `1`, and so on.
    Bare { bucket: &'a str },
}

/// What it used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Used {
    /// From the making of the clients to the last delete, in seconds.
    pub(crate) cpu: f64,
    /// The same by the clock.
    pub(crate) seconds: f64,
    pub(crate) decoded: f64,
    /// The most memory it ever held, in MiB.
    pub(crate) peak: f64,
}

impl Job<'_> {
    /// Starts the process and waits for its end.
    pub(crate) fn run(&self) -> Used {
        let work = match self.work {
            Work::Pipeline { framing, processors, slots } => {
                vec![framing.to_string(), processors.to_string(), slots.unwrap_or_default().to_string()]
            }
            Work::Waiting => vec!["waiting".into()],
            Work::Bare { bucket } => vec!["bare".into(), bucket.into()],
        };
        let mut consumer = Command::new(std::env::current_exe().unwrap())
            .env("AWS_ACCESS_KEY_ID", Embedded::ACCESS_KEY)
            .env("AWS_SECRET_ACCESS_KEY", Embedded::SECRET_KEY)
            .env("AWS_REGION", Embedded::REGION)
            .env("NO_PROXY", "127.0.0.1")
            .env_remove("RUST_BACKTRACE")
            .args([COMMAND, self.endpoint, self.queue_url, &self.messages.to_string()])
            .args(work)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(if matches!(self.work, Work::Waiting) { Stdio::null() } else { Stdio::inherit() })
            .spawn()
            .unwrap();
        // It ends with its input, so that it does not outlive this process.
        let _held_open = consumer.stdin.take();
        let said = String::from_utf8(consumer.wait_with_output().unwrap().stdout).unwrap();
        let numbers: Vec<f64> = said.split_whitespace().map(|number| number.parse().unwrap()).collect();
        let [cpu, seconds, decoded, peak] = numbers[..] else { panic!("the consumer failed: {said}") };
        Used { cpu, seconds, decoded, peak }
    }
}

pub(crate) fn is_asked_for() -> bool {
    std::env::args().nth(1).is_some_and(|argument| argument == COMMAND)
}

/// In the process that was started.
#[tokio::main]
pub(crate) async fn run() {
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(1);
    });
    let arguments: Vec<_> = std::env::args().skip(2).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let [endpoint, queue_url, messages, ref work @ ..] = arguments[..] else { panic!("{arguments:?}") };
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest()).endpoint_url(endpoint).load().await;
    let messages = messages.parse().unwrap();
    let (before, began) = (cpu(), Instant::now());
    let decoded = match *work {
        ["waiting"] => consume(waiting::pipeline(queue_url, config), messages, true).await,
        ["bare", bucket] => bare::consume(&config, queue_url, bucket, messages).await,
        [framing, processors, slots] => {
            let limits = match slots.parse().unwrap() {
                0 => Limits::default(),
                slots => Limits::default().messages(slots),
            };
            let mut builder = Pipeline::builder().queue_url(queue_url).aws_config(config).limits(limits);
            for number in 0..processors.parse::<usize>().unwrap() {
                builder = builder.processor(format!("p{number}"), Trivial);
            }
            consume(builder.decoder(framing.parse().unwrap()).build().unwrap(), messages, false).await
        }
        _ => panic!("{work:?}"),
    };
    let (cpu, seconds) = ((cpu() - before).as_secs_f64(), began.elapsed().as_secs_f64());
    println!("{cpu} {seconds} {decoded} {}", peak_memory());
    // A drain would wait for the long poll under way.
    std::process::exit(0);
}

struct Trivial;

impl RecordProcessor for Trivial {
    async fn process(&self, record: Record<'_>, _cx: &Context) -> Result<(), ProcessError> {
        black_box(record.payload());
        Ok(())
    }
}

async fn consume(pipeline: Pipeline, messages: u64, may_fail: bool) -> u64 {
    let handle = pipeline.handle();
    let done = async {
        loop {
            let stats = handle.stats();
            assert!(may_fail || stats.objects.failed == 0, "{stats:?}");
            if stats.messages.deleted == messages {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        () = done => {}
        ended = pipeline.run() => panic!("{ended:?}"),
    }
    handle.stats().objects.bytes_decoded
}

/// In MiB, as Linux counts it.
fn peak_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: Option<f64> = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    kib.unwrap_or_default() / 1024.0
}
