//! Peak memory of a consuming process, by the size of the files it reads: `cargo bench -p examples --bench memory`.
//!
//! The embedded AWS holds the files, so it runs in this process and the consumer in another, which says at its end how
//! much memory it held at the most.

#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs, reason = "a benchmark prints, and may panic")]

use flate2::{Compression, write::GzEncoder};
use local_aws::{Backend, BackendKind, Embedded};
use s3_sqs_processor::{Context, Pipeline, ProcessError, Record, RecordProcessor, provision::Provision};
use std::{io::Write, process::Command};

const MB: usize = 1_000_000;

struct Count;

impl RecordProcessor for Count {
    async fn process(&self, record: Record<'_>, _cx: &Context) -> Result<(), ProcessError> {
        std::hint::black_box(record.payload());
        Ok(())
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    match (arguments.next().as_deref(), arguments.next(), arguments.next()) {
        (Some("consume"), Some(endpoint), Some(queue_url)) => runtime.block_on(consume(endpoint, queue_url)),
        _ => runtime.block_on(measure()),
    }
}

async fn measure() {
    println!("{:>22} {:>8} {:>12} {:>12} {:>12}", "file, decompressed", "files", "records", "peak memory", "in gzip");
    for (size, files) in [(5 * MB, 8), (126 * MB, 2), (1_000 * MB, 1)] {
        let backend = Backend::start(BackendKind::Embedded).await.unwrap();
        let config = backend.sdk_config().await;
        let made = Provision::new("memory").apply(&config).await.unwrap();
        let file = file(size);
        for n in 0..files {
            let body = file.clone().into();
            let put = Backend::s3(&config).put_object().bucket(&made.bucket.name).key(format!("{n}.gz")).body(body);
            put.send().await.unwrap();
        }
        let consumer = Command::new(std::env::current_exe().unwrap())
            .env("AWS_ACCESS_KEY_ID", Embedded::ACCESS_KEY)
            .env("AWS_SECRET_ACCESS_KEY", Embedded::SECRET_KEY)
            .args(["consume", backend.endpoint_url(), &made.queues[0].url])
            .output()
            .unwrap();
        let said = String::from_utf8(consumer.stdout).unwrap();
        let (records, peak) = said.trim().split_once(' ').unwrap_or_else(|| panic!("the consumer failed: {said}"));
        let gzip = format!("{:.1} MB", file.len() as f64 / MB as f64);
        println!(
            "{:>19} MB {files:>8} {records:>12} {:>8} MiB {gzip:>12}",
            size / MB,
            peak.parse::<u64>().unwrap() / 1024
        );
    }
}

/// A gzip file of about this size when decompressed: members of 1 MB each, as if files had been concatenated.
fn file(size: usize) -> Vec<u8> {
    let mut text = Vec::new();
    let mut n = 0_u64;
    while text.len() < MB {
        let noise = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        write!(
            text,
            r#"{{"n":{n},"user":"{noise:x}","message":"request served in {} ms","path":"/a/{}"}}"#,
            n % 977,
            noise % 10_007
        )
        .unwrap();
        n += 1;
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&text).unwrap();
    encoder.finish().unwrap().repeat(size / MB)
}

async fn consume(endpoint: String, queue_url: String) {
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region("us-east-1")
        .load()
        .await;
    let pipeline =
        Pipeline::builder().queue_url(queue_url).aws_config(config).wait_time(std::time::Duration::from_secs(1));
    let pipeline = pipeline.processor("count", Count).build().unwrap();
    let handle = pipeline.handle();
    let idle = async move {
        // Two empty receives in a row, and nothing held.
        let mut empty = 0;
        while handle.stats().held > 0 || handle.stats().messages.deleted == 0 || empty < 2 {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            empty = handle.stats().queue.empty_receives;
        }
    };
    let stats = pipeline.run_until(idle).await.unwrap();
    println!("{} {}", stats.objects.records, peak_memory());
}

/// In KiB, as Linux counts it.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}
