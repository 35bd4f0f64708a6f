use std::error::Error;
use std::fmt;

use aws_sdk_sqs::config::http::HttpResponse;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};

/// Provisioning ended early. The text names the thing concerned and what to do.
#[derive(Debug)]
pub struct ProvisionError {
    kind: ProvisionErrorKind,
    message: String,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

/// What kind of problem ended provisioning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProvisionErrorKind {
    /// A setting is out of its bounds; nothing was sent.
    Setting,
    /// Something exists already that cannot be used as it is.
    Conflict,
    /// A permission or valid credentials are missing.
    Denied,
    /// The service could not be reached, or asked to try later.
    Unavailable,
    /// The service refused, or answered something unexpected.
    Refused,
}

impl ProvisionError {
    /// What kind of problem it is.
    pub fn kind(&self) -> ProvisionErrorKind {
        self.kind
    }

    /// The error behind it, if there is one. Its text is part of this error's own, so it is no
    /// [`source`](Error::source): whoever prints the chain would print it twice.
    pub fn cause(&self) -> Option<&(dyn Error + Send + Sync + 'static)> {
        self.cause.as_deref()
    }

    pub(super) fn setting(message: impl Into<String>) -> Self {
        Self { kind: ProvisionErrorKind::Setting, message: message.into(), cause: None }
    }

    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self { kind: ProvisionErrorKind::Conflict, message: message.into(), cause: None }
    }

    pub(super) fn unexpected(message: impl Into<String>) -> Self {
        Self { kind: ProvisionErrorKind::Refused, message: message.into(), cause: None }
    }

    /// A failed request; `doing` says what was tried, on what: "create the queue `x`".
    pub(super) fn request<E>(doing: impl fmt::Display, error: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let status = error.raw_response().map(|response| response.status().as_u16());
        let kind = classify(error.code(), status);
        let cause = match (error.code(), error.message()) {
            (Some(code), Some(message)) => format!("{code}: {message}"),
            (Some(code), None) => code.to_owned(),
            (None, _) => match status {
                Some(status) => format!("HTTP status {status}"),
                None => chain(&error),
            },
        };
        let way_out = way_out(kind, error.code());
        Self {
            kind,
            message: format!("cannot {doing} ({cause}); {way_out}"),
            cause: Some(Box::new(error)),
        }
    }
}

/// An error with its causes, each once.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        let cause = error.to_string();
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
        next = error.source();
    }
    text
}

fn classify(code: Option<&str>, status: Option<u16>) -> ProvisionErrorKind {
    match (code, status) {
        (
            Some(
                "BucketAlreadyExists"
                | "OperationAborted"
                | "QueueNameExists"
                | "QueueAlreadyExists"
                | "PermanentRedirect"
                | "AWS.SimpleQueueService.QueueDeletedRecently"
                | "QueueDeletedRecently",
            ),
            _,
        )
        | (_, Some(301)) => ProvisionErrorKind::Conflict,
        (Some("Throttling" | "ThrottlingException" | "RequestThrottled" | "SlowDown"), _)
        | (_, None | Some(429 | 500..=599)) => ProvisionErrorKind::Unavailable,
        (
            Some(
                "AccessDenied"
                | "AccessDeniedException"
                | "AuthorizationError"
                | "InvalidClientTokenId"
                | "UnrecognizedClientException"
                | "SignatureDoesNotMatch"
                | "ExpiredToken"
                | "ExpiredTokenException",
            ),
            _,
        )
        | (_, Some(401 | 403)) => ProvisionErrorKind::Denied,
        _ => ProvisionErrorKind::Refused,
    }
}

fn way_out(kind: ProvisionErrorKind, code: Option<&str>) -> &'static str {
    match (kind, code) {
        (_, Some("BucketAlreadyExists")) => {
            "the name is another account's: choose another bucket name"
        }
        (_, Some("QueueDeletedRecently" | "AWS.SimpleQueueService.QueueDeletedRecently")) => {
            "SQS frees a name 60 seconds after the queue was deleted: run it again then"
        }
        (ProvisionErrorKind::Conflict, _) => {
            "it exists, in another region or as something else: use it there, or choose another \
             name"
        }
        (ProvisionErrorKind::Denied, _) => {
            "check the credentials, that the thing is this account's, and that their policy \
             allows this"
        }
        (ProvisionErrorKind::Unavailable, _) => {
            "check region, endpoint, network and credentials, then run it again: it goes on where \
             it ended"
        }
        (ProvisionErrorKind::Setting | ProvisionErrorKind::Refused, _) => {
            "change what it complains of, then run it again"
        }
    }
}

impl fmt::Display for ProvisionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for ProvisionError {}

#[cfg(test)]
mod tests {
    use super::*;
    use ProvisionErrorKind as Kind;

    #[test]
    fn codes_and_statuses() {
        for (code, status, kind) in [
            (Some("BucketAlreadyExists"), Some(409), Kind::Conflict),
            (Some("QueueNameExists"), Some(400), Kind::Conflict),
            (None, Some(301), Kind::Conflict),
            (Some("AccessDenied"), Some(403), Kind::Denied),
            (Some("AuthorizationError"), Some(403), Kind::Denied),
            (None, Some(403), Kind::Denied),
            (Some("ExpiredToken"), Some(400), Kind::Denied),
            (Some("Throttling"), Some(400), Kind::Unavailable),
            (Some("SlowDown"), Some(503), Kind::Unavailable),
            (None, Some(500), Kind::Unavailable),
            (None, None, Kind::Unavailable),
            (Some("InvalidParameter"), Some(400), Kind::Refused),
        ] {
            assert_eq!(classify(code, status), kind, "{code:?} {status:?}");
        }
    }
}
