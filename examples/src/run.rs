//! `pipeline run`: consumes a queue.

mod dead_letters;
mod empty;
mod meter;
mod summary;

use crate::{
    aws,
    cli::RunArgs,
    crash_matching::CrashMatching,
    ends,
    error::Error,
    fail_matching::FailMatching,
    http::Http,
    location::Location,
    output::{self, Ended},
    queue::Queue,
    signals::{GAVE_UP, Signals},
    sink::{self, Names, SinkKind, Stores},
};
use dead_letters::DeadLetters;
use empty::Emptiness;
use meter::Meter;
use s3_sqs_processor::{Builder, Handle, Pipeline, S3Progress, S3Quarantine};
use std::{io::IsTerminal as _, pin::pin, sync::Arc, time::Duration};
use summary::Summary;
use tokio::{sync::Notify, task::spawn_blocking, time::timeout};

/// With `--until-empty` a receive waits no longer than this, so that two empty ones do not take
/// long.
const SHORT_WAIT: Duration = Duration::from_secs(1);
/// How long to wait for the sinks to close when all is written.
const CLOSING: Duration = Duration::from_secs(5);
/// How long the summary waits for what the queue says.
const SUMMING_UP: Duration = Duration::from_secs(2);

pub(crate) async fn run(args: RunArgs, signals: &Signals) -> Result<Ended, Error> {
    if args.print_config {
        output::line(args.config.show().trim_end())?;
        return Ok(Ended::well());
    }
    if let names @ [_, ..] = args.config.strange() {
        tracing::warn!("{} set, but no setting of this program", names.join(", "));
    }
    let closed = Arc::new(Notify::new());
    let Some(Ready { pipeline, http, stores, dead_letters, empty, queue }) =
        signals.unless_asked(ready(&args, &closed)).await.transpose()?
    else {
        return Ok(Ended::with("stopped before it began".to_owned(), false));
    };
    let handle = pipeline.handle();
    http.into_iter().for_each(|http| http.serve(handle.clone()));
    let on_terminal = args.sinks.iter().any(|sink| sink.kind == SinkKind::Stdout)
        && std::io::stdout().is_terminal();
    let meter = Meter::new(handle.clone(), queue, args.until_empty, on_terminal);
    let ended = Box::pin(drive(pipeline, empty, meter, signals, &closed)).await;
    stores.close(CLOSING).await;
    let increase = timeout(SUMMING_UP, dead_letters.increase()).await.ok().flatten();
    let summary = Summary::new(&handle.stats(), increase);
    match ended {
        Ok(()) => Ok(Ended::with(summary.show(args.summary), summary.left_something())),
        Err(error) if summary.has_news() => Err(error.after(summary.show(args.summary))),
        Err(error) => Err(error),
    }
}

/// What a run needs.
struct Ready {
    pipeline: Pipeline,
    http: Option<Http>,
    stores: Stores,
    dead_letters: DeadLetters,
    empty: Option<Emptiness>,
    queue: Queue,
}

async fn ready(args: &RunArgs, closed: &Arc<Notify>) -> Result<Ready, Error> {
    let http = match args.http {
        Some(address) => Some(Http::listen(address).await?),
        None => None,
    };
    let config = aws::config(&args.aws).await?;
    let (builder, stores) = processors(args, closed).await?;
    let builder = args.routes.apply(args.options.apply(builder), args.config.routes())?;
    let mut builder =
        builder.queue_url(&args.queue_url).aws_config(config.clone()).decoder(args.decoder.clone());
    if let Some(Location { bucket, prefix }) = &args.progress {
        builder = builder.progress(S3Progress::new(aws::s3(&config), bucket, prefix));
    }
    if let Some(every) = args.progress_every {
        builder = builder.progress_every(every);
    }
    if let Some(Location { bucket, prefix }) = &args.quarantine {
        builder = builder.quarantine(S3Quarantine::new(aws::s3(&config), bucket, prefix));
    }
    if let Some(finish) = &args.after_success {
        builder = builder.finish(finish.clone());
    }
    if let Some(missing) = ends::missing(args.after_success.as_ref(), args.missing) {
        builder = builder.missing(missing);
    }
    if let Some(dir) = &args.spool {
        builder = builder.spool(ends::spool(dir, args.spool_bytes));
    }
    if args.until_empty {
        builder = builder.wait_time(SHORT_WAIT);
    }
    let pipeline = builder.build()?;
    let queue = Queue::new(&config, &args.queue_url);
    let dead_letters = if args.until_empty {
        DeadLetters::of(&queue, queue.redrive().await?.ok_or_else(|| no_redrive(&args.queue_url))?)
            .await
    } else {
        // Only for the summary: what cannot be known is left out.
        let queue = queue.clone();
        DeadLetters::later(async move {
            Some(DeadLetters::of(&queue, queue.redrive().await.ok()??).await)
        })
    };
    let empty = args.until_empty.then(|| Emptiness::new(queue.clone()));
    Ok(Ready { pipeline, http, stores, dead_letters, empty, queue })
}

async fn processors(args: &RunArgs, closed: &Arc<Notify>) -> Result<(Builder, Stores), Error> {
    let (sinks, closed) = (args.sinks.clone(), Arc::clone(closed));
    // What a path leads to may block for ever: a pipe that nobody reads.
    let add = move || sink::add(Pipeline::builder(), &sinks, &closed);
    let added = spawn_blocking(add).await;
    let (mut builder, stores) =
        added.map_err(|error| Error::new("cannot open the sinks").because(error))??;
    let mut names = Names::default();
    for text in &args.fail_matching {
        builder = builder
            .processor(names.next("fail-matching"), FailMatching::new(text, args.fail_times));
    }
    for text in &args.crash_matching {
        builder = builder.processor(names.next("crash-matching"), CrashMatching::new(text));
    }
    Ok((builder, stores))
}

fn no_redrive(url: &str) -> Error {
    Error::new(format!(
        "queue {url}: it has no redrive policy, so that a message that always fails would never \
         leave it and --until-empty would never end; give the queue a dead-letter queue (`pipeline \
         provision` does), or leave out --until-empty"
    ))
}

/// Runs the pipeline to its end, and tells it when that is.
async fn drive(
    pipeline: Pipeline,
    empty: Option<Emptiness>,
    meter: Meter,
    signals: &Signals,
    closed: &Notify,
) -> Result<(), Error> {
    let handle = pipeline.handle();
    let mut run = pin!(pipeline.run());
    let mut until_empty = pin!(until_empty(empty, &handle));
    let mut meter = pin!(meter.run());
    let mut stopping = Stopping::No;
    let mut asked = 0;
    loop {
        tokio::select! {
            biased;
            outcome = &mut run => {
                outcome?;
                return stopping.verdict();
            }
            name = signals.asked(asked + 1) => {
                asked += 1;
                stopping = stopping.signalled();
                stopping.act(name, &handle);
            }
            () = closed.notified() => {
                handle.abort();
                stopping = Stopping::Failed("stdout was closed by whoever read it");
            }
            // It never ends by itself.
            () = &mut meter => {}
            () = &mut until_empty, if stopping == Stopping::No => {
                tracing::info!("the queue is empty");
                handle.drain();
                stopping = Stopping::Emptied;
            }
        }
    }
}

/// Completes when the queue is empty, if that is to be waited for.
async fn until_empty(empty: Option<Emptiness>, handle: &Handle) {
    match empty {
        Some(empty) => empty.wait(handle).await,
        None => std::future::pending().await,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stopping {
    No,
    /// By itself, because the queue is empty.
    Emptied,
    Draining,
    Failed(&'static str),
}

impl Stopping {
    /// What the next signal makes of it: the first asks to finish, the second to give up.
    fn signalled(self) -> Self {
        match self {
            Self::No | Self::Emptied => Self::Draining,
            Self::Draining => Self::Failed(GAVE_UP),
            failed @ Self::Failed(_) => failed,
        }
    }

    fn act(self, name: &str, handle: &Handle) {
        match self {
            Self::No | Self::Emptied => {}
            Self::Draining => {
                tracing::info!(
                    "{name}: finishing what runs and the receive under way; send it again to give \
                     up"
                );
                handle.drain();
            }
            Self::Failed(_) => {
                tracing::warn!("{name}: giving up what runs");
                handle.abort();
            }
        }
    }

    fn verdict(self) -> Result<(), Error> {
        match self {
            Self::No | Self::Emptied | Self::Draining => Ok(()),
            Self::Failed(why) => Err(Error::new(why)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_second_signal_gives_up() {
        for begun in [Stopping::No, Stopping::Emptied] {
            let once = begun.signalled();
            assert_eq!(once, Stopping::Draining, "{begun:?}");
            assert!(once.verdict().is_ok());
            assert!(once.signalled().verdict().is_err());
        }
    }
}
