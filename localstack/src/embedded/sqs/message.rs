//! Messages, and their checksums as the service computes them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use s3s::crypto::{Checksum as _, Md5};
use serde::{Deserialize, Serialize};

use super::SqsError;
use crate::embedded::clock::Clock;
use crate::embedded::ids::{self, Ids};

/// A message attribute as clients send it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct MessageAttribute {
    pub(crate) data_type: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) string_value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) binary_value: Option<String>,
}

pub(crate) type MessageAttributes = BTreeMap<String, MessageAttribute>;

/// A message that no queue has yet.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) body: Arc<str>,
    pub(crate) attributes: MessageAttributes,
    pub(crate) sender: &'static str,
    /// `AWSTraceHeader`, the one system attribute that can be sent.
    pub(crate) trace_header: Option<String>,
}

impl Draft {
    /// A message of another service, without attributes.
    pub(crate) fn of_service(body: Arc<str>) -> Self {
        let sender = "AIDAIT2UOQQY3AUEKVGXU";
        Self { body, attributes: BTreeMap::new(), sender, trace_header: None }
    }

    pub(super) fn of_account(body: String, attributes: MessageAttributes) -> Self {
        Self { body: body.into(), attributes, sender: ids::ACCOUNT, trace_header: None }
    }

    pub(super) fn into_message(self, ids: &Ids, clock: &Clock) -> Message {
        Message {
            serial: ids.serial(),
            id: ids.uuid(),
            md5: md5_hex(self.body.as_bytes()),
            md5_of_attributes: md5_of_attributes(&self.attributes),
            body: self.body,
            attributes: self.attributes,
            sender: self.sender,
            trace_header: self.trace_header,
            sent_millis: clock.unix_millis(),
            first_received_millis: None,
            receives: 0,
            last_receive: 0,
            received_at: None,
            dead_letter_source: None,
        }
    }
}

/// A message of a queue.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) serial: u64,
    pub(super) id: String,
    pub(super) body: Arc<str>,
    pub(super) md5: String,
    pub(super) attributes: MessageAttributes,
    pub(super) md5_of_attributes: Option<String>,
    pub(super) sender: &'static str,
    pub(super) trace_header: Option<String>,
    pub(super) sent_millis: u64,
    pub(super) first_received_millis: Option<u64>,
    pub(super) receives: u32,
    /// Which receive the valid receipt handle is of; 0 before the first.
    pub(super) last_receive: u64,
    pub(super) received_at: Option<Instant>,
    pub(super) dead_letter_source: Option<String>,
}

pub(super) fn md5_hex(data: &[u8]) -> String {
    hex(&Md5::checksum(data))
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// MD5 over names, types and values, each with its length, in the order of the names.
fn md5_of_attributes(attributes: &MessageAttributes) -> Option<String> {
    if attributes.is_empty() {
        return None;
    }
    let mut data = Vec::new();
    let mut put = |bytes: &[u8], transport: Option<u8>| {
        data.extend(transport);
        data.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        data.extend(bytes);
    };
    for (name, attribute) in attributes {
        put(name.as_bytes(), None);
        put(attribute.data_type.as_bytes(), None);
        if let Some(binary) = &attribute.binary_value {
            put(&STANDARD.decode(binary).unwrap_or_default(), Some(2));
        } else {
            put(attribute.string_value.as_deref().unwrap_or("").as_bytes(), Some(1));
        }
    }
    Some(md5_hex(&data))
}

const MOST_ATTRIBUTES: usize = 10;
const LONGEST_NAME: usize = 256;

/// Refuses attributes that the service does not take.
pub(super) fn check_attributes(attributes: &MessageAttributes) -> Result<(), SqsError> {
    if attributes.len() > MOST_ATTRIBUTES {
        let reason = format!(
            "Number of message attributes exceeds the allowed maximum [{MOST_ATTRIBUTES}]."
        );
        return Err(SqsError::invalid("MessageAttributes", attributes.len(), &reason));
    }
    let refused = |name: &str, reason| Err(SqsError::invalid("MessageAttributes", name, reason));
    for (name, attribute) in attributes {
        let allowed =
            name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
        let dots = name.starts_with('.') || name.ends_with('.') || name.contains("..");
        let lower = name.to_ascii_lowercase();
        let reserved = lower.starts_with("aws.") || lower.starts_with("amazon.");
        if name.is_empty() || name.len() > LONGEST_NAME || !allowed || dots || reserved {
            return refused(name, "The name of a message attribute is not valid.");
        }
        // A type may have a label of the user's behind a dot.
        let kind = attribute.data_type.split('.').next().unwrap_or_default();
        let value = match kind {
            "String" | "Number" => &attribute.string_value,
            "Binary" => &attribute.binary_value,
            _ => {
                return refused(
                    name,
                    "The type of a message attribute is String, Number or Binary.",
                );
            }
        };
        if value.as_ref().is_none_or(String::is_empty) || attribute.data_type.len() > LONGEST_NAME {
            return refused(name, "A message attribute has a value of its type that is not empty.");
        }
        if kind == "Number" && value.as_ref().is_some_and(|text| text.parse::<f64>().is_err()) {
            return refused(name, "The value of a message attribute of type Number is a number.");
        }
    }
    Ok(())
}

/// Bytes that count against the size limits of the service.
pub(crate) fn size(body: &str, attributes: &MessageAttributes) -> usize {
    let attributes = attributes.iter().map(|(name, attribute)| {
        let binary = attribute.binary_value.as_ref().map_or(0, |text| text.len() / 4 * 3);
        name.len()
            + attribute.data_type.len()
            + attribute.string_value.as_ref().map_or(0, String::len)
            + binary
    });
    body.len() + attributes.sum::<usize>()
}
