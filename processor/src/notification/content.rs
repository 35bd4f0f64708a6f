//! Which of the known formats a body is in, and, but for EventBridge's, what it holds: found in one
//! pass.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::error::{NotificationError, NotificationErrorKind};
use super::json::{self, Mark};
use super::s3::Entries;

/// What a body holds, by its format.
pub(super) enum Content {
    /// `Records` of S3.
    S3(Entries),
    /// S3's test event.
    S3Test,
    /// An SNS envelope, with what was published; `None` if that is missing or no text.
    Sns(Option<String>),
    /// SNS asking to confirm a subscription, or the end of one, by its name. Its token and its URLs
    /// grant access and are not kept.
    SnsHandshake(String),
    /// An EventBridge event.
    EventBridge,
}

/// The fields that tell the formats apart, and what is in them.
#[derive(Deserialize)]
struct Fields {
    #[serde(rename = "Records")]
    records: Option<Entries>,
    #[serde(rename = "Event")]
    event: Option<Mark>,
    #[serde(rename = "Type")]
    kind: Option<Mark>,
    #[serde(rename = "Message")]
    message: Option<Mark>,
    #[serde(rename = "detail-type")]
    detail_type: Option<IgnoredAny>,
}

impl Content {
    /// Finds the one format that `body` is in.
    ///
    /// A body that fits two formats is refused: whichever was chosen, the objects of the other
    /// would be lost.
    pub(super) fn of(body: &str) -> Result<Self, NotificationError> {
        let fields: Fields = json::object(body).map_err(|error| match error.kind() {
            NotificationErrorKind::Malformed if !body.trim_start().starts_with('{') => {
                NotificationError::unknown_shape()
            }
            _ => error,
        })?;
        let text = |mark: Option<Mark>| mark.and_then(|Mark(text)| text);
        let sns = text(fields.kind).and_then(|kind| match kind.as_str() {
            "Notification" => Some(Self::Sns(text(fields.message))),
            "SubscriptionConfirmation" | "UnsubscribeConfirmation" => {
                Some(Self::SnsHandshake(kind))
            }
            _ => None,
        });
        let test = text(fields.event).as_deref() == Some("s3:TestEvent");
        let mut contents = [
            fields.records.map(Self::S3),
            test.then_some(Self::S3Test),
            sns,
            fields.detail_type.map(|_| Self::EventBridge),
        ]
        .into_iter()
        .flatten();
        match (contents.next(), contents.next()) {
            (Some(content), None) => Ok(content),
            (Some(_), Some(_)) => Err(NotificationError::ambiguous()),
            (None, _) => Err(NotificationError::unknown_shape()),
        }
    }
}
