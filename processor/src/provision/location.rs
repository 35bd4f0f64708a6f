//! Where all of it is.

use super::ProvisionError;

/// Where everything is: read from the ARN of a queue, which SQS gives without further permissions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Location {
    partition: String,
    pub(super) region: String,
    pub(super) account: String,
}

impl Location {
    pub(super) fn of_queue(arn: &str) -> Result<Self, ProvisionError> {
        let parts: Vec<&str> = arn.split(':').collect();
        let ["arn", partition, "sqs", region, account, _] = parts[..] else {
            return Err(ProvisionError::unexpected(format!(
                "SQS gave `{arn}` as the ARN of a queue; check the endpoint"
            )));
        };
        Ok(Self {
            partition: partition.to_owned(),
            region: region.to_owned(),
            account: account.to_owned(),
        })
    }

    #[cfg(test)]
    pub(super) fn at(region: &str) -> Self {
        Self {
            partition: "aws".to_owned(),
            region: region.to_owned(),
            account: "123456789012".to_owned(),
        }
    }

    pub(super) fn queue_arn(&self, name: &str) -> String {
        format!("arn:{}:sqs:{}:{}:{name}", self.partition, self.region, self.account)
    }

    pub(super) fn topic_arn(&self, name: &str) -> String {
        format!("arn:{}:sns:{}:{}:{name}", self.partition, self.region, self.account)
    }

    pub(super) fn bucket_arn(&self, name: &str) -> String {
        format!("arn:{}:s3:::{name}", self.partition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_tells_where_everything_is() {
        let location =
            Location::of_queue("arn:aws-cn:sqs:cn-north-1:123456789012:q").expect("an ARN");
        assert_eq!(location.topic_arn("t"), "arn:aws-cn:sns:cn-north-1:123456789012:t");
        assert_eq!(location.bucket_arn("b"), "arn:aws-cn:s3:::b");
        for arn in ["", "q", "arn:aws:sns:r:a:q", "arn:aws:sqs:r:a"] {
            Location::of_queue(arn).expect_err(arn);
        }
    }
}
