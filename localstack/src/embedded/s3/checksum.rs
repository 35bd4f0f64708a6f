//! The checksums of objects: which one, its value, and whether it is what the client said.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::HeaderMap;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Sha1, Sha256};
use s3s::dto::{Checksum, ChecksumType};
use s3s::{S3Result, s3_error};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
}

const ALL: [(Algorithm, &str, &str); 5] = [
    (Algorithm::Crc32, "CRC32", "x-amz-checksum-crc32"),
    (Algorithm::Crc32c, "CRC32C", "x-amz-checksum-crc32c"),
    (Algorithm::Crc64Nvme, "CRC64NVME", "x-amz-checksum-crc64nvme"),
    (Algorithm::Sha1, "SHA1", "x-amz-checksum-sha1"),
    (Algorithm::Sha256, "SHA256", "x-amz-checksum-sha256"),
];

impl Algorithm {
    pub(super) fn named(name: &str) -> Option<Self> {
        ALL.iter().find(|(_, known, _)| *known == name).map(|(algorithm, ..)| *algorithm)
    }

    /// The one a request announces: by a value, as a trailer, or by name.
    pub(super) fn announced(
        given: &Checksum,
        headers: &HeaderMap,
        name: Option<&str>,
    ) -> Option<Self> {
        let text = |header: &str| headers.get(header).and_then(|value| value.to_str().ok());
        let valued = ALL.iter().find(|(algorithm, ..)| algorithm.of(given).is_some());
        let trailer = text("x-amz-trailer").unwrap_or("");
        let trailing =
            ALL.iter().find(|(.., header)| trailer.split(',').any(|one| one.trim() == *header));
        let found = valued.or(trailing).map(|(algorithm, ..)| *algorithm);
        found.or_else(|| name.and_then(Self::named))
    }

    fn of(self, checksum: &Checksum) -> Option<&str> {
        let value = match self {
            Self::Crc32 => &checksum.checksum_crc32,
            Self::Crc32c => &checksum.checksum_crc32c,
            Self::Crc64Nvme => &checksum.checksum_crc64nvme,
            Self::Sha1 => &checksum.checksum_sha1,
            Self::Sha256 => &checksum.checksum_sha256,
        };
        value.as_deref()
    }

    fn slot(self, checksum: &mut Checksum) -> &mut Option<String> {
        match self {
            Self::Crc32 => &mut checksum.checksum_crc32,
            Self::Crc32c => &mut checksum.checksum_crc32c,
            Self::Crc64Nvme => &mut checksum.checksum_crc64nvme,
            Self::Sha1 => &mut checksum.checksum_sha1,
            Self::Sha256 => &mut checksum.checksum_sha256,
        }
    }

    pub(super) fn name(self) -> &'static str {
        ALL.iter().find(|(algorithm, ..)| *algorithm == self).map_or("", |(_, name, _)| name)
    }

    pub(super) fn hasher(self) -> ChecksumHasher {
        let mut hasher = ChecksumHasher::default();
        match self {
            Self::Crc32 => hasher.crc32 = Some(Crc32::new()),
            Self::Crc32c => hasher.crc32c = Some(Crc32c::new()),
            Self::Crc64Nvme => hasher.crc64nvme = Some(Crc64Nvme::new()),
            Self::Sha1 => hasher.sha1 = Some(Sha1::new()),
            Self::Sha256 => hasher.sha256 = Some(Sha256::new()),
        }
        hasher
    }

    /// Compares what was computed with what came with the request, before the body or after it.
    pub(super) fn verify(
        self,
        computed: &Checksum,
        given: &Checksum,
        trailer: Option<&HeaderMap>,
    ) -> S3Result<()> {
        let header =
            ALL.iter().find(|(algorithm, ..)| *algorithm == self).map_or("", |(.., header)| header);
        let trailing = trailer.and_then(|trailer| trailer.get(header)?.to_str().ok());
        let Some(expected) = self.of(given).or(trailing) else {
            return Ok(());
        };
        if self.of(computed) == Some(expected) {
            return Ok(());
        }
        let name = self.name();
        Err(s3_error!(BadDigest, "The {name} you specified did not match the calculated checksum."))
    }

    /// The checksum over the checksums of the parts, `value-N`.
    pub(super) fn composite<'a>(
        self,
        parts: impl ExactSizeIterator<Item = &'a Checksum>,
    ) -> Checksum {
        let count = parts.len();
        let mut hasher = self.hasher();
        for part in parts {
            let raw = self.of(part).and_then(|value| STANDARD.decode(value).ok());
            hasher.update(&raw.unwrap_or_default());
        }
        let mut checksum = hasher.finalize();
        let slot = self.slot(&mut checksum);
        *slot = slot.take().map(|value| format!("{value}-{count}"));
        checksum.checksum_type = Some(ChecksumType::from_static(ChecksumType::COMPOSITE));
        checksum
    }
}

/// Takes the values that came with a request.
macro_rules! given {
    ($input:expr) => {
        s3s::dto::Checksum {
            checksum_crc32: $input.checksum_crc32.take(),
            checksum_crc32c: $input.checksum_crc32c.take(),
            checksum_crc64nvme: $input.checksum_crc64nvme.take(),
            checksum_sha1: $input.checksum_sha1.take(),
            checksum_sha256: $input.checksum_sha256.take(),
            checksum_type: None,
        }
    };
}

/// Puts the values into an output, their type aside.
macro_rules! show {
    ($output:expr, $checksum:expr) => {{
        let checksum = $checksum;
        $output.checksum_crc32 = checksum.checksum_crc32;
        $output.checksum_crc32c = checksum.checksum_crc32c;
        $output.checksum_crc64nvme = checksum.checksum_crc64nvme;
        $output.checksum_sha1 = checksum.checksum_sha1;
        $output.checksum_sha256 = checksum.checksum_sha256;
    }};
}
pub(super) use {given, show};
