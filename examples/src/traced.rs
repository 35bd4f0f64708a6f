//! A service whose traces go to an OpenTelemetry collector.
//!
//! ```sh
//! QUEUE_URL=... TRACES_URL=http://127.0.0.1:4318/v1/traces cargo run -p examples --example traced
//! ```
//!
//! Each message is a span from its receive to its delete, with one below it for each object, and
//! one for each processor's work on some of its records. It goes on with the trace of who sent the
//! message, where SQS knows of one (`AWSTraceHeader`). Spans of your own are below these.

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use s3_sqs_processor::{Builder, Context, Pipeline, ProcessError, Record, RecordProcessor};
use std::{error::Error, future::Future};
use tracing_subscriber::{EnvFilter, Layer as _, layer::SubscriberExt as _};

/// What is traced: of the library the work of single processors too, which is at `debug`.
const TRACED: &str = "info,s3_sqs_processor=debug";

struct Orders;

impl RecordProcessor for Orders {
    async fn process(&self, record: Record<'_>, _cx: &Context) -> Result<(), ProcessError> {
        let span = tracing::info_span!("store an order", bytes = record.payload().len());
        span.in_scope(|| tracing::debug!("this is where your database comes in"));
        Ok(())
    }
}

/// Runs it until it is told to stop, and sends the last spans; to a collector at `traces`.
pub(crate) async fn serve(
    builder: Builder,
    traces: String,
    stop: impl Future<Output = ()> + Send,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    // Its client must not be made where asynchronous work runs.
    let exporter = SpanExporter::builder().with_http().with_endpoint(traces);
    let exporter = tokio::task::spawn_blocking(|| exporter.build());
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter.await??)
        .with_resource(Resource::builder().with_service_name("orders").build())
        .build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("orders"));
    let logs = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let subscriber = tracing_subscriber::registry()
        .with(layer.with_filter(EnvFilter::new(TRACED)))
        .with(logs.with_filter(EnvFilter::new("warn")));
    tracing::subscriber::set_global_default(subscriber)?;
    let pipeline = builder.processor("orders", Orders).build()?;
    pipeline.run_until(stop).await?;
    tokio::task::spawn_blocking(move || provider.shutdown()).await??;
    Ok(())
}

#[tokio::main]
#[allow(dead_code, reason = "its test calls `serve`")]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let queue_url = std::env::var("QUEUE_URL").map_err(|_| "set QUEUE_URL to the queue's URL")?;
    let traces =
        std::env::var("TRACES_URL").map_err(|_| "set TRACES_URL to the collector's URL")?;
    let builder = Pipeline::builder().queue_url(queue_url);
    serve(builder, traces, s3_sqs_processor::stop_signal()).await
}
