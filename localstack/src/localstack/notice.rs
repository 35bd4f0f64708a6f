//! Words for whoever waits.

use std::io::Write;

/// Says on stderr why it takes long.
///
/// Written, not printed: the test harness keeps what a test prints until the test has ended, which is too late. That
/// stderr is closed is no reason to fail.
pub(crate) fn notice(text: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr(), "local-aws: {text}");
}
