//! The errors of SQS, with the codes of both of its protocols.

use std::borrow::Cow;

use bytes::Bytes;
use serde_json::json;

use crate::embedded::answer::Answer;

/// An error of SQS: of a whole request, or of one entry of a batch.
#[derive(Debug, Clone)]
pub(crate) struct SqsError {
    status: u16,
    kind: Cow<'static, str>,
    query_code: Cow<'static, str>,
    message: String,
}

impl SqsError {
    /// An error whose code is the same in both protocols.
    fn plain(kind: &'static str, message: impl Into<String>) -> Self {
        Self { status: 400, kind: kind.into(), query_code: kind.into(), message: message.into() }
    }

    /// An error that the older protocol names with a prefix.
    pub(super) fn prefixed(kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            kind: kind.into(),
            query_code: format!("AWS.SimpleQueueService.{kind}").into(),
            message: message.into(),
        }
    }

    pub(crate) fn injected(status: u16, code: String) -> Self {
        Self {
            status,
            query_code: code.clone().into(),
            kind: code.into(),
            message: "injected by a fault plan".into(),
        }
    }

    pub(super) fn no_queue() -> Self {
        Self {
            query_code: "AWS.SimpleQueueService.NonExistentQueue".into(),
            ..Self::plain("QueueDoesNotExist", "The specified queue does not exist.")
        }
    }

    pub(super) fn queue_exists(attribute: &str) -> Self {
        let message = format!(
            "A queue already exists with the same name and a different value for attribute \
             {attribute}"
        );
        Self { query_code: "QueueAlreadyExists".into(), ..Self::plain("QueueNameExists", message) }
    }

    pub(super) fn missing(parameter: &str) -> Self {
        Self::plain(
            "MissingParameter",
            format!("The request must contain the parameter {parameter}."),
        )
    }

    pub(super) fn invalid(parameter: &str, value: impl std::fmt::Display, reason: &str) -> Self {
        let message =
            format!("Value {value} for parameter {parameter} is invalid. Reason: {reason}");
        Self::plain("InvalidParameterValue", message)
    }

    pub(super) fn too_long(limit: usize) -> Self {
        let message = format!(
            "One or more parameters are invalid. Reason: Message must be shorter than {limit} \
             bytes."
        );
        Self::plain("InvalidParameterValue", message)
    }

    pub(super) fn invalid_contents() -> Self {
        Self::plain(
            "InvalidMessageContents",
            "Invalid characters found: the body has some outside of #x9 | #xA | #xD | \
            #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF.",
        )
    }

    pub(super) fn invalid_handle(handle: &str) -> Self {
        Self::plain(
            "ReceiptHandleIsInvalid",
            format!("The input receipt handle \"{handle}\" is not a valid receipt handle."),
        )
    }

    pub(super) fn expired_handle(handle: &str) -> Self {
        Self::invalid("ReceiptHandle", handle, "The receipt handle has expired.")
    }

    pub(super) fn gone(handle: &str) -> Self {
        let reason = "Message does not exist or is not available for visibility timeout change.";
        Self::invalid("ReceiptHandle", handle, reason)
    }

    pub(super) fn not_in_flight(handle: &str) -> Self {
        let message = format!(
            "Value {handle} for parameter ReceiptHandle is invalid. Reason: Message is not in \
             flight."
        );
        Self::prefixed("MessageNotInflight", message)
    }

    pub(super) fn over_limit() -> Self {
        Self::plain("OverLimit", "Too many messages are in flight: a queue has at most 120,000.")
    }

    pub(super) fn invalid_attribute_name(name: &str) -> Self {
        Self::plain("InvalidAttributeName", format!("Unknown Attribute {name}."))
    }

    pub(super) fn invalid_attribute_value(name: &str) -> Self {
        Self::plain("InvalidAttributeValue", format!("Invalid value for the parameter {name}."))
    }

    pub(super) fn unsupported(what: &str) -> Self {
        Self::prefixed("UnsupportedOperation", format!("{what} is not part of the embedded AWS."))
    }

    pub(super) fn malformed(error: &serde_json::Error) -> Self {
        Self::plain("SerializationException", error.to_string())
    }

    pub(super) fn kind(&self) -> &str {
        &self.kind
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn into_answer(self) -> Answer {
        let fault = if self.status < 500 { "Sender" } else { "Receiver" };
        let body = json!({
            "__type": format!("com.amazonaws.sqs#{}", self.kind),
            "message": self.message,
        });
        Answer {
            status: self.status,
            body: Bytes::from(body.to_string()),
            query_error: Some(format!("{};{fault}", self.query_code)),
        }
    }
}
