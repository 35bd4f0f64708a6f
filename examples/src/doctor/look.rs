use crate::{cli::RunArgs, location::Location};

/// What every check needs.
pub(super) struct Look<'a> {
    pub(super) args: &'a RunArgs,
    /// Objects to try, instead of the first ones of each bucket.
    pub(super) objects: &'a [Location],
    pub(super) s3: aws_sdk_s3::Client,
    pub(super) sqs: aws_sdk_sqs::Client,
    pub(super) sns: aws_sdk_sns::Client,
    pub(super) region: String,
}

/// The region, account and name of an ARN.
pub(super) fn parts(arn: &str) -> Option<(&str, &str, &str)> {
    let mut parts = arn.splitn(6, ':').skip(3);
    Some((parts.next()?, parts.next()?, parts.next()?))
}
