//! Logs, on stderr, so that stdout carries results only.

use crate::live::Above;
use std::io::IsTerminal as _;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::EnvFilter;

/// What is shown without `RUST_LOG`: the pipeline's own story, and of the SDK what nobody else
/// reports.
const SERVICE: &str = "error,pipeline=info,s3_sqs_processor=info";
/// The demo tells its story itself.
const DEMO: &str = "error";

/// Lines are written by a thread of their own, and dropped while nobody reads them: whoever logs
/// must not wait, or a full pipe would stop receiving and extending. What is returned writes the
/// last ones when it is dropped.
pub(crate) fn start(demo: bool) -> WorkerGuard {
    let fallback = || EnvFilter::new(if demo { DEMO } else { SERVICE });
    let filter = match std::env::var("RUST_LOG") {
        Ok(directives) if !directives.is_empty() => EnvFilter::builder().parse_lossy(directives),
        _ => fallback(),
    };
    let colours = std::io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let (writer, last_lines) = tracing_appender::non_blocking(Above);
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_ansi(colours).init();
    last_lines
}
