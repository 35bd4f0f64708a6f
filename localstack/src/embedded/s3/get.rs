//! `GetObject` and `HeadObject`.

use std::sync::Arc;

use bytes::Bytes;
use hyper::StatusCode;
use s3s::dto::{
    ChecksumMode, ETagCondition, GetObjectInput, GetObjectOutput, HeadObjectInput,
    HeadObjectOutput, Range, StreamingBlob, Timestamp,
};
use s3s::{Body, S3Response, S3Result, s3_error};

use super::Store;
use super::bucket::{Object, Version};
use super::checksum;

/// What a read asks for.
struct Ask<'a> {
    bucket: &'a str,
    key: &'a str,
    version: Option<&'a str>,
    owner: Option<&'a str>,
    range: Option<&'a Range>,
    part: Option<i32>,
    if_match: Option<&'a ETagCondition>,
    if_none_match: Option<&'a ETagCondition>,
}

/// What a read gets; the body is shared with the store, not copied.
struct Found {
    object: Arc<Object>,
    version: Version,
    shown_version: Option<String>,
    body: Bytes,
    content_range: Option<String>,
}

impl Store {
    fn read(&self, ask: &Ask<'_>) -> S3Result<Found> {
        self.check_bucket(ask.bucket, ask.owner)?;
        let (object, version, shown_version) = {
            let mut state = self.state();
            let bucket = state.bucket(ask.bucket)?;
            let (version, object) = bucket.find(ask.key, ask.version)?;
            (Arc::clone(object), version.clone(), bucket.shown(&version.id))
        };
        if let Some(wanted) = ask.if_match {
            object.check_match(wanted)?;
        }
        if ask.if_none_match.is_some_and(|unwanted| object.meets(unwanted)) {
            return Err(s3_error!(NotModified));
        }
        if ask.part.is_some_and(|part| part != 1) {
            return Err(s3_error!(
                NotImplemented,
                "Reading by part number is not part of the embedded AWS"
            ));
        }
        let total = object.body.len();
        let (body, content_range) = match ask.range {
            None => (object.body.clone(), None),
            // The last bytes of nothing are nothing: met, but no part that a Content-Range could
            // name.
            Some(Range::Suffix { length: 1.. }) if total == 0 => (object.body.clone(), None),
            Some(range) => {
                let range = range.check(total as u64).map_err(|_| {
                    s3_error!(InvalidRange, "The requested range is not satisfiable")
                })?;
                let content_range = format!("bytes {}-{}/{total}", range.start, range.end - 1);
                let at = |offset: u64| usize::try_from(offset).unwrap_or(total);
                (object.body.slice(at(range.start)..at(range.end)), Some(content_range))
            }
        };
        Ok(Found { object, version, shown_version, body, content_range })
    }

    pub(super) fn get(&self, input: &GetObjectInput) -> S3Result<GetObjectOutput> {
        let found = self.read(&Ask {
            bucket: &input.bucket,
            key: &input.key,
            version: input.version_id.as_deref(),
            owner: input.expected_bucket_owner.as_deref(),
            range: input.range.as_ref(),
            part: input.part_number,
            if_match: input.if_match.as_ref(),
            if_none_match: input.if_none_match.as_ref(),
        })?;
        let (object, headers) = (&found.object, &found.object.headers);
        let mut output = GetObjectOutput {
            accept_ranges: Some("bytes".into()),
            content_length: i64::try_from(found.body.len()).ok(),
            content_range: found.content_range,
            e_tag: object.quoted_etag(),
            last_modified: Some(Timestamp::from(found.version.modified)),
            version_id: found.shown_version,
            cache_control: headers.cache_control.clone(),
            content_disposition: headers.content_disposition.clone(),
            content_encoding: headers.content_encoding.clone(),
            content_language: headers.content_language.clone(),
            content_type: content_type(object),
            expires: headers.expires.clone(),
            metadata: headers.metadata.clone(),
            ..Default::default()
        };
        if wants_checksum(input.checksum_mode.as_ref()) && input.range.is_none() {
            output.checksum_type = object.checksum.checksum_type.clone();
            checksum::show!(output, object.checksum.clone());
        }
        output.body = Some(StreamingBlob::from(Body::from(found.body)));
        Ok(output)
    }

    pub(super) fn head(&self, input: HeadObjectInput) -> S3Result<S3Response<HeadObjectOutput>> {
        let found = self.read(&Ask {
            bucket: &input.bucket,
            key: &input.key,
            version: input.version_id.as_deref(),
            owner: input.expected_bucket_owner.as_deref(),
            range: input.range.as_ref(),
            part: input.part_number,
            if_match: input.if_match.as_ref(),
            if_none_match: input.if_none_match.as_ref(),
        })?;
        let (object, headers) = (&found.object, &found.object.headers);
        let partial = found.content_range.is_some();
        let mut output = HeadObjectOutput {
            accept_ranges: Some("bytes".into()),
            content_length: i64::try_from(found.body.len()).ok(),
            content_range: found.content_range,
            e_tag: object.quoted_etag(),
            last_modified: Some(Timestamp::from(found.version.modified)),
            version_id: found.shown_version,
            cache_control: headers.cache_control.clone(),
            content_disposition: headers.content_disposition.clone(),
            content_encoding: headers.content_encoding.clone(),
            content_language: headers.content_language.clone(),
            content_type: content_type(object),
            expires: headers.expires.clone(),
            metadata: headers.metadata.clone(),
            ..Default::default()
        };
        if wants_checksum(input.checksum_mode.as_ref()) && !partial {
            output.checksum_type = object.checksum.checksum_type.clone();
            checksum::show!(output, object.checksum.clone());
        }
        let status = if partial { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
        Ok(S3Response::with_status(output, status))
    }
}

fn wants_checksum(mode: Option<&ChecksumMode>) -> bool {
    mode.is_some_and(|mode| mode.as_str() == ChecksumMode::ENABLED)
}

fn content_type(object: &Object) -> Option<String> {
    let given = object.headers.content_type.clone();
    Some(given.unwrap_or_else(|| "binary/octet-stream".into()))
}
