//! A service to start from: it stores each order of the files that a queue announces, once.

use s3_sqs_processor::{
    Context, Pipeline, ProcessError, Record, RecordProcessor, ResultExt, stop_signal,
};
use serde::Deserialize;
use std::{collections::HashMap, sync::Mutex};

#[derive(Deserialize)]
struct Order {
    customer: String,
    amount_cents: u64,
}

/// Stands in for your database: a table with the record's id as its primary key.
#[derive(Default)]
struct Orders(Mutex<HashMap<String, Order>>);

impl RecordProcessor for Orders {
    async fn process(&self, record: Record<'_>, _cx: &Context) -> Result<(), ProcessError> {
        // What does not parse today does not parse tomorrow: it ends in the dead-letter queue.
        let order: Order = record.json().or_reject()?;
        tracing::debug!(customer = order.customer, amount_cents = order.amount_cents, "order");
        // A record may be delivered more than once, always with the same id: an upsert stores it
        // once.
        self.0
            .lock()
            .expect("nothing panics under the lock")
            .insert(record.id().to_string(), order);
        // Only now may the record be forgotten.
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Lossy: who reads the logs slowly must not hold up receiving and extending.
    let (logs, _last_lines) = tracing_appender::non_blocking(std::io::stderr());
    tracing_subscriber::fmt().with_writer(logs).init();
    let queue_url = std::env::var("QUEUE_URL").map_err(|_| "set QUEUE_URL to the queue's URL")?;
    let pipeline =
        Pipeline::builder().queue_url(queue_url).processor("orders", Orders::default()).build()?;
    // At SIGTERM (a deployment) or Ctrl-C (you) it finishes what it holds.
    let stats = pipeline.run_until(stop_signal()).await?;
    tracing::info!(deleted = stats.messages.deleted, "stopped");
    Ok(())
}
