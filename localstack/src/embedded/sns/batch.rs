//! `PublishBatch`: up to ten notices, each with a verdict of its own.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::publish::{Notice, deliver, max_size};
use crate::embedded::Shared;
use crate::embedded::fault::Fault;
use crate::embedded::query::{Form, QueryError, element};

const MOST: usize = 10;

pub(super) fn publish(
    shared: &Shared,
    form: &Form,
    faults: &[Fault],
) -> Result<String, QueryError> {
    let topic_arn = form.required("TopicArn")?;
    let limit = max_size(shared, topic_arn)?;
    let entries = form.members("PublishBatchRequestEntries");
    check(&entries)?;
    let notices: Vec<_> = entries.iter().map(Notice::read).collect();
    if notices.iter().flatten().map(Notice::size).sum::<usize>() > limit {
        let message =
            format!("The length of all the messages put together is more than {limit} bytes.");
        return Err(QueryError::new(400, "BatchRequestTooLong", message));
    }
    let (mut successful, mut failed) = (String::new(), String::new());
    for (at, (entry, notice)) in entries.iter().zip(notices).enumerate() {
        let id = entry.optional("Id").unwrap_or_default();
        let done = match (Fault::of_entry(faults, at), notice) {
            (Some(code), _) => Err((false, code, "injected by a fault plan".to_owned())),
            (None, Err(error)) => Err((true, error.code().to_owned(), error.message().to_owned())),
            (None, Ok(notice)) => deliver(shared, topic_arn, &notice)
                .ok_or_else(|| (true, "NotFound".to_owned(), "Topic does not exist".to_owned())),
        };
        match done {
            Ok(message) => member(&mut successful, &[("Id", id), ("MessageId", &message)]),
            Err((sender, code, message)) => {
                let fault = if sender { "true" } else { "false" };
                member(
                    &mut failed,
                    &[("Id", id), ("Code", &code), ("Message", &message), ("SenderFault", fault)],
                );
            }
        }
    }
    Ok(format!("<Successful>{successful}</Successful><Failed>{failed}</Failed>"))
}

/// Checks the ids of a batch: 1 to 10, well formed, no two alike.
fn check(entries: &[Form]) -> Result<(), QueryError> {
    let refused = |code: &str, message: &str| Err(QueryError::new(400, code, message));
    if entries.is_empty() {
        return refused("EmptyBatchRequest", "The batch request doesn't contain any entries.");
    }
    if entries.len() > MOST {
        return refused(
            "TooManyEntriesInBatchRequest",
            "The batch request contains more entries than permissible.",
        );
    }
    let mut seen = HashSet::new();
    for entry in entries {
        let id = entry.optional("Id").unwrap_or_default();
        let plain =
            id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if !plain || id.is_empty() || id.len() > 80 {
            return refused(
                "InvalidBatchEntryId",
                "The Id of a batch entry doesn't abide by the specification.",
            );
        }
        if !seen.insert(id) {
            return refused(
                "BatchEntryIdsNotDistinct",
                "Two or more batch entries in the request have the same Id.",
            );
        }
    }
    Ok(())
}

fn member(xml: &mut String, fields: &[(&str, &str)]) {
    let _ = write!(xml, "<member>");
    for (name, value) in fields {
        element(xml, name, value);
    }
    xml.push_str("</member>");
}
