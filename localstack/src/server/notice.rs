//! Words for whoever waits.

/// Says on stderr why it takes long.
///
/// Written, not printed: the harness of a test binary that uses this package keeps what a test
/// prints until the test has ended, which is too late. That stderr is closed is no reason to fail.
#[cfg(not(test))]
pub(crate) fn notice(text: impl std::fmt::Display) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "local-aws: {text}");
}

/// Printed, so that the pretended installations of this package's own tests are not seen.
#[cfg(test)]
#[expect(clippy::print_stderr, reason = "the harness captures it")]
pub(crate) fn notice(text: impl std::fmt::Display) {
    eprintln!("local-aws: {text}");
}
