use crate::error::{RunError, RunErrorKind};
use std::{panic::catch_unwind, time::Duration};
use tokio::runtime::Handle;

/// Whether this thread's runtime has what a pipeline needs of it. Without a timer processors would
/// fail one by one, and without I/O reading would: messages would circle towards the dead-letter
/// queue.
///
/// # Errors
/// [`RunErrorKind::Runtime`], with what is missing.
pub(super) fn suited() -> Result<(), RunError> {
    let refuse = |text: &str| Err(RunError::new(RunErrorKind::Runtime, text, None));
    // Tokio tells by a panic only, whose text goes to stderr as well.
    if Handle::try_current().is_err() {
        refuse("a pipeline runs on a Tokio runtime: call `run` within one (`#[tokio::main]`)")
    } else if catch_unwind(|| drop(tokio::time::sleep(Duration::ZERO))).is_err() {
        refuse("the Tokio runtime has no timer: build it with `enable_all()`")
    } else if catch_unwind(has_io).is_err() {
        refuse("the Tokio runtime has no I/O: build it with `enable_all()`")
    } else {
        Ok(())
    }
}

#[cfg(unix)]
fn has_io() {
    let _ = tokio::net::UnixDatagram::unbound();
}

#[cfg(not(unix))]
fn has_io() {}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::runtime::Builder;

    #[test]
    fn a_runtime_that_lacks_something_is_refused_by_name() {
        let current = Builder::new_current_thread;
        let said = |runtime: &mut Builder| {
            let outcome = runtime.build().unwrap().block_on(async { suited() });
            outcome.map_or_else(|error| error.to_string(), |()| String::new())
        };
        assert!(suited().unwrap_err().to_string().contains("#[tokio::main]"));
        assert!(said(current().enable_io()).contains("no timer"));
        assert!(said(current().enable_time()).contains("no I/O"));
        assert_eq!(said(current().enable_all()), "");
        assert_eq!(said(Builder::new_multi_thread().enable_all()), "");
    }
}
