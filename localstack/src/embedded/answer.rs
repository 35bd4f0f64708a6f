//! What SQS, SNS and STS answer.

use bytes::Bytes;

/// An answer in the making.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
    /// Of the errors of SQS: the code that the older protocol had for it.
    pub(crate) query_error: Option<String>,
}

impl Answer {
    pub(crate) fn ok(body: Bytes) -> Self {
        Self { status: 200, body, query_error: None }
    }
}
