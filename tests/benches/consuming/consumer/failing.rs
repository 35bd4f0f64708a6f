use aws_config::SdkConfig;
use s3_sqs_processor::{
    Context, Pipeline, ProcessError, Record, RecordProcessor, Redelivery, decode::lines,
};
use std::time::Duration;
use tokio::time::sleep;

const WORK: Duration = Duration::from_millis(2);
/// So soon what failed comes back.
const AGAIN: Duration = Duration::from_secs(1);

/// Keys that begin so are of objects with a record that always fails.
pub(crate) const FAILS: &str = "fails/";
/// Keys that begin so are of objects on which the processor always panics.
pub(crate) const PANICS: &str = "panics/";

/// Waits, and fails what its object's key says.
struct Failing;

impl RecordProcessor for Failing {
    async fn process(&self, record: Record<'_>, _cx: &Context) -> Result<(), ProcessError> {
        let key = record.object().key();
        assert!(!key.starts_with(PANICS), "told to panic");
        sleep(WORK).await;
        match key.starts_with(FAILS) && record.index() == 0 {
            true => Err(ProcessError::retry("told to fail")),
            false => Ok(()),
        }
    }
}

pub(super) fn pipeline(queue_url: &str, config: SdkConfig) -> Pipeline {
    let builder = Pipeline::builder().queue_url(queue_url).aws_config(config);
    builder
        .decoder(lines())
        .redelivery(Redelivery::backoff(AGAIN, AGAIN))
        .processor("failing", Failing)
        .build()
        .unwrap()
}
