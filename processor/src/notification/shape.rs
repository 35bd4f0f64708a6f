//! Which of the known formats a body is in.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::error::{NotificationError, NotificationErrorKind};
use super::json::{self, Mark};

/// The known formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// `Records` of S3.
    S3,
    /// S3's test event.
    S3Test,
    /// An SNS envelope.
    Sns,
    /// SNS asking to confirm a subscription, or the end of one.
    SnsHandshake,
    /// An EventBridge event.
    EventBridge,
}

/// The fields that tell the formats apart.
#[derive(Deserialize)]
struct Marks {
    #[serde(rename = "Records")]
    records: Option<IgnoredAny>,
    #[serde(rename = "Event")]
    event: Option<Mark>,
    #[serde(rename = "Type")]
    kind: Option<Mark>,
    #[serde(rename = "detail-type")]
    detail_type: Option<IgnoredAny>,
}

impl Shape {
    /// Finds the one format that `body` is in.
    ///
    /// A body that fits two formats is refused: whichever was chosen, the objects of the other would be lost.
    pub(super) fn of(body: &str) -> Result<Self, NotificationError> {
        let marks: Marks = json::object(body).map_err(|error| match error.kind() {
            NotificationErrorKind::Malformed if !body.trim_start().starts_with('{') => {
                NotificationError::unknown_shape()
            }
            _ => error,
        })?;
        let sns = marks.kind.and_then(|Mark(text)| match text?.as_str() {
            "Notification" => Some(Self::Sns),
            "SubscriptionConfirmation" | "UnsubscribeConfirmation" => Some(Self::SnsHandshake),
            _ => None,
        });
        let test = marks.event.and_then(|Mark(text)| text).as_deref() == Some("s3:TestEvent");
        let mut shapes = [
            marks.records.map(|_| Self::S3),
            test.then_some(Self::S3Test),
            sns,
            marks.detail_type.map(|_| Self::EventBridge),
        ]
        .into_iter()
        .flatten();
        match (shapes.next(), shapes.next()) {
            (Some(shape), None) => Ok(shape),
            (Some(_), Some(_)) => Err(NotificationError::ambiguous()),
            (None, _) => Err(NotificationError::unknown_shape()),
        }
    }
}
