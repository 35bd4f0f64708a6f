//! Where files are read from, what becomes of them, and what one means that is not there.

use clap::ValueEnum;
use s3_sqs_processor::{Finish, Missing, Spool};
use serde::{Deserialize, Deserializer, de::Error as _};
use std::path::Path;

/// What a file means that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum OnMissing {
    /// Its message comes back, and ends in the dead-letter queue
    Fail,
    /// Nothing is left to do
    Done,
}

pub(crate) fn after_success(text: &str) -> Result<Finish, String> {
    match (text, text.strip_prefix("tag:").and_then(|tag| tag.split_once('='))) {
        ("keep", _) => Ok(Finish::keep()),
        ("delete", _) => Ok(Finish::delete_as_sole_consumer()),
        (_, Some((key, value))) => Ok(Finish::tag(key, value)),
        _ => Err("give keep, delete, or tag:KEY=VALUE".to_owned()),
    }
}

/// The same in a configuration file.
pub(crate) fn finish<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Finish>, D::Error> {
    after_success(&String::deserialize(from)?).map(Some).map_err(D::Error::custom)
}

/// Who has files deleted expects that a second notification of one finds nothing.
pub(crate) fn missing(finish: Option<&Finish>, given: Option<OnMissing>) -> Option<Missing> {
    let deletes = finish == Some(&Finish::delete_as_sole_consumer());
    match given {
        Some(OnMissing::Fail) => Some(Missing::Fail),
        Some(OnMissing::Done) => Some(Missing::Done),
        None => deletes.then_some(Missing::Done),
    }
}

pub(crate) fn spool(dir: &Path, bytes: Option<u64>) -> Spool {
    let spool = Spool::new(dir);
    bytes.into_iter().fold(spool, Spool::bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_deletes_files_need_not_say_that_they_are_gone_then() {
        let ends = |text: &str, given| missing(Some(&after_success(text).unwrap()), given);
        assert_eq!(ends("delete", None), Some(Missing::Done));
        assert_eq!(ends("delete", Some(OnMissing::Fail)), Some(Missing::Fail));
        assert_eq!((ends("keep", None), ends("tag:a=b=c", None)), (None, None));
        assert_eq!(after_success("tag:a=b=c"), Ok(Finish::tag("a", "b=c")));
        assert!(after_success("tag:a").is_err() && after_success("remove").is_err());
    }
}
