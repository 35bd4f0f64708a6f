//! Which of the known formats a body is in, and what of it is found in the same pass.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::cloud_trail::Keys;
use super::error::{NotificationError, NotificationErrorKind};
use super::json::{self, Any, Object};
use super::replay::ReplayMessage;
use super::s3::Entries;

/// What CloudTrail publishes to a topic when it is configured, to see whether it may.
const VALIDATION: &str = "CloudTrail validation message.";

/// What a body holds, by its format.
pub(super) enum Content {
    /// `Records` of S3.
    S3(Entries),
    /// S3's test event, or another service's.
    Test,
    /// An SNS envelope, with what was published; `None` if that is missing or no text.
    Sns(Option<String>),
    /// SNS asking to confirm a subscription, or the end of one, by its name. Its token and its URLs
    /// grant access and are not kept.
    SnsHandshake(String),
    /// An EventBridge event.
    EventBridge,
    /// The `detail` of one, as an input path leaves it.
    Detail,
    /// CloudTrail's own message: a bucket, and keys.
    CloudTrail(Option<String>, Keys),
    /// Records that were put aside, and are wanted once more.
    Replay(ReplayMessage),
}

/// The fields that tell the formats apart, and what is in them.
#[derive(Deserialize)]
struct Fields {
    #[serde(rename = "Records")]
    records: Option<Entries>,
    #[serde(rename = "Event")]
    event: Option<Any>,
    #[serde(rename = "Type")]
    kind: Option<Any>,
    #[serde(rename = "Message")]
    message: Option<Any>,
    #[serde(rename = "detail-type")]
    detail_type: Option<IgnoredAny>,
    detail: Option<Any>,
    bucket: Option<Any>,
    object: Option<Any>,
    #[serde(rename = "s3Bucket")]
    s3_bucket: Option<Any>,
    #[serde(rename = "s3ObjectKey")]
    s3_object_key: Option<Keys>,
    #[serde(rename = "s3-sqs-replay")]
    replay: Option<Object<ReplayMessage>>,
}

impl Content {
    /// Finds the one format that `body` is in.
    ///
    /// A body that fits two formats is refused: whichever was chosen, the objects of the other
    /// would be lost.
    pub(super) fn of(body: &str) -> Result<Self, NotificationError> {
        if body.trim() == VALIDATION {
            return Ok(Self::Test);
        }
        let fields: Fields = json::object(body).map_err(|error| match error.kind() {
            NotificationErrorKind::Malformed if !body.trim_start().starts_with('{') => {
                NotificationError::unknown_shape()
            }
            _ => error,
        })?;
        let text = |any: Option<Any>| any.and_then(Any::text);
        let is_object = |any: &Option<Any>| matches!(any, Some(Any::Object(_)));
        let sns = text(fields.kind).and_then(|kind| match kind.as_str() {
            "Notification" => Some(Self::Sns(text(fields.message))),
            "SubscriptionConfirmation" | "UnsubscribeConfirmation" => {
                Some(Self::SnsHandshake(kind))
            }
            _ => None,
        });
        let test = text(fields.event).as_deref() == Some("s3:TestEvent");
        let is_event = fields.detail_type.is_some() || is_object(&fields.detail);
        let is_detail = is_object(&fields.bucket) && is_object(&fields.object);
        let mut contents = [
            fields.records.map(Self::S3),
            test.then_some(Self::Test),
            sns,
            is_event.then_some(Self::EventBridge),
            is_detail.then_some(Self::Detail),
            fields.s3_object_key.map(|keys| Self::CloudTrail(text(fields.s3_bucket), keys)),
            fields.replay.map(|Object(replay)| Self::Replay(replay)),
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
