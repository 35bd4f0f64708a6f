use crate::{config::Retry, error::ProcessError, runtime::Env};
use std::time::Duration;

/// How long to wait before the next try in place, if there shall be one.
pub(super) fn try_again(
    retry: &Retry,
    env: &Env,
    attempt: u32,
    error: Option<&ProcessError>,
) -> Option<Duration> {
    if error.is_some_and(ProcessError::is_reject) {
        return None;
    }
    let wait = env.jittered(retry.delay(attempt)?);
    Some(error.and_then(ProcessError::delay).map_or(wait, |asked| asked.max(wait)))
}
