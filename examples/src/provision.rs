//! `pipeline provision`: what a pipeline needs on AWS.

use crate::{
    aws,
    cli::{self, ProvisionArgs},
    error::Error,
    output,
};
use s3_sqs_processor::provision::{FilterScope, Provision};

pub(crate) async fn provision(args: ProvisionArgs) -> Result<(), Error> {
    let config = aws::config(&args.aws).await?;
    let provisioned = wanted(&args).apply(&config).await?;
    for change in provisioned.changes() {
        tracing::info!("{change}");
    }
    if provisioned.changes().is_empty() {
        tracing::info!("nothing changed: all was in place");
    }
    let shown = serde_json::to_string_pretty(&provisioned);
    output::line(&shown.map_err(|error| Error::new("cannot show what was made").because(error))?)
}

fn wanted(args: &ProvisionArgs) -> Provision {
    let mut wanted = Provision::new(&args.name);
    for queue in &args.queues {
        wanted = wanted.queue(queue);
    }
    if let Some(name) = &args.bucket {
        wanted = wanted.bucket(name);
    }
    if let Some(name) = &args.topic {
        wanted = wanted.topic(name);
    }
    if let Some(name) = &args.dead_letter_queue {
        wanted = wanted.dead_letter_queue(name);
    }
    if let Some(receives) = args.max_receives {
        wanted = wanted.max_receives(receives);
    }
    if let Some(timeout) = args.visibility_timeout {
        wanted = wanted.visibility_timeout(timeout);
    }
    if let Some(retention) = args.retention {
        wanted = wanted.retention(retention);
    }
    if let Some(raw) = args.raw_delivery {
        wanted = wanted.raw_delivery(raw);
    }
    if let Some(policy) = &args.filter_policy {
        let scope = match args.filter_scope {
            cli::FilterScope::Body => FilterScope::MessageBody,
            cli::FilterScope::Attributes => FilterScope::MessageAttributes,
        };
        wanted = wanted.filter_policy(policy, scope);
    }
    if let Some(prefix) = &args.prefix {
        wanted = wanted.prefix(prefix);
    }
    if let Some(suffix) = &args.suffix {
        wanted = wanted.suffix(suffix);
    }
    wanted
}
