//! Ending with Cargo.

use std::os::unix::process::parent_id;
use std::sync::Once;
use std::time::Duration;

const PAUSE: Duration = Duration::from_millis(300);

/// Ends this process soon after the `cargo` that started it has ended, and with it what it supervises. Ctrl-C reaches
/// both; a signal sent to `cargo` alone would leave its test program at work for minutes, with nobody to read the outcome.
pub(super) fn end_with_cargo() {
    static WATCH: Once = Once::new();
    WATCH.call_once(|| {
        if std::env::var_os("CARGO").is_none() {
            return;
        }
        let parent = parent_id();
        let watch = move || {
            // Nothing announces the end of a parent.
            while parent_id() == parent {
                std::thread::sleep(PAUSE);
            }
            super::notice("cargo has ended, so this ends too");
            std::process::exit(1);
        };
        // Without the thread it is as it would be without this module.
        let _ = std::thread::Builder::new().name("local-aws-parent".into()).spawn(watch);
    });
}
