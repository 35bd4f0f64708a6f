//! Starts a local AWS and says how to reach it, until Ctrl-C:
//!
//! ```sh
//! cargo run -p local-aws --example serve -- localstack   # or ministack, embedded
//! ```
#![allow(clippy::print_stdout, reason = "a program for people")]

use local_aws::{Backend, BackendKind};
use std::error::Error;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let kind = std::env::args().nth(1);
    let kind: BackendKind = kind.as_deref().unwrap_or("localstack").parse()?;
    let backend = Backend::start(kind).await?;
    println!("# {kind} is up until Ctrl-C. In another shell:");
    println!("export AWS_ENDPOINT_URL={} AWS_REGION=us-east-1", backend.endpoint_url());
    println!("export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test");
    tokio::signal::ctrl_c().await?;
    backend.stop().await;
    Ok(())
}
