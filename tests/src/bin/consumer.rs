//! A consumer in a process of its own, for tests that kill it, or start it in a bare environment.
//!
//! It consumes `QUEUE_URL`, everything else comes from the environment as in any service, and
//! prints a line per record, in front of which stands `done`, or `begun` for a record that contains
//! `hang`: that one never ends. It ends with its standard input, so that it does not outlive a test
//! that dies.

use s3_sqs_processor::{Context, Pipeline, ProcessError, Record, RecordProcessor};
use std::io::Write;
use std::process::ExitCode;

struct Print;

impl RecordProcessor for Print {
    async fn process(&self, record: Record<'_>, _cx: &Context) -> Result<(), ProcessError> {
        let text = String::from_utf8_lossy(record.payload());
        let hangs = text.contains("hang");
        writeln!(std::io::stdout().lock(), "{} {text}", if hangs { "begun" } else { "done" })?;
        if hangs {
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    });
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let pipeline = Pipeline::builder()
        .queue_url(std::env::var("QUEUE_URL")?)
        .processor("print", Print)
        .build()?;
    pipeline.run().await?;
    Ok(())
}
