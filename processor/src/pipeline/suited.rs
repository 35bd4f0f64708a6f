use crate::{
    config::Spool,
    error::{RunError, RunErrorKind},
    port::Disk,
};
use std::{io::ErrorKind, panic::catch_unwind, time::Duration};
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

/// Whether files can be made where objects are to be downloaded to. A full disk is no obstacle: it
/// is waited for.
///
/// # Errors
/// [`RunErrorKind::Setting`], with the directory.
pub(super) async fn writable<'a>(
    disk: &dyn Disk,
    spools: impl Iterator<Item = &'a Spool>,
) -> Result<(), RunError> {
    use ErrorKind::{NotADirectory, NotFound, PermissionDenied, ReadOnlyFilesystem};
    for spool in spools {
        let error = disk.create(spool.dir(), 0).await.err();
        if let Some(error) = error.filter(|error| {
            matches!(error.kind(), NotFound | NotADirectory | PermissionDenied | ReadOnlyFilesystem)
        }) {
            let text = format!(
                "no file can be made in the spool {}: create the directory, or let this process \
                 write there ({error})",
                spool.dir().display()
            );
            return Err(RunError::new(RunErrorKind::Setting, text, Some(Box::new(error))));
        }
    }
    Ok(())
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
    use crate::port::TemporaryFiles;
    use tokio::runtime::Builder;

    #[tokio::test]
    async fn a_spool_that_is_no_directory_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let tried = |spool| async move { writable(&TemporaryFiles, [&spool].into_iter()).await };
        assert!(tried(Spool::new(dir.path())).await.is_ok());
        let refused = tried(Spool::new(dir.path().join("no"))).await.unwrap_err();
        assert!(refused.kind() == RunErrorKind::Setting && refused.to_string().contains("/no:"));
    }

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
