use s3_sqs_processor::{Context, ProcessError, Record, RecordProcessor};

/// Takes every record and does nothing.
pub(crate) struct Null;

impl RecordProcessor for Null {
    async fn process(&self, _record: Record<'_>, _cx: &Context) -> Result<(), ProcessError> {
        Ok(())
    }
}
