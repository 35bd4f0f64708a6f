//! What the library logs, kept so that tests can look for it.

use std::io;
use std::sync::{LazyLock, Mutex, PoisonError};
use tracing_subscriber::EnvFilter;

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Keeps what the library logs from here on; the pipelines' threads have no test of their own.
pub(super) fn install() {
    static INSTALLED: LazyLock<()> = LazyLock::new(|| {
        let filter = EnvFilter::new("s3_sqs_processor=info");
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_ansi(false)
            .with_writer(|| Keep)
            .init();
    });
    LazyLock::force(&INSTALLED);
}

/// The lines so far that contain all of these texts. Names are unique, so a test finds its own.
pub(crate) fn logged(texts: &[&str]) -> Vec<String> {
    let lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    lines.iter().filter(|line| texts.iter().all(|text| line.contains(text))).cloned().collect()
}

struct Keep;

/// The subscriber writes whole lines.
impl io::Write for Keep {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line).trim_end().to_owned();
        LINES.lock().unwrap_or_else(PoisonError::into_inner).push(text);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
