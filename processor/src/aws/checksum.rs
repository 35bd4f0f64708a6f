use crate::port::Checksum;
use aws_sdk_s3::{
    config::{
        ConfigBag, Intercept, RuntimeComponents, interceptors::BeforeTransmitInterceptorContextMut,
    },
    error::BoxError,
    operation::get_object::GetObjectOutput,
    types::ChecksumType,
};
use aws_smithy_checksums::{ChecksumAlgorithm, http::HttpChecksum};
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;

/// Asks S3 for the checksum it holds, without handing its verification to the SDK.
///
/// The SDK verifies too, but logs a warning for each object whose checksum is one of its parts
/// (every large multi-part upload), and cannot go on over a resumed read.
#[derive(Debug)]
pub(super) struct AskForChecksum;

// Without it, all hooks are called for each request. The SDK's own interceptors have it, though its
// documentation does not.
#[dyn_dispatch_hint]
impl Intercept for AskForChecksum {
    fn name(&self) -> &'static str {
        "AskForChecksum"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        context.request_mut().headers_mut().insert("x-amz-checksum-mode", "ENABLED");
        Ok(())
    }
}

/// Verifies a body against the checksum S3 holds for the whole object.
pub(super) struct Verifier {
    running: Box<dyn HttpChecksum>,
    algorithm: ChecksumAlgorithm,
    expected: String,
}

impl Verifier {
    /// The cheapest check the answer allows; `None` where S3 holds no checksum of the whole object.
    pub(super) fn of(answer: &GetObjectOutput) -> Option<Self> {
        if answer.checksum_type() == Some(&ChecksumType::Composite) {
            return None;
        }
        let held = [
            (ChecksumAlgorithm::Crc64Nvme, answer.checksum_crc64_nvme()),
            (ChecksumAlgorithm::Crc32c, answer.checksum_crc32_c()),
            (ChecksumAlgorithm::Crc32, answer.checksum_crc32()),
            (ChecksumAlgorithm::Sha1, answer.checksum_sha1()),
            (ChecksumAlgorithm::Sha256, answer.checksum_sha256()),
        ];
        // A checksum over parts ends in `-` and their number.
        held.into_iter().find_map(|(algorithm, expected)| {
            let expected = expected.filter(|expected| !expected.contains('-'))?.to_owned();
            Some(Self { running: algorithm.into_impl(), algorithm, expected })
        })
    }
}

impl Checksum for Verifier {
    fn update(&mut self, bytes: &[u8]) {
        self.running.update(bytes);
    }

    fn finish(self: Box<Self>) -> Result<(), String> {
        let found = self.running.header_value();
        if found.as_bytes() == self.expected.as_bytes() {
            return Ok(());
        }
        let found = String::from_utf8_lossy(found.as_bytes()).into_owned();
        Err(format!("its {} is {found}, S3 holds {}", self.algorithm.as_str(), self.expected))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verify(answer: GetObjectOutput, body: &[u8]) -> Option<Result<(), String>> {
        let mut verifier = Box::new(Verifier::of(&answer)?);
        verifier.update(body);
        Some(verifier.finish())
    }

    #[test]
    fn trap_12_the_checksum_of_the_whole_object_is_verified() {
        // CRC-32 of "123456789" is cbf43926.
        let answer = || GetObjectOutput::builder().checksum_crc32("y/Q5Jg==").build();
        assert_eq!(verify(answer(), b"123456789"), Some(Ok(())));
        let wrong =
            verify(answer(), b"123456780").expect("there is a checksum").expect_err("it differs");
        assert!(wrong.contains("crc32") && wrong.contains("y/Q5Jg=="), "{wrong}");
    }

    #[test]
    fn trap_12_checksums_of_parts_are_passed_over() {
        let typed = GetObjectOutput::builder()
            .checksum_crc32("y/Q5Jg==")
            .checksum_type(ChecksumType::Composite);
        let suffixed = GetObjectOutput::builder().checksum_crc32("y/Q5Jg==-2");
        assert!(verify(typed.build(), b"x").is_none() && verify(suffixed.build(), b"x").is_none());
    }
}
