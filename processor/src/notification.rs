//! From the body of an SQS message to the objects it announces.
//!
//! [`parse`] looks at the body alone, so that one queue may carry every way in which S3 can
//! announce an object:
//!
//! | the way | what the body looks like | keys |
//! |---|---|---|
//! | S3 to SQS, or SNS with raw delivery | `{"Records": [..]}` | form-encoded |
//! | S3 to SNS to SQS | `{"Type": "Notification", "Message": ".."}` | by what is inside |
//! | S3 to EventBridge to SQS | `{"detail-type": "Object Created", "source": "aws.s3"}` | plain |
//!
//! There are three outcomes, and the difference between the last two is what keeps data from being
//! lost:
//!
//! * objects to fetch, in the order in which they are listed;
//! * *nothing to do* ([`Skipped`]): understood, and no object to fetch; the message can be deleted;
//! * *cannot understand* ([`NotificationError`]): the message must be kept for the redrive policy.
//!   One entry that is not understood makes the whole body so, because a message can only be
//!   deleted as a whole.
//!
//! Nothing here does I/O or reads a clock. The formats are those of the *Event message structure*
//! and the *EventBridge event message structure* pages of the Amazon S3 User Guide, and of *Parsing
//! message formats* in the Amazon SNS Developer Guide.

mod content;
mod error;
mod event_bridge;
#[cfg(any(test, feature = "__private"))]
mod fixtures;
#[cfg(any(test, feature = "__private"))]
pub(crate) mod fuzz;
mod json;
mod key;
mod object;
mod s3;
mod skipped;
#[cfg(test)]
mod tests;

pub(crate) use error::NotificationError;
#[cfg(test)]
pub(crate) use error::NotificationErrorKind;
pub(crate) use object::NotifiedObject;

use content::Content;
use skipped::Skipped;

/// What one message body announces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notification {
    /// How the announcement was wrapped.
    pub(crate) envelope: Envelope,
    /// The objects to fetch, in the order of the body; a body may list one object more than once.
    pub(crate) objects: Vec<NotifiedObject>,
    /// What the body holds besides objects to fetch.
    pub(crate) skipped: Skipped,
}

/// How an announcement reached the queue, as far as the body shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub(crate) enum Envelope {
    /// S3's own format; SNS with raw delivery leaves it as it is.
    S3,
    /// An SNS envelope, whatever is inside.
    Sns,
    /// An EventBridge event.
    EventBridge,
}

impl Notification {
    /// The same, if every bucket it names is trusted.
    ///
    /// # Errors
    /// If one is not. Then nothing of the message is trusted.
    pub(crate) fn only_from(
        self,
        trusted: impl Fn(&str) -> bool,
    ) -> Result<Self, NotificationError> {
        match self.objects.iter().find(|object| !trusted(&object.bucket)) {
            Some(object) => Err(NotificationError::bucket(&object.bucket)),
            None => Ok(self),
        }
    }
}

/// Reads one message body.
///
/// # Errors
/// Whenever any part of the body is not understood. The message must then not be deleted.
pub(crate) fn parse(body: &str) -> Result<Notification, NotificationError> {
    let (envelope, (objects, skipped)) = match Content::of(body)? {
        Content::S3(entries) => (Envelope::S3, entries.objects()?),
        Content::S3Test => (Envelope::S3, test_event()),
        Content::EventBridge => (Envelope::EventBridge, event_bridge::objects(body)?),
        Content::SnsHandshake(kind) => return Err(NotificationError::confirmation(&kind)),
        Content::Sns(message) => {
            let message =
                message.ok_or_else(|| NotificationError::missing("Message that is text"))?;
            (Envelope::Sns, published(&message).map_err(NotificationError::inside_sns)?)
        }
    };
    Ok(Notification { envelope, objects, skipped })
}

/// What a message inside an SNS envelope announces.
fn published(message: &str) -> Result<(Vec<NotifiedObject>, Skipped), NotificationError> {
    match Content::of(message)? {
        Content::S3(entries) => entries.objects(),
        Content::S3Test => Ok(test_event()),
        Content::EventBridge => event_bridge::objects(message),
        Content::Sns(_) | Content::SnsHandshake(_) => Err(NotificationError::nested()),
    }
}

fn test_event() -> (Vec<NotifiedObject>, Skipped) {
    (Vec::new(), Skipped { test_event: true, ..Skipped::default() })
}
