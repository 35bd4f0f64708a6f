//! A consumer in a process of its own, for tests that kill it, or start it in a bare environment.
//!
//! It consumes `QUEUE_URL`, everything else comes from the environment as in any service, and
//! prints a line per record, in front of which stands `done`, or `begun` for a record that contains
//! `hang`: that one never ends. It ends with its standard input, so that it does not outlive a test
//! that dies.
//!
//! `TAKES_MS`: each record takes so long. `MESSAGES`: so many messages are held. `PROGRESS`: the
//! bucket in which progress is kept, saved every `PROGRESS_MS`.

use s3_sqs_processor::{
    Context, Limits, Pipeline, ProcessError, Record, RecordProcessor, S3Progress,
};
use std::{io::Write, process::ExitCode, time::Duration};

struct Print {
    takes: Duration,
}

impl RecordProcessor for Print {
    async fn process(&self, record: Record<'_>, _cx: &Context) -> Result<(), ProcessError> {
        let text = String::from_utf8_lossy(record.payload());
        let hangs = text.contains("hang");
        if !self.takes.is_zero() {
            tokio::time::sleep(self.takes).await;
        }
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
    let takes = Duration::from_millis(number("TAKES_MS")?.unwrap_or_default());
    let mut builder = Pipeline::builder()
        .queue_url(std::env::var("QUEUE_URL")?)
        .processor("print", Print { takes });
    if let Some(messages) = number("MESSAGES")? {
        builder = builder.limits(Limits::default().messages(messages.try_into()?));
    }
    if let Ok(bucket) = std::env::var("PROGRESS") {
        let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
        let client = local_aws::Backend::s3(&config);
        let every = Duration::from_millis(number("PROGRESS_MS")?.unwrap_or(10_000));
        builder = builder.progress(S3Progress::new(client, bucket, "p/")).progress_every(every);
    }
    builder.build()?.run().await?;
    Ok(())
}

fn number(name: &str) -> Result<Option<u64>, Box<dyn std::error::Error>> {
    std::env::var(name).ok().map(|text| Ok(text.parse()?)).transpose()
}
