use std::error::Error;
use std::fmt;

/// How much of a body an error may repeat, in characters of the shown text.
const EXCERPT: usize = 60;

/// The body of a message is not understood; the message must be kept.
///
/// Its text names what is wrong and the way out, and repeats no more than a short excerpt of the
/// body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotificationError {
    kind: NotificationErrorKind,
    /// Where in the body, for example `Records[2]`; empty for the body itself.
    place: String,
    in_sns: bool,
    problem: String,
}

/// What kind of thing is not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub(crate) enum NotificationErrorKind {
    /// The body, or the message inside an SNS envelope, is not JSON.
    NotJson,
    /// JSON, but none of the known formats, or more than one at once.
    UnknownShape,
    /// A needed field is missing, or a field has the wrong type.
    Malformed,
    /// A version of the format that may mean something else.
    UnsupportedVersion,
    /// An event that S3 did not send.
    ForeignSource,
    /// An event of a kind that is not known: it may announce an object.
    UnknownEvent,
    /// A parser of the application's own does not understand it.
    OwnFormat,
    /// A bucket that is not allowed.
    ForeignBucket,
    /// An object that no route matches.
    Unmatched,
    /// Records that were put aside, which are not processed so any more.
    Replay,
    /// What stands for the bucket is no bucket's name.
    BadBucket,
    /// A key that does not decode, or that no object can have.
    BadKey,
    /// More objects than one message may announce.
    TooMany,
    /// An SNS envelope inside an SNS envelope.
    NestedEnvelope,
    /// SNS asks to confirm a subscription, or the end of one.
    Confirmation,
}

impl NotificationError {
    /// What kind of thing is not understood.
    pub(crate) fn kind(&self) -> NotificationErrorKind {
        self.kind
    }

    fn new(kind: NotificationErrorKind, problem: impl Into<String>) -> Self {
        Self { kind, place: String::new(), in_sns: false, problem: problem.into() }
    }

    pub(super) fn not_json(error: &serde_json::Error) -> Self {
        Self::new(
            NotificationErrorKind::NotJson,
            format!("is not JSON ({})", excerpt(&error.to_string())),
        )
    }

    pub(super) fn unknown_shape() -> Self {
        Self::new(
            NotificationErrorKind::UnknownShape,
            "is in no known format (S3, SNS or EventBridge)",
        )
    }

    pub(super) fn ambiguous() -> Self {
        Self::new(NotificationErrorKind::UnknownShape, "is in more than one format at once")
    }

    pub(super) fn malformed(error: &str) -> Self {
        Self::new(
            NotificationErrorKind::Malformed,
            format!("has a field that cannot be read ({})", excerpt(error)),
        )
    }

    pub(super) fn missing(field: &str) -> Self {
        Self::new(NotificationErrorKind::Malformed, format!("has no {field}"))
    }

    pub(super) fn version(field: &str, found: &str, known: &str) -> Self {
        Self::new(
            NotificationErrorKind::UnsupportedVersion,
            format!("has {field} \"{}\" where {known} is known", excerpt(found)),
        )
    }

    pub(super) fn foreign(field: &str, found: &str, known: &str) -> Self {
        Self::new(
            NotificationErrorKind::ForeignSource,
            format!("has {field} \"{}\" where \"{known}\" is known", excerpt(found)),
        )
    }

    pub(super) fn unknown_event(field: &str, found: &str) -> Self {
        Self::new(
            NotificationErrorKind::UnknownEvent,
            format!("has {field} \"{}\", which is no known event of S3", excerpt(found)),
        )
    }

    pub(super) fn own_format(error: &str) -> Self {
        Self::new(
            NotificationErrorKind::OwnFormat,
            format!("is refused by the notification_parser ({})", excerpt(error)),
        )
    }

    pub(super) fn key(encoded: &str, problem: &str) -> Self {
        Self::new(
            NotificationErrorKind::BadKey,
            format!("has the key \"{}\", which {problem}", excerpt(encoded)),
        )
    }

    pub(super) fn too_many(most: usize) -> Self {
        Self::new(NotificationErrorKind::TooMany, format!("announces more than {most} objects"))
    }

    pub(super) fn no_bucket(found: &str) -> Self {
        let problem =
            format!("names the bucket \"{}\", which no bucket can be called", excerpt(found));
        Self::new(NotificationErrorKind::BadBucket, problem)
    }

    pub(super) fn bucket(found: &str) -> Self {
        Self::new(
            NotificationErrorKind::ForeignBucket,
            format!("names the bucket \"{}\", which is not one of allowed_buckets", excerpt(found)),
        )
    }

    pub(crate) fn unmatched(bucket: &str, key: &str) -> Self {
        Self::new(
            NotificationErrorKind::Unmatched,
            format!(
                "announces the object s3://{}/{}, which no route matches",
                bucket.escape_debug(),
                key.escape_debug()
            ),
        )
    }

    pub(crate) fn replay(bucket: &str, key: &str, why: &str) -> Self {
        let object = format!("s3://{}/{}", bucket.escape_debug(), key.escape_debug());
        Self::new(
            NotificationErrorKind::Replay,
            format!("asks for records of {object} once more, but {why}"),
        )
    }

    pub(super) fn nested() -> Self {
        Self::new(NotificationErrorKind::NestedEnvelope, "is an SNS envelope itself")
    }

    pub(super) fn confirmation(kind: &str) -> Self {
        Self::new(NotificationErrorKind::Confirmation, format!("is a {}", excerpt(kind)))
    }

    /// The same error, in a part of the body.
    pub(super) fn at(mut self, place: fmt::Arguments<'_>) -> Self {
        self.place = place.to_string();
        self
    }

    /// The same error, in the message that an SNS envelope carries.
    pub(super) fn inside_sns(mut self) -> Self {
        self.in_sns = true;
        self
    }

    fn way_out(&self) -> &'static str {
        match self.kind {
            NotificationErrorKind::NotJson | NotificationErrorKind::UnknownShape => {
                "send only S3 event notifications to this queue, or bring a notification_parser"
            }
            NotificationErrorKind::Malformed | NotificationErrorKind::BadKey => {
                "correct whatever wrote or changed the notification on its way"
            }
            NotificationErrorKind::UnsupportedVersion => {
                "use a release of this library that knows this version"
            }
            NotificationErrorKind::ForeignSource => {
                "send only notifications of created objects from S3 to this queue, or name the \
                 source in event_sources"
            }
            NotificationErrorKind::UnknownEvent => {
                "do not send such events to this queue, or use a release of this library that \
                 knows them"
            }
            NotificationErrorKind::OwnFormat => "see what its error says",
            NotificationErrorKind::BadBucket => {
                "find out who sent it: S3 announces buckets by their names"
            }
            NotificationErrorKind::TooMany => {
                "find out who sent it, or have it send several messages"
            }
            NotificationErrorKind::ForeignBucket => {
                "find out who sent it, or add the bucket to allowed_buckets"
            }
            NotificationErrorKind::Unmatched => {
                "add a route that takes or skips it, or set unmatched to skip what no route matches"
            }
            NotificationErrorKind::Replay => {
                "process the object as when they were put aside, or delete the message"
            }
            NotificationErrorKind::NestedEnvelope => {
                "subscribe the queue to the topic that S3 notifies"
            }
            NotificationErrorKind::Confirmation => {
                "confirm the subscription or subscribe the queue with the SQS protocol"
            }
        }
    }
}

impl fmt::Display for NotificationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            write!(f, "{} in ", self.place)?;
        }
        f.write_str("the message body ")?;
        if self.in_sns {
            f.write_str("(inside its SNS envelope) ")?;
        }
        write!(f, "{}; the message is kept: {}", self.problem, self.way_out())
    }
}

impl Error for NotificationError {}

/// The beginning of `text`, fit for a log line.
fn excerpt(text: &str) -> String {
    let mut shown = String::new();
    for (count, c) in text.chars().flat_map(char::escape_debug).enumerate() {
        if count == EXCERPT {
            shown.push_str("..");
            break;
        }
        shown.push(c);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excerpts_are_short_and_stay_on_one_line() {
        assert_eq!(excerpt("a\nb\u{1b}"), "a\\nb\\u{1b}");
        assert_eq!(excerpt(&"é".repeat(1000)).chars().count(), EXCERPT + 2);
        assert_eq!(excerpt(&"x".repeat(EXCERPT)), "x".repeat(EXCERPT));
    }
}
