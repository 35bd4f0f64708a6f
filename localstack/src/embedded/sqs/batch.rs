//! What the three batch actions share: the checks of a batch, and an outcome for each entry.

use std::collections::HashSet;

use serde::Serialize;

use super::SqsError;
use crate::embedded::fault::Fault;

const MOST: usize = 10;

/// The answer to a batch: 200, with a verdict for each entry.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Outcome<T> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    successful: Vec<T>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failed: Vec<Failed>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Failed {
    id: String,
    sender_fault: bool,
    code: String,
    message: String,
}

/// An entry that succeeded and has nothing more to say.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Succeeded {
    pub(super) id: String,
}

/// Checks the ids of a batch: 1 to 10, well formed, no two alike.
pub(super) fn check<'a>(
    action: &str,
    ids: impl ExactSizeIterator<Item = &'a str>,
) -> Result<(), SqsError> {
    let count = ids.len();
    if count == 0 {
        let message = format!("There should be at least one {action}RequestEntry in the request.");
        return Err(SqsError::prefixed("EmptyBatchRequest", message));
    }
    if count > MOST {
        let message =
            format!("Maximum number of entries per request are 10. You have sent {count}.");
        return Err(SqsError::prefixed("TooManyEntriesInBatchRequest", message));
    }
    let mut seen = HashSet::new();
    for id in ids {
        let plain =
            id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if !plain || id.is_empty() || id.len() > 80 {
            let message = "A batch entry id can only contain alphanumeric characters, hyphens and \
                           underscores. It can be at most 80 letters long.";
            return Err(SqsError::prefixed("InvalidBatchEntryId", message));
        }
        if !seen.insert(id) {
            return Err(SqsError::prefixed(
                "BatchEntryIdsNotDistinct",
                format!("Id {id} repeated."),
            ));
        }
    }
    Ok(())
}

/// Does each entry by itself, but for those that a fault plan lets fail.
pub(super) fn each<E, T>(
    entries: impl IntoIterator<Item = (String, E)>,
    faults: &[Fault],
    mut act: impl FnMut(&str, E) -> Result<T, SqsError>,
) -> Outcome<T> {
    let mut outcome = Outcome { successful: Vec::new(), failed: Vec::new() };
    for (at, (id, entry)) in entries.into_iter().enumerate() {
        if let Some(code) = Fault::of_entry(faults, at) {
            outcome.failed.push(Failed {
                id,
                sender_fault: false,
                code,
                message: "injected by a fault plan".into(),
            });
            continue;
        }
        match act(&id, entry) {
            Ok(done) => outcome.successful.push(done),
            Err(error) => outcome.failed.push(Failed {
                id,
                sender_fault: true,
                code: error.kind().to_owned(),
                message: error.message().to_owned(),
            }),
        }
    }
    outcome
}
