//! The one place where errors of the SDK become ours.

use crate::{
    port::{PortError, PortErrorKind},
    tracking::Answer,
};
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

/// Maps an error of any operation. `what` names the request, in words for people.
pub(super) fn map<E>(what: &str, error: SdkError<E, HttpResponse>) -> PortError
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    let code = error.code().map(str::to_owned);
    let status = error.raw_response().map(|response| response.status().as_u16());
    let kind = match &error {
        SdkError::ServiceError(_) | SdkError::ResponseError(_) => kind(code.as_deref(), status),
        _ if is_about_credentials(&error) => PortErrorKind::Credentials,
        SdkError::ConstructionFailure(_) => PortErrorKind::Fatal,
        _ => PortErrorKind::Transient,
    };
    let message = match (&code, error.message()) {
        (Some(code), Some(message)) => format!("{what}: {code}: {message}"),
        (Some(code), None) => format!("{what}: {code}"),
        (None, _) => format!("{what}: {}", first_causes(&error)),
    };
    PortError { kind, message, source: Some(Box::new(error)) }
}

/// The table: what a service's error code, or else its status, means here.
fn kind(code: Option<&str>, status: Option<u16>) -> PortErrorKind {
    match code {
        Some(
            "NoSuchKey"
            | "NoSuchVersion"
            | "NoSuchBucket"
            | "NotFound"
            | "QueueDoesNotExist"
            | "AWS.SimpleQueueService.NonExistentQueue"
            | "NonExistentQueue",
        ) => PortErrorKind::Gone,
        Some("PreconditionFailed") => PortErrorKind::Changed,
        Some(
            "AccessDenied"
            | "AccessDeniedException"
            | "AllAccessDisabled"
            | "KmsAccessDenied"
            | "KMS.AccessDeniedException"
            | "InvalidSecurity"
            // The key is disabled, is to be deleted, or cannot be found: it takes somebody to
            // change that.
            | "KMS.DisabledException"
            | "KMS.KMSInvalidStateException"
            | "KMS.NotFoundException",
        ) => PortErrorKind::Denied,
        // Archived: a 403 by which nothing is forbidden.
        Some("InvalidObjectState") => PortErrorKind::Fatal,
        Some(
            "ExpiredToken"
            | "ExpiredTokenException"
            | "InvalidAccessKeyId"
            | "InvalidClientTokenId"
            | "InvalidToken"
            | "SignatureDoesNotMatch"
            | "TokenRefreshRequired"
            | "UnrecognizedClientException"
            | "MissingAuthenticationToken"
            | "IncompleteSignature",
        ) => PortErrorKind::Credentials,
        Some(
            "SlowDown"
            | "Throttling"
            | "ThrottlingException"
            | "RequestThrottled"
            | "RequestLimitExceeded"
            | "TooManyRequestsException"
            | "KmsThrottled"
            | "KMS.ThrottlingException"
            | "KMS.LimitExceededException"
            | "OverLimit"
            | "ServiceUnavailable",
        ) => PortErrorKind::Throttled,
        Some(
            "InternalError"
            | "InternalFailure"
            | "RequestTimeout"
            | "RequestTimeTooSkewed"
            | "KMS.DependencyTimeoutException"
            | "KMS.KMSInternalException",
        ) => PortErrorKind::Transient,
        _ => match status {
            Some(401 | 403) => PortErrorKind::Denied,
            Some(412) => PortErrorKind::Changed,
            Some(429 | 503) => PortErrorKind::Throttled,
            // A redirect leads to another region: the same again would be answered the same.
            Some(300..=499) => PortErrorKind::Fatal,
            _ => PortErrorKind::Transient,
        },
    }
}

/// The SDK has no error kind for this: whatever provides credentials, its failure is somewhere in
/// the chain of causes, by its type.
fn is_about_credentials(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source())
        .any(|error| error.is::<CredentialsError>())
}

/// The innermost causes say what happened; the outer ones only that it did.
fn first_causes(error: &dyn std::error::Error) -> String {
    let mut causes = vec![one_line(&error.to_string())];
    let mut source = error.source();
    while let Some(cause) = source {
        let text = one_line(&cause.to_string());
        if causes.last() != Some(&text) {
            causes.push(text);
        }
        source = cause.source();
    }
    causes.join(": ")
}

/// Some causes list what was tried, a line each.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a failed entry of a batch means: `None` where the service reported nothing about it.
pub(super) fn entry_answer(code: &str) -> Answer {
    let name = code.rsplit('.').next().unwrap_or(code);
    // LocalStack gives some of them the name of the exception.
    match name.strip_suffix("Exception").unwrap_or(name) {
        // Two codes exist for a stale receipt handle, and one for a message that is visible again.
        "ReceiptHandleIsInvalid"
        | "InvalidParameterValue"
        | "MessageNotInflight"
        | "InvalidIdFormat" => Answer::Lost,
        _ => Answer::Refused,
    }
}

/// Whether a batch request that failed as a whole certainly had no effect.
pub(super) fn had_no_effect<E>(error: &SdkError<E, HttpResponse>) -> bool {
    match error {
        SdkError::ConstructionFailure(_) => true,
        SdkError::ServiceError(answer) => answer.raw().status().as_u16() < 500,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_statuses_have_one_meaning() {
        let table = [
            (Some("NoSuchKey"), Some(404), PortErrorKind::Gone),
            // A proxy may answer so: no proof that a queue is gone, which would end the pipeline.
            (None, Some(404), PortErrorKind::Fatal),
            (Some("AWS.SimpleQueueService.NonExistentQueue"), Some(400), PortErrorKind::Gone),
            (Some("AccessDenied"), Some(403), PortErrorKind::Denied),
            (Some("InvalidObjectState"), Some(403), PortErrorKind::Fatal),
            (Some("PermanentRedirect"), Some(301), PortErrorKind::Fatal),
            (Some("KMS.DisabledException"), Some(400), PortErrorKind::Denied),
            (Some("ExpiredToken"), Some(400), PortErrorKind::Credentials),
            (Some("SlowDown"), Some(503), PortErrorKind::Throttled),
            (Some("InternalError"), Some(500), PortErrorKind::Transient),
            (Some("SomethingNew"), Some(400), PortErrorKind::Fatal),
            (None, Some(412), PortErrorKind::Changed),
            (None, Some(502), PortErrorKind::Transient),
            (None, None, PortErrorKind::Transient),
        ];
        for (code, status, expected) in table {
            assert_eq!(kind(code, status), expected, "{code:?} {status:?}");
        }
    }

    #[test]
    fn trap_35_every_code_of_a_stale_receipt_means_the_lease_is_lost() {
        for code in [
            "ReceiptHandleIsInvalid",
            "InvalidParameterValue",
            "MessageNotInflight",
            "AWS.SimpleQueueService.MessageNotInflight",
            "InvalidParameterValueException",
        ] {
            assert_eq!(entry_answer(code), Answer::Lost, "{code}");
        }
        assert_eq!(entry_answer("InternalError"), Answer::Refused);
    }
}
