//! `pipeline quarantine`: what was put aside, and how it comes back.

use crate::{
    aws,
    cli::{QuarantineArgs, QuarantineCommand, ReplayArgs},
    error::Error,
    live::{Live, bar},
    location::Location,
    output,
    text::{clean, count},
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use s3_sqs_processor::{QuarantineFile, QuarantinedRecord, S3Quarantine};
use std::{collections::BTreeSet, error::Error as StdError, time::UNIX_EPOCH};

/// So many files are read at once.
const AT_ONCE: usize = 16;
/// So much of an error is shown in a list.
const EXCERPT: usize = 80;

pub(crate) async fn quarantine(command: QuarantineCommand) -> Result<(), Error> {
    match command {
        QuarantineCommand::List(args) => list(args).await,
        QuarantineCommand::Show(args) => show(args).await,
        QuarantineCommand::Replay(args) => replay(args).await,
    }
}

async fn list(args: QuarantineArgs) -> Result<(), Error> {
    let quarantine = open(&args.location, &aws::config(&args.aws).await?);
    let files = files(&quarantine, &args.names).await?;
    if files.is_empty() {
        tracing::info!("nothing is put aside in {}", args.location);
    }
    let read = |file: QuarantineFile| async {
        let records = quarantine.read(&file.name).await.map_err(failed)?;
        Ok::<_, Error>((file, records))
    };
    let mut read = stream::iter(files).map(read).buffered(AT_ONCE);
    while let Some((file, records)) = read.try_next().await? {
        output::line(&row(&file, &records))?;
    }
    Ok(())
}

async fn show(args: QuarantineArgs) -> Result<(), Error> {
    let quarantine = open(&args.location, &aws::config(&args.aws).await?);
    for name in names(&quarantine, args.names, args.location).await? {
        for record in quarantine.read(&name).await.map_err(failed)? {
            output::json(&record)?;
        }
    }
    Ok(())
}

async fn replay(args: ReplayArgs) -> Result<(), Error> {
    let config = aws::config(&args.aws).await?;
    let quarantine = open(&args.location, &config);
    let queue = aws_sdk_sqs::Client::new(&config);
    let names = names(&quarantine, args.names, args.location).await?;
    let (mut messages, mut records) = (0, 0);
    let mut live = Live::stderr();
    for (at, name) in names.iter().enumerate() {
        let (done, all) = (at as u64, names.len() as u64);
        let sent = count(records as u64, "record");
        live.tell(|| {
            vec![format!("{} {done} of {}, {sent} sent", bar(done, all), count(all, "file"))]
        });
        let sent = quarantine.replay(name, &queue, args.queue_url.as_deref()).await;
        for replay in sent.map_err(failed)? {
            tracing::info!("{name}: {} records to {}", replay.records, replay.queue_url);
            (messages, records) = (messages + 1, records + replay.records);
        }
    }
    drop(live);
    output::json(&serde_json::json!({ "messages": messages, "records": records }))
}

fn open(location: &Location, config: &aws_config::SdkConfig) -> S3Quarantine {
    S3Quarantine::new(aws::s3(config), &location.bucket, &location.prefix)
}

/// Those that are listed, and have one of these names, if there are any.
async fn files(quarantine: &S3Quarantine, names: &[String]) -> Result<Vec<QuarantineFile>, Error> {
    let mut files = quarantine.list().await.map_err(failed)?;
    if !names.is_empty() {
        files.retain(|file| names.contains(&file.name));
    }
    files.sort_by_key(|file| file.stored);
    Ok(files)
}

/// The names given; of all that are listed, if none is.
async fn names(
    quarantine: &S3Quarantine,
    given: Vec<String>,
    location: Location,
) -> Result<Vec<String>, Error> {
    if !given.is_empty() {
        return Ok(given);
    }
    let files = files(quarantine, &[]).await?;
    if files.is_empty() {
        tracing::info!("nothing is put aside in {location}");
    }
    Ok(files.into_iter().map(|file| file.name).collect())
}

fn row(file: &QuarantineFile, records: &[QuarantinedRecord]) -> String {
    let stored = humantime::format_rfc3339_seconds(file.stored.max(UNIX_EPOCH));
    let all = |text: fn(&QuarantinedRecord) -> String| {
        let texts: BTreeSet<_> = records.iter().map(text).collect();
        texts.into_iter().collect::<Vec<_>>().join(",")
    };
    let objects = all(|record| format!("s3://{}/{}", record.bucket, record.key));
    let processors = all(|record| record.processor.clone());
    let error = records.first().map_or("", |record| &record.error);
    let shown = format!(
        "{}  {stored}  {} records  {processors}  {objects}  {}",
        file.name,
        records.len(),
        error.chars().take(EXCERPT).collect::<String>()
    );
    clean(&shown)
}

fn failed(error: Box<dyn StdError + Send + Sync>) -> Error {
    Error::new(error.to_string())
}
