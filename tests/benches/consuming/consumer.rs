//! The consuming process: a pipeline, or the bare SDK.

mod bare;
pub(crate) mod failing;

use super::pipe::Pipe;
use crate::measure::clock::cpu;
use local_aws::Embedded;
use s3_sqs_processor::Pipeline;
use std::{
    io::Write,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

const COMMAND: &str = "consume";
const FAILING: &str = "failing";
/// What the process is told when it shall end.
const END: &[u8] = b"end\n";

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
    Pipeline(Pipe),
    /// A pipeline with a processor that waits, and fails what its key says; see [`failing`].
    Failing,
    /// The SDK alone, reading the objects `0`, `1`, and so on.
    Bare {
        bucket: &'a str,
        /// So many times ten messages at once.
        loops: usize,
        /// As gzip, of which LIMIT's decoder makes lines.
        decodes: bool,
    },
}

/// What it did, and what it used from the making of the clients to the last delete.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Used {
    /// Seconds of its CPU time.
    pub(crate) cpu: f64,
    /// Seconds that passed.
    pub(crate) wall: f64,
    /// Bytes.
    pub(crate) decoded: f64,
    /// Records, however many processors each was given to.
    pub(crate) records: f64,
    /// The most memory the process ever held, in MiB.
    pub(crate) peak: f64,
}

/// A process that runs. It ends with this one, also if this one is killed.
pub(crate) struct Consumer(Child);

impl Job<'_> {
    /// Starts the process and waits for its end.
    pub(crate) fn run(&self) -> Used {
        self.start().wait()
    }

    pub(crate) fn start(&self) -> Consumer {
        let work = match self.work {
            Work::Pipeline(pipe) => pipe.to_arguments(),
            Work::Failing => vec![FAILING.into()],
            Work::Bare { bucket, loops, decodes } => {
                vec![bucket.into(), loops.to_string(), decodes.to_string()]
            }
        };
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .env("AWS_ACCESS_KEY_ID", Embedded::ACCESS_KEY)
            .env("AWS_SECRET_ACCESS_KEY", Embedded::SECRET_KEY)
            .env("AWS_REGION", Embedded::REGION)
            .env("NO_PROXY", "127.0.0.1")
            .args([COMMAND, self.endpoint, self.queue_url, &self.messages.to_string()])
            .args(work);
        if matches!(self.work, Work::Failing) {
            // What panics there says so.
            command.env_remove("RUST_BACKTRACE").stderr(Stdio::null());
        }
        Consumer(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap())
    }
}

impl Consumer {
    pub(crate) fn wait(mut self) -> Used {
        // The process ends with its input.
        let _held_open = self.0.stdin.take();
        let said = String::from_utf8(self.0.wait_with_output().unwrap().stdout).unwrap();
        let numbers: Vec<f64> =
            said.split_whitespace().map(|number| number.parse().unwrap()).collect();
        let [cpu, wall, decoded, records, peak] = numbers[..] else {
            panic!("the consumer failed: {said}")
        };
        Used { cpu, wall, decoded, records, peak }
    }

    /// Tells it that nothing is left, however much it was to consume.
    pub(crate) fn end(mut self) -> Used {
        self.0.stdin.as_mut().unwrap().write_all(END).unwrap();
        self.wait()
    }
}

pub(crate) fn is_asked_for() -> bool {
    std::env::args().nth(1).is_some_and(|argument| argument == COMMAND)
}

static ENDING: AtomicBool = AtomicBool::new(false);

/// In the process that was started.
#[tokio::main]
pub(crate) async fn run() {
    std::thread::spawn(|| {
        let mut said = String::new();
        if std::io::stdin().read_line(&mut said).is_ok_and(|read| read > 0) {
            return ENDING.store(true, Ordering::Relaxed);
        }
        std::process::exit(1);
    });
    let arguments: Vec<_> = std::env::args().skip(2).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let [endpoint, queue_url, messages, ref work @ ..] = arguments[..] else {
        panic!("{arguments:?}")
    };
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .load()
        .await;
    let messages = messages.parse().unwrap();
    let (before, began) = (cpu(), Instant::now());
    let (decoded, records) = match *work {
        [bucket, loops, decodes] => {
            let (loops, decodes) = (loops.parse().unwrap(), decodes.parse().unwrap());
            (bare::consume(config, queue_url, bucket, messages, loops, decodes).await, 0)
        }
        [FAILING] => consume(failing::pipeline(queue_url, config), messages, true).await,
        _ => {
            let pipe = Pipe::from_arguments(work.try_into().unwrap());
            consume(pipe.build(config, queue_url), messages, false).await
        }
    };
    let (cpu, wall) = ((cpu() - before).as_secs_f64(), began.elapsed().as_secs_f64());
    println!("{cpu} {wall} {decoded} {records} {}", peak_memory());
    // A drain would wait for the long poll under way.
    std::process::exit(0);
}

/// Says how many bytes and records there were.
async fn consume(pipeline: Pipeline, messages: u64, may_fail: bool) -> (u64, u64) {
    let handle = pipeline.handle();
    let done = async {
        loop {
            let stats = handle.stats();
            assert!(may_fail || stats.objects.failed == 0, "{stats:?}");
            if stats.messages.deleted == messages || ENDING.load(Ordering::Relaxed) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        () = done => {}
        ended = pipeline.run() => panic!("{ended:?}"),
    }
    let stats = handle.stats();
    (stats.objects.bytes_decoded, stats.objects.records)
}

/// In MiB, as Linux counts it.
fn peak_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: Option<f64> = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    kib.unwrap_or_default() / 1024.0
}
