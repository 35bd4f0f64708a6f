//! The checksums of objects.

use super::Aws;
use aws_sdk_s3::config::RequestChecksumCalculation;
use aws_sdk_s3::operation::get_object::GetObjectOutput;

/// The checksums of an answer, by their names.
pub(super) fn of(got: &GetObjectOutput) -> Vec<(&'static str, &str)> {
    let all = [
        ("CRC32", got.checksum_crc32()),
        ("CRC32C", got.checksum_crc32_c()),
        ("CRC64NVME", got.checksum_crc64_nvme()),
        ("SHA1", got.checksum_sha1()),
        ("SHA256", got.checksum_sha256()),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// A client that adds no checksums of its own.
pub(super) fn client_without(aws: &Aws) -> aws_sdk_s3::Client {
    let config = aws.s3.config().to_builder();
    let config =
        config.request_checksum_calculation(RequestChecksumCalculation::WhenRequired).build();
    aws_sdk_s3::Client::from_conf(config)
}
