use super::MOST_RECORDS;
use crate::{
    notification::ReplayMessage,
    record::{ObjectRef, RecordId},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use flate2::{Compression, read::MultiGzDecoder, write::GzEncoder};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
    io::{self, BufRead, BufReader, Read, Write},
};

/// The payloads of one object that are put aside have so many bytes at most, together.
pub(crate) const MOST_BYTES: usize = 8 << 20;
/// A file is no larger, decompressed: every byte of a payload may be written as six.
const LARGEST: u64 = 64 << 20;

/// A record that was put aside, so that its message could be deleted: one line of a file of the
/// [quarantine](crate::Builder::quarantine). One that failed for two processors is there twice.
///
/// In JSON a payload that is text stands under `payload`, any other as base64 under
/// `payload_base64`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct QuarantinedRecord {
    /// The queue that its message came from: where it is to be sent to be processed once more.
    pub queue_url: String,
    /// The id of that message.
    pub message_id: String,
    /// The bucket of its object.
    pub bucket: String,
    /// The key of its object.
    pub key: String,
    /// The version of its object, where it has one.
    pub version_id: Option<String>,
    /// The ETag of the bytes that were read, without quotes.
    pub etag: String,
    /// The size of its object in S3, in bytes.
    pub size: u64,
    /// The record's position among the records of its object, from 0.
    pub index: u64,
    /// The offset in bytes of its first byte in the decompressed object.
    pub offset: u64,
    /// The id to be idempotent by, which it has when it comes back, too.
    #[serde(with = "id")]
    pub id: RecordId,
    /// The processor that it failed for.
    pub processor: String,
    /// The identity of the decoder that found it.
    pub decoder: String,
    /// Why it failed; of long texts the beginning.
    pub error: String,
    /// How often its message had been received.
    pub deliveries: u32,
    /// Its bytes.
    #[serde(flatten, with = "payload")]
    pub payload: Vec<u8>,
}

/// Records of one object that failed for one processor, as a message that asks for them once more.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Replay {
    /// The queue to send it to: the one that the records came from.
    pub queue_url: String,
    /// The body of the message.
    pub body: String,
    /// How many records it asks for.
    pub records: usize,
}

impl QuarantinedRecord {
    /// Reads a file of the quarantine, as the store got it.
    ///
    /// # Errors
    /// If it is no such file, or is damaged.
    pub fn read_file(bytes: &[u8]) -> io::Result<Vec<Self>> {
        let lines = BufReader::new(MultiGzDecoder::new(bytes).take(LARGEST)).lines();
        let record = |line: io::Result<String>| Ok(serde_json::from_str(&line?)?);
        lines.map(record).collect()
    }

    /// The messages that have these records processed once more, each by the processor that it
    /// failed for. Send them to their queues.
    ///
    /// A consumer reads the records from their object again, which has to be there and unchanged;
    /// where it, the decoder or the processor is another, the message is kept, and goes to the
    /// dead-letter queue.
    pub fn replays<'a>(records: impl IntoIterator<Item = &'a Self>) -> Vec<Replay> {
        let mut groups: BTreeMap<_, (&Self, Vec<u64>)> = BTreeMap::new();
        for record in records {
            let Self { queue_url, bucket, key, version_id, etag, decoder, processor, .. } = record;
            let group = (queue_url, bucket, key, version_id, etag, decoder, processor);
            groups.entry(group).or_insert((record, Vec::new())).1.push(record.index);
        }
        let mut replays = Vec::new();
        for (first, mut indices) in groups.into_values() {
            indices.sort_unstable();
            indices.dedup();
            replays.extend(indices.chunks(MOST_RECORDS).map(|some| first.replay(some)));
        }
        replays
    }

    fn replay(&self, indices: &[u64]) -> Replay {
        let Self { bucket, key, version_id, etag, size, .. } = self;
        let object = ObjectRef::new(bucket, key, version_id.as_deref(), etag, *size, None, None);
        let message = ReplayMessage::new(&object, &self.decoder, &self.processor, indices.to_vec());
        Replay {
            queue_url: self.queue_url.clone(),
            body: message.into_body(),
            records: indices.len(),
        }
    }
}

/// Records as a file.
pub(crate) fn encode(records: &[QuarantinedRecord]) -> Vec<u8> {
    let mut file = GzEncoder::new(Vec::new(), Compression::default());
    for record in records {
        let mut line = serde_json::to_vec(record).expect("texts and numbers");
        line.push(b'\n');
        file.write_all(&line).expect("memory takes all");
    }
    file.finish().expect("memory takes all")
}

/// The name of the file for one object of a message: 32 hexadecimal digits. A second try of the
/// same message writes over what the first one wrote, and nobody else does.
pub(crate) fn name(queue_url: &str, message_id: &str, object: &ObjectRef, decoder: &str) -> String {
    let mut hash = Sha256::new_with_prefix(b"s3-sqs-quarantine-v1");
    let parts = [queue_url, message_id, object.bucket(), object.key(), object.etag(), decoder];
    for part in parts.map(Some).into_iter().chain([object.version_id()]) {
        hash.update(part.map_or(u64::MAX, |part| part.len() as u64).to_le_bytes());
        hash.update(part.unwrap_or_default());
    }
    hash.finalize()[..16].iter().fold(String::new(), |mut name, byte| {
        let _ = write!(name, "{byte:02x}");
        name
    })
}

/// Shows what it is, never what is in it.
impl fmt::Debug for QuarantinedRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuarantinedRecord")
            .field("message_id", &self.message_id)
            .field("bucket", &self.bucket)
            .field("key", &self.key)
            .field("index", &self.index)
            .field("processor", &self.processor)
            .field("error", &self.error)
            .field("bytes", &self.payload.len())
            .finish_non_exhaustive()
    }
}

mod id {
    use super::RecordId;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(id: &RecordId, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(id)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<RecordId, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// As text where it is text.
mod payload {
    use super::{BASE64_STANDARD, Engine};
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    #[derive(Serialize, Deserialize)]
    enum Form {
        #[serde(rename = "payload")]
        Text(String),
        #[serde(rename = "payload_base64")]
        Base64(String),
    }

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        let form = match std::str::from_utf8(bytes) {
            Ok(text) => Form::Text(text.to_owned()),
            Err(_) => Form::Base64(BASE64_STANDARD.encode(bytes)),
        };
        form.serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        match Form::deserialize(from)? {
            Form::Text(text) => Ok(text.into_bytes()),
            Form::Base64(text) => BASE64_STANDARD.decode(text).map_err(D::Error::custom),
        }
    }
}
