//! `ListObjectsV2` and `ListObjectVersions`.

use std::ops::Bound;

use s3s::S3Result;
use s3s::dto::{
    CommonPrefix, DeleteMarkerEntry, ListObjectVersionsInput, ListObjectVersionsOutput,
    ListObjectsV2Input, ListObjectsV2Output, Object as Listed, ObjectStorageClass, ObjectVersion,
    Timestamp,
};

use super::Store;

/// Most entries of one page.
const PAGE: i32 = 1000;

impl Store {
    /// A continuation token is the last key, or the last common prefix, of the page before.
    pub(super) fn list(&self, input: ListObjectsV2Input) -> S3Result<ListObjectsV2Output> {
        self.check_bucket(&input.bucket, input.expected_bucket_owner.as_deref())?;
        let (prefix, delimiter) =
            (input.prefix.as_deref().unwrap_or(""), input.delimiter.as_deref().unwrap_or(""));
        let max = usize::try_from(input.max_keys.unwrap_or(PAGE).clamp(0, PAGE)).unwrap_or(0);
        let after =
            input.continuation_token.as_deref().or(input.start_after.as_deref()).unwrap_or("");
        let urls = input.encoding_type.is_some();
        let shown =
            |text: &str| if urls { super::notify::encode_key(text) } else { text.to_owned() };
        let (mut contents, mut prefixes) = (Vec::new(), Vec::<CommonPrefix>::new());
        let (mut last, mut truncated) = (String::new(), false);
        let mut state = self.state();
        let keys = &state.bucket(&input.bucket)?.keys;
        for (key, versions) in keys.range::<str, _>((Bound::Included(prefix), Bound::Unbounded)) {
            if !key.starts_with(prefix) {
                break;
            }
            let Some((version, object)) =
                versions.last().and_then(|one| Some((one, one.object.as_ref()?)))
            else {
                continue;
            };
            let cut =
                (!delimiter.is_empty()).then(|| key[prefix.len()..].find(delimiter)).flatten();
            let entry = cut.map_or(key.as_str(), |at| &key[..prefix.len() + at + delimiter.len()]);
            if entry <= after || (cut.is_some() && entry == last) {
                continue;
            }
            if contents.len() + prefixes.len() == max {
                truncated = max > 0;
                break;
            }
            last = entry.to_owned();
            if cut.is_some() {
                prefixes.push(CommonPrefix { prefix: Some(shown(entry)) });
                continue;
            }
            contents.push(Listed {
                key: Some(shown(key)),
                e_tag: object.quoted_etag(),
                size: Some(object.len()),
                last_modified: Some(Timestamp::from(version.modified)),
                storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
                ..Default::default()
            });
        }
        Ok(ListObjectsV2Output {
            key_count: i32::try_from(contents.len() + prefixes.len()).ok(),
            contents: Some(contents),
            common_prefixes: Some(prefixes),
            is_truncated: Some(truncated),
            next_continuation_token: truncated.then_some(last),
            max_keys: Some(input.max_keys.unwrap_or(PAGE)),
            name: Some(input.bucket),
            prefix: input.prefix,
            delimiter: input.delimiter,
            start_after: input.start_after,
            continuation_token: input.continuation_token,
            encoding_type: input.encoding_type,
            ..Default::default()
        })
    }

    /// Everything in one page.
    pub(super) fn list_versions(
        &self,
        input: &ListObjectVersionsInput,
    ) -> S3Result<ListObjectVersionsOutput> {
        self.check_bucket(&input.bucket, input.expected_bucket_owner.as_deref())?;
        let prefix = input.prefix.as_deref().unwrap_or("");
        let (mut versions, mut markers) = (Vec::new(), Vec::new());
        let mut state = self.state();
        for (key, all) in &state.bucket(&input.bucket)?.keys {
            if !key.starts_with(prefix) {
                continue;
            }
            for (age, version) in all.iter().rev().enumerate() {
                let (is_latest, last_modified) =
                    (Some(age == 0), Some(Timestamp::from(version.modified)));
                let (key, version_id) = (Some(key.clone()), Some(version.id.clone()));
                match &version.object {
                    Some(object) => versions.push(ObjectVersion {
                        key,
                        version_id,
                        is_latest,
                        last_modified,
                        e_tag: object.quoted_etag(),
                        size: Some(object.len()),
                        ..Default::default()
                    }),
                    None => markers.push(DeleteMarkerEntry {
                        key,
                        version_id,
                        is_latest,
                        last_modified,
                        ..Default::default()
                    }),
                }
            }
        }
        Ok(ListObjectVersionsOutput {
            name: Some(input.bucket.clone()),
            prefix: input.prefix.clone(),
            is_truncated: Some(false),
            versions: Some(versions),
            delete_markers: Some(markers),
            ..Default::default()
        })
    }
}
