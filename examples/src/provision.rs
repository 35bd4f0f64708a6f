//! `pipeline provision`: what a pipeline needs on AWS.

use crate::{aws, cli::ProvisionArgs, error::Error, output};
use s3_sqs_processor::provision::Provision;

pub(crate) async fn provision(args: ProvisionArgs) -> Result<(), Error> {
    let config = aws::config(&args.aws).await?;
    let provisioned = Provision::new(args.name).apply(&config).await?;
    for change in provisioned.changes() {
        tracing::info!("{change}");
    }
    let shown = serde_json::to_string_pretty(&provisioned);
    output::line(&shown.map_err(|error| Error::new("cannot show what was made").because(error))?)
}
