//! Ending with Cargo.

use std::os::unix::process::parent_id;
use std::sync::Once;
use std::time::Duration;

const PAUSE: Duration = Duration::from_millis(300);

/// Ends this process soon after the `cargo` that started it has ended, and with it what it
/// supervises. Ctrl-C reaches both; a signal sent to `cargo` alone would leave its test program at
/// work for minutes, with nobody to read the outcome.
pub(super) fn end_with_cargo() {
    static WATCH: Once = Once::new();
    WATCH.call_once(|| {
        if std::env::var_os("CARGO").is_none() {
            return;
        }
        let parent = parent_id();
        let end = || -> ! {
            super::notice("cargo has ended, so this ends too");
            std::process::exit(1)
        };
        if is_init(parent, std::fs::read_to_string("/proc/1/comm").ok().as_deref()) {
            end();
        }
        let watch = move || {
            // Nothing announces the end of a parent.
            while parent_id() == parent {
                std::thread::sleep(PAUSE);
            }
            end();
        };
        // Without the thread it is as it would be without this module.
        let _ = std::thread::Builder::new().name("local-aws-parent".into()).spawn(watch);
    });
}

/// Whether the parent is what takes over from parents that have ended. In a container process 1 may
/// be `cargo` itself.
fn is_init(parent: u32, name_of_first: Option<&str>) -> bool {
    parent == 1 && !name_of_first.is_some_and(|name| name.starts_with("cargo"))
}

#[cfg(test)]
mod tests {
    use super::is_init;

    #[test]
    fn who_is_left_to_init_has_no_cargo_any_more() {
        assert!(is_init(1, Some("systemd\n")) && is_init(1, None));
        assert!(!is_init(1, Some("cargo\n")) && !is_init(1, Some("cargo-nextest\n")));
        assert!(!is_init(4711, Some("systemd\n")));
    }
}
