use crate::record::{Record, RecordId};
use std::{collections::BTreeMap, ops::Range};

/// Every object that was ever written, record by record: what processors have to get.
#[derive(Debug, Default)]
pub(super) struct Truth {
    versions: Vec<Version>,
    /// Of each key, the newest last.
    of: BTreeMap<String, Vec<usize>>,
}

/// One object as it was written.
#[derive(Debug, Clone)]
pub(super) struct Version {
    pub(super) etag: String,
    /// Decompressed.
    pub(super) plain: Vec<u8>,
    /// Where each record stands in it.
    pub(super) records: Vec<Range<usize>>,
    /// It can be read to its end.
    pub(super) is_whole: bool,
}

impl Truth {
    pub(super) fn written(&mut self, key: &str, version: Version) {
        self.of.entry(key.to_owned()).or_default().push(self.versions.len());
        self.versions.push(version);
    }

    /// The versions of a key.
    pub(super) fn of(&self, key: &str) -> impl Iterator<Item = (usize, &Version)> {
        self.of.get(key).into_iter().flatten().map(|at| (*at, &self.versions[*at]))
    }

    /// Which version this record is of, if it is one that was written, whole and in its place.
    pub(super) fn find(&self, record: &Record<'_>) -> Result<usize, String> {
        let object = record.object();
        let version = self.of(object.key()).find(|(_, version)| version.etag == object.etag());
        let (at, version) = version.ok_or_else(|| format!("{object} was never written so"))?;
        let place =
            usize::try_from(record.index()).ok().and_then(|index| version.records.get(index));
        let place = place.ok_or_else(|| format!("{object} has no record {}", record.index()))?;
        let id = RecordId::of(
            object.bucket(),
            object.key(),
            object.version_id(),
            object.etag(),
            place.start as u64,
        );
        if (record.offset(), record.payload(), record.id())
            != (place.start as u64, &version.plain[place.clone()], id)
        {
            return Err(format!(
                "record {} of {object} is not what was written: {record:?}",
                record.index()
            ));
        }
        Ok(at)
    }
}
