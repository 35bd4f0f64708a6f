//! The example pipeline: a demo that needs nothing, and the parts of a real service as commands.

mod aws;
mod cli;
mod crash_matching;
mod demo;
mod error;
mod fail_matching;
mod logs;
mod output;
mod produce;
mod provision;
mod queue;
mod run;
mod sink;

use clap::Parser as _;
use cli::{Cli, Command};
use error::Error;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let logs = logs::start(matches!(cli.command, Command::Demo(_)));
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return output::fail(
                &Error::new("cannot start the threads of the program").because(error),
            );
        }
    };
    let outcome = runtime.block_on(command(cli.command));
    // Work that was given up may still block a thread; the process does not wait for it.
    runtime.shutdown_background();
    drop(logs);
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => output::fail(&error),
    }
}

async fn command(command: Command) -> Result<(), Error> {
    match command {
        Command::Demo(args) => Box::pin(demo::demo(args)).await,
        Command::Provision(args) => Box::pin(provision::provision(args)).await,
        Command::Produce(args) => Box::pin(produce::produce(args)).await,
        Command::Run(args) => Box::pin(run::run(args)).await,
    }
}
