//! `pipeline doctor`: reads everything that could be wrong with a set-up. It sends nothing that
//! changes anything: no receive, no delete, no write.

mod bucket;
mod clock;
mod dead_letters;
mod look;
mod notice;
mod object;
mod place;
mod policy;
mod queue;
mod report;
mod topic;

use crate::{
    aws,
    cli::DoctorArgs,
    error::Error,
    output::{self, Ended},
};
use aws_config::{SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use clock::Clock;
use look::Look;
use report::{Finding, Report};
use std::{collections::BTreeSet, time::Duration};

/// So long one request may take.
const TIMEOUT: Duration = Duration::from_secs(10);
const TRIES: u32 = 2;

pub(crate) async fn doctor(args: DoctorArgs) -> Result<Ended, Error> {
    let config = aws::config(&args.run.aws).await?;
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(TIMEOUT).build();
    let retries = RetryConfig::standard().with_max_attempts(TRIES);
    let config = config.into_builder().timeout_config(timeouts).retry_config(retries).build();
    let mut report = Report::default();
    look(&config, &args, &mut report).await;
    for line in report.show(args.run.summary) {
        output::line(&line)?;
    }
    Ok(Ended::with(report.sum(), report.is_wrong()))
}

async fn look(config: &SdkConfig, args: &DoctorArgs, report: &mut Report) {
    let region = config.region().map(ToString::to_string).unwrap_or_default();
    let has_endpoint = config.endpoint_url().is_some();
    if let Some(wrong) = queue::wrong_region(&args.run.queue_url, &region, has_endpoint) {
        report.add(wrong);
        return;
    }
    let clock = Clock::default();
    let sqs = aws_sdk_sqs::config::Builder::from(config).interceptor(clock.clone()).build();
    let look = Look {
        args: &args.run,
        objects: &args.objects,
        s3: aws::s3(config),
        sqs: aws_sdk_sqs::Client::from_conf(sqs),
        sns: aws_sdk_sns::Client::new(config),
        region,
    };
    let queue = queue::look(&look, report).await;
    report.extend(clock.finding());
    place::look(&look, report).await;
    let Some(queue) = queue else { return };
    dead_letters::look(&look, &queue, report).await;
    let topics = topic::look(&look, &queue, report).await;
    let mut buckets: BTreeSet<String> = queue.buckets();
    buckets.extend(topics.iter().flat_map(topic::Topic::buckets));
    buckets.extend(args.run.options.allowed_buckets().iter().cloned());
    buckets.extend(args.objects.iter().map(|object| object.bucket.clone()));
    if buckets.is_empty() {
        report.add(Finding::note("no bucket is known").so(
            "no policy names one, so no bucket, no notification and no object was looked at",
            "name it: --allow-bucket BUCKET",
        ));
    }
    for name in &buckets {
        bucket::look(&look, name, &queue, &topics, report).await;
    }
    report.add(Finding::note("receiving, extending and deleting were not tried").so(
        "a trial would change the queue",
        "allow sqs:ReceiveMessage, sqs:ChangeMessageVisibility and sqs:DeleteMessage on the queue",
    ));
}
