//! What the tests of this module share.

use super::python;
use super::supervisor::{Order, state_folder};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A real Python for supervisors.
pub(crate) async fn real_python() -> PathBuf {
    let path = std::env::var_os("PATH");
    python::find_any(path.as_deref()).await.expect("these tests need Python 3").program
}

/// Writes an executable script. Another process writes it: a child that is forked meanwhile in
/// another test would hold the file open for writing, and it could not be run.
pub(crate) fn script(path: &Path, text: &str) {
    let written = Command::new("/bin/sh")
        .args(["-c", r#"printf '%s' "$1" > "$2" && chmod +x "$2""#, "sh", text])
        .arg(path)
        .status()
        .unwrap();
    assert!(written.success());
}

/// An order for a shell script.
pub(crate) fn shell(text: &str) -> Order {
    let command = ["/bin/sh", "-c", text].map(str::to_owned).into();
    Order::new(command, super::supervisor::inherited(), state_folder())
}

/// Whether a process of this group is left.
pub(crate) fn group_lives(group: &str) -> bool {
    let group = format!("-{}", group.trim());
    let mut kill = Command::new("/bin/kill");
    kill.args(["-0", "--", &group]).stdout(Stdio::null()).stderr(Stdio::null());
    kill.status().unwrap().success()
}

/// Waits for what nobody can be asked to announce; fails after 20 s.
pub(crate) fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < end, "waited in vain for: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
