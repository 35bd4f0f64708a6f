//! The example pipeline: a demo that needs nothing, and the parts of a real service as commands.

mod aws;
mod cli;
mod config;
mod crash_matching;
mod demo;
mod doctor;
mod ends;
mod error;
mod fail_matching;
mod http;
mod live;
mod location;
mod logs;
mod options;
mod output;
mod produce;
mod provision;
mod quarantine;
mod queue;
mod routes;
mod run;
mod signals;
mod sink;
mod text;

use cli::{Cli, Command};
use error::Error;
use output::Ended;
use signals::Signals;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::of_the_process();
    let logs = logs::start(matches!(cli.command, Command::Demo(_)));
    let ended = begin(cli.command);
    // So that what follows is behind the last line of the log.
    drop(logs);
    match ended {
        Ok(ended) => ended.show(),
        Err(error) => output::fail(&error),
    }
}

fn begin(command: Command) -> Result<Ended, Error> {
    let signals = Signals::listen()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime
        .map_err(|error| Error::new("cannot start the threads of the program").because(error))?;
    let ended = runtime.block_on(run(command, &signals));
    // Work that was given up may still block a thread; the process does not wait for it.
    runtime.shutdown_background();
    ended
}

async fn run(command: Command, signals: &Signals) -> Result<Ended, Error> {
    let done = match command {
        Command::Demo(args) => signals.unless_asked(demo::demo(args)).await,
        Command::Provision(args) => signals.unless_asked(provision::provision(args)).await,
        Command::Produce(args) => signals.unless_asked(produce::produce(args)).await,
        Command::Quarantine(what) => signals.unless_asked(quarantine::quarantine(what)).await,
        Command::Doctor(args) => {
            let ended = signals.unless_asked(doctor::doctor(*args)).await;
            return ended.unwrap_or_else(|| Err(Error::new(UNFINISHED)));
        }
        // It has more to do when it is asked to stop.
        Command::Run(args) => return Box::pin(run::run(*args, signals)).await,
    };
    done.unwrap_or_else(|| Err(Error::new(UNFINISHED)))?;
    Ok(Ended::well())
}

const UNFINISHED: &str = "stopped by a signal, unfinished";
