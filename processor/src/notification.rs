//! From the body of an SQS message to the objects it announces.
//!
//! [`Reader::read`] looks at the body alone, so that one queue may carry every way in which S3 can
//! announce an object:
//!
//! | the way | what the body looks like | keys |
//! |---|---|---|
//! | S3 to SQS, or SNS with raw delivery | `{"Records": [..]}` | form-encoded |
//! | S3 to SNS to SQS | `{"Type": "Notification", "Message": ".."}` | by what is inside |
//! | S3 to EventBridge to SQS | `{"detail-type": "Object Created", "source": "aws.s3"}` | plain |
//! | the same, input path `$.detail` | `{"bucket": {..}, "object": {..}, "reason": ".."}` | plain |
//! | Security Lake | EventBridge's, without `detail-type` | plain |
//! | CloudTrail to SNS | `{"s3Bucket": "..", "s3ObjectKey": [".."]}` | plain |
//! | a replay of single records | `{"s3-sqs-replay": {..}}` | plain |
//! | stores that imitate S3 | S3's, with another `eventSource` | form-encoded |
//! | anything else | whatever a [`NotificationParser`] knows | its own |
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

mod cloud_trail;
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
mod parser;
mod replay;
mod s3;
mod selection;
mod skipped;
#[cfg(test)]
mod tests;

pub(crate) use error::NotificationError;
#[cfg(test)]
pub(crate) use error::NotificationErrorKind;
pub(crate) use object::NotifiedObject;
pub use parser::{AnnouncedObject, NotificationParser};
pub(crate) use replay::{MOST_RECORDS, ReplayMessage};
pub(crate) use selection::Selection;

use content::Content;
use object::Found;
pub(crate) use skipped::Skipped;
use std::{collections::BTreeSet, fmt, sync::Arc};

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
    /// An EventBridge event, or the detail of one.
    EventBridge,
    /// One that a [`NotificationParser`] understands.
    Own,
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

/// What is understood beside S3's own notifications.
#[derive(Clone, Default)]
pub(crate) struct Reader {
    /// Further values of `eventSource`: of stores that imitate S3.
    pub(crate) event_sources: BTreeSet<String>,
    pub(crate) parser: Option<Arc<dyn NotificationParser>>,
}

impl Reader {
    /// Reads one message body.
    ///
    /// # Errors
    /// Whenever any part of the body is not understood. The message must then not be deleted.
    pub(crate) fn read(&self, body: &str) -> Result<Notification, NotificationError> {
        if let Some(parser) = &self.parser
            && let Some(Found { objects, skipped }) = parser::found(&**parser, body)?
        {
            return Ok(Notification { envelope: Envelope::Own, objects, skipped });
        }
        let body = without_mark(body);
        let (envelope, Found { objects, skipped }) = match Content::of(body)? {
            Content::SnsHandshake(kind) => return Err(NotificationError::confirmation(&kind)),
            Content::Sns(message) => {
                let message =
                    message.ok_or_else(|| NotificationError::missing("Message that is text"))?;
                let published = self.published(without_mark(&message));
                (Envelope::Sns, published.map_err(NotificationError::inside_sns)?)
            }
            content @ (Content::EventBridge | Content::Detail) => {
                (Envelope::EventBridge, self.found(content, body)?)
            }
            content => (Envelope::S3, self.found(content, body)?),
        };
        Ok(Notification { envelope, objects, skipped })
    }

    /// What a message inside an SNS envelope announces.
    fn published(&self, message: &str) -> Result<Found, NotificationError> {
        self.found(Content::of(message)?, message)
    }

    fn found(&self, content: Content, body: &str) -> Result<Found, NotificationError> {
        match content {
            Content::S3(entries) => entries.objects(&|source| self.event_sources.contains(source)),
            Content::Test => {
                let skipped = Skipped { test_event: true, ..Skipped::default() };
                Ok(Found { skipped, ..Found::default() })
            }
            Content::EventBridge => event_bridge::objects(body),
            Content::Detail => event_bridge::objects_of_detail(body),
            Content::CloudTrail(bucket, keys) => cloud_trail::objects(bucket, keys),
            Content::Replay(replay) => replay.object(),
            Content::Sns(_) | Content::SnsHandshake(_) => Err(NotificationError::nested()),
        }
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("event_sources", &self.event_sources)
            .field("parser", &self.parser.is_some())
            .finish()
    }
}

/// Some writers put a byte order mark in front.
fn without_mark(body: &str) -> &str {
    body.strip_prefix('\u{feff}').unwrap_or(body)
}
