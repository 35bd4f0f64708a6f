//! `pipeline demo`: the whole story on an AWS inside this process.

mod check;
mod screen;
mod service;
mod story;
mod tally;
mod work;

use crate::{
    aws,
    cli::DemoArgs,
    error::Error,
    produce::{Compression, Format, Order, Produced},
    text::{megabytes, seconds, thousands},
};
use aws_config::SdkConfig;
use local_aws::{Backend, BackendKind};
use s3_sqs_processor::provision::{Provision, Provisioned};
use screen::Screen;
use service::STATE;
use std::time::Instant;

pub(crate) async fn demo(args: DemoArgs) -> Result<(), Error> {
    let backend = Backend::start(BackendKind::Embedded).await?;
    let config = backend.sdk_config().await;
    let mut screen = Screen::stdout();
    screen.say("From Firehose-style files on S3 to settled records and deleted messages.")?;
    screen.say(&format!(
        "S3, SNS and SQS are played by this process, at {}; the clients are those of the AWS \
         SDK.\n",
        backend.endpoint_url()
    ))?;
    let made = provision(&mut screen, &config).await?;
    let produced = produce(&mut screen, &config, &made, &args).await?;
    let services = story::tell(&mut screen, &config, &made, produced.records).await?;
    let checked = check::check(&mut screen, &services).await;
    backend.stop().await;
    checked
}

async fn provision(screen: &mut Screen, config: &SdkConfig) -> Result<Provisioned, Error> {
    let provision = Provision::new("orders")
        .queue("billing")
        .queue("audit")
        .visibility_timeout(story::VISIBILITY);
    let made = provision.apply(config).await?;
    let state = aws::s3(config).create_bucket().bucket(STATE).send().await;
    state.map_err(|error| aws::refused("create the bucket for progress", &error))?;
    screen.say("1. Provision")?;
    screen.say(&format!(
        "   bucket {} announces each new object to topic {}",
        made.bucket.name, made.topic.name
    ))?;
    for queue in &made.queues {
        let (name, dead) = (&queue.name, &queue.dead_letter_queue.name);
        screen.say(&format!(
            "   queue {name:<7} on the topic, for the service of that name; what always fails \
             goes to {dead}"
        ))?;
    }
    screen.say(&format!("   bucket {STATE} is where both services remember what is settled"))?;
    screen.say("")?;
    Ok(made)
}

async fn produce(
    screen: &mut Screen,
    config: &SdkConfig,
    made: &Provisioned,
    args: &DemoArgs,
) -> Result<Produced, Error> {
    screen.say("2. Produce")?;
    let order = Order {
        bucket: made.bucket.name.clone(),
        prefix: String::new(),
        files: args.files,
        records: args.records,
        format: Format::Concatenated,
        compression: Compression::Gzip,
    };
    let start = Instant::now();
    let produced = order.fulfil(&aws::s3(config), |_| {}).await?;
    let (files, each) = (thousands(produced.files), thousands(u64::from(args.records)));
    screen.say(&format!(
        "   {files} files of {each} JSON records, with nothing between them, as gzip; the first is"
    ))?;
    screen.say(&format!("   {}", produced.first_key))?;
    screen.say(&format!(
        "   {} records, {} ({} compressed), written in {}\n",
        thousands(produced.records),
        megabytes(produced.bytes),
        megabytes(produced.stored_bytes),
        seconds(start.elapsed())
    ))?;
    Ok(produced)
}
