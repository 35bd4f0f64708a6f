use super::{identity::Identity, mark::Mark, set::Set};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_128;

/// Begins every saved set. The version changes with whatever an older one would misread.
const MAGIC: &str = "s3-sqs-progress 1 ";

/// Sets as they are stored: a line with a checksum of all that follows, because a bitmap with a
/// flipped bit is a bitmap, too; then JSON.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Saved {
    pub(crate) identity: Identity,
    /// What the object has to be for the sets to hold.
    pub(crate) marks: Vec<Mark>,
    /// By the processor's name.
    pub(crate) done: BTreeMap<String, Set>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    of: Identity,
    marks: Vec<Mark>,
    /// Roaring bitmaps, as base64.
    done: BTreeMap<String, String>,
}

impl Saved {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let file = File {
            of: self.identity.clone(),
            marks: self.marks.clone(),
            done: self
                .done
                .iter()
                .map(|(name, set)| (name.clone(), BASE64_STANDARD.encode(set.to_bytes())))
                .collect(),
        };
        let json = serde_json::to_vec(&file).expect("names and numbers");
        let mut bytes = format!("{MAGIC}{:032x}\n", xxh3_128(&json)).into_bytes();
        bytes.extend_from_slice(&json);
        bytes
    }

    /// # Errors
    /// What is wrong with them. Nothing is known of the object then.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let rest = bytes.strip_prefix(MAGIC.as_bytes()).ok_or("it does not begin as a set does")?;
        let (sum, json) = rest.split_at_checked(32).ok_or("it is cut off")?;
        let json = json.strip_prefix(b"\n").ok_or("its first line is longer")?;
        if sum != format!("{:032x}", xxh3_128(json)).as_bytes() {
            return Err("it is damaged: its checksum is another".into());
        }
        let file: File = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        let set = |text: String| {
            let bytes = BASE64_STANDARD.decode(text).map_err(|error| error.to_string())?;
            Set::from_bytes(&bytes).map_err(|error| error.to_string())
        };
        let done = file.done.into_iter().map(|(name, text)| Ok((name, set(text)?)));
        let done = done.collect::<Result<_, String>>()?;
        Ok(Self { identity: file.of, marks: file.marks, done })
    }
}
