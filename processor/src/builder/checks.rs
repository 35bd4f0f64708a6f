use crate::{
    config::{LONGEST_NAME, is_a_name},
    error::{BuildError, BuildErrorKind},
};
use std::{fmt::Debug, ops::RangeInclusive};

pub(super) fn check_queue_url(url: Option<&str>) -> Result<String, BuildError> {
    let refuse = |message: String| Err(BuildError::new(BuildErrorKind::Queue, message));
    let Some(url) = url else { return refuse("no queue: give its URL with `queue_url`".into()) };
    let url = url.trim();
    if !(url.starts_with("https://") || url.starts_with("http://")) {
        return refuse(format!(
            "queue_url is `{url}`, which is no URL: give what `aws sqs get-queue-url` shows \
             (https://sqs.REGION...), not a name or an ARN"
        ));
    }
    if url.ends_with(".fifo") {
        return refuse(format!(
            "queue_url is `{url}`: FIFO queues are not supported yet; give a standard queue"
        ));
    }
    Ok(url.to_owned())
}

pub(super) fn check_names(names: &[String]) -> Result<(), BuildError> {
    let refuse = |message: String| Err(BuildError::new(BuildErrorKind::Processor, message));
    if names.is_empty() {
        return refuse("no processor: add one with `processor`".into());
    }
    for (at, name) in names.iter().enumerate() {
        if !is_a_name(name) {
            return refuse(format!(
                "processor {}: a name is 1 to {LONGEST_NAME} printable characters",
                at + 1
            ));
        }
        if names[..at].contains(name) {
            return refuse(format!(
                "two processors are called `{name}`: a name is a processor's identity"
            ));
        }
    }
    Ok(())
}

/// `bounds`: the range, in words.
pub(super) fn within<T: PartialOrd + Debug>(
    name: &str,
    value: T,
    range: RangeInclusive<T>,
    bounds: &str,
) -> Result<(), BuildError> {
    if range.contains(&value) {
        return Ok(());
    }
    let text = format!("{name} is {value:?}; it must be {bounds}");
    Err(BuildError::new(BuildErrorKind::Setting, text))
}
