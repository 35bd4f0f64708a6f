//! An upload's parts, and the object that they make.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use s3s::crypto::{Checksum as _, Md5};
use s3s::dto::{Checksum, ChecksumType, CompleteMultipartUploadInput};
use s3s::{S3Result, s3_error};

use super::bucket::{Headers, Object};
use super::checksum::Algorithm;
use super::upload::hex;

/// All parts but the last have at least this size.
const LEAST_PART: usize = 5 << 20;

/// An upload that is not complete.
#[derive(Debug)]
pub(super) struct Upload {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) headers: Headers,
    /// `None`: the client chose nothing, and the whole gets CRC64NVME.
    pub(super) algorithm: Option<Algorithm>,
    pub(super) composite: bool,
    pub(super) parts: BTreeMap<i32, Part>,
}

#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) body: Bytes,
    pub(super) md5: [u8; 16],
    pub(super) checksum: Checksum,
}

impl Upload {
    pub(super) fn assemble(&self, input: &CompleteMultipartUploadInput) -> S3Result<Object> {
        let asked = input
            .multipart_upload
            .as_ref()
            .and_then(|upload| upload.parts.as_deref())
            .unwrap_or_default();
        if asked.is_empty() {
            return Err(s3_error!(MalformedXML, "You must specify at least one part"));
        }
        if !asked.is_sorted_by(|one, next| one.part_number < next.part_number) {
            return Err(s3_error!(
                InvalidPartOrder,
                "The list of parts was not in ascending order."
            ));
        }
        let mut parts = Vec::with_capacity(asked.len());
        for one in asked {
            let part = one.part_number.and_then(|number| self.parts.get(&number));
            let part = part.filter(|part| {
                one.e_tag.as_ref().is_some_and(|etag| etag.value() == hex(&part.md5))
            });
            let message = "One or more of the specified parts could not be found.";
            parts.push(part.ok_or_else(|| s3_error!(InvalidPart, "{message}"))?);
        }
        if parts.iter().rev().skip(1).any(|part| part.body.len() < LEAST_PART) {
            let message = "Your proposed upload is smaller than the minimum allowed size";
            return Err(s3_error!(EntityTooSmall, "{message}"));
        }
        let algorithm = self.algorithm.unwrap_or(Algorithm::Crc64Nvme);
        let (mut hasher, mut md5) = (algorithm.hasher(), Md5::new());
        let mut body = BytesMut::with_capacity(parts.iter().map(|part| part.body.len()).sum());
        for part in &parts {
            md5.update(&part.md5);
            if !self.composite {
                hasher.update(&part.body);
            }
            body.extend_from_slice(&part.body);
        }
        let checksum = if self.composite {
            algorithm.composite(parts.iter().map(|part| &part.checksum))
        } else {
            let mut checksum = hasher.finalize();
            checksum.checksum_type = Some(checksum_type(false));
            checksum
        };
        Ok(Object {
            body: body.freeze(),
            etag: format!("{}-{}", hex(&md5.finalize()), parts.len()),
            checksum,
            headers: self.headers.clone(),
        })
    }
}

pub(super) fn checksum_type(composite: bool) -> ChecksumType {
    ChecksumType::from_static(if composite {
        ChecksumType::COMPOSITE
    } else {
        ChecksumType::FULL_OBJECT
    })
}
