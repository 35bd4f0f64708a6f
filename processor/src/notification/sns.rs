//! The SNS envelope.

use std::borrow::Cow;

use serde::Deserialize;

use super::error::NotificationError;
use super::json;

#[derive(Deserialize)]
struct Notification {
    #[serde(rename = "Message")]
    message: Option<String>,
}

#[derive(Deserialize)]
struct Handshake {
    #[serde(rename = "Type")]
    kind: String,
}

/// Takes the published message out of its envelope.
pub(super) fn open(body: &str) -> Result<Cow<'_, str>, NotificationError> {
    let notification: Notification = json::object(body)?;
    let message = notification.message.ok_or_else(|| NotificationError::missing("Message"))?;
    Ok(message.into())
}

/// What to say of a request to confirm; its token and its URLs grant access and are not repeated.
pub(super) fn handshake(body: &str) -> NotificationError {
    match json::object::<Handshake>(body) {
        Ok(handshake) => NotificationError::confirmation(&handshake.kind),
        Err(error) => error,
    }
}
