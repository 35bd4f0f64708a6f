//! Logs, on stderr, so that stdout carries results only.

use std::io::IsTerminal as _;
use tracing_subscriber::EnvFilter;

/// What is shown without `RUST_LOG`: the pipeline's own story, and of the SDK what nobody else
/// reports.
const SERVICE: &str = "error,pipeline=info,s3_sqs_processor=info";
/// The demo tells its story itself.
const DEMO: &str = "error";

pub(crate) fn start(demo: bool) {
    let fallback = || EnvFilter::new(if demo { DEMO } else { SERVICE });
    let filter = match std::env::var("RUST_LOG") {
        Ok(directives) if !directives.is_empty() => EnvFilter::builder().parse_lossy(directives),
        _ => fallback(),
    };
    let stderr = std::io::stderr();
    let colours =
        stderr.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(colours)
        .init();
}
