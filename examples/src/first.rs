//! The program with which the README begins.
#![allow(clippy::print_stdout, reason = "it has nothing else to do")]

use s3_sqs_processor::{Context, OwnedRecord, Pipeline, from_fn, stop_signal};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let print = from_fn(|record: OwnedRecord, _cx: Context| async move {
        println!("{} {}", record.id(), String::from_utf8_lossy(record.payload()));
        Ok(())
    });
    let queue_url = std::env::var("QUEUE_URL")?;
    let pipeline = Pipeline::builder().queue_url(queue_url).processor("print", print).build()?;
    println!("{} messages deleted", pipeline.run_until(stop_signal()).await?.messages.deleted);
    Ok(())
}
