//! The demo, from outside.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should end")]

use std::process::Command;

#[test]
fn the_demo_comes_to_its_end() {
    let output = Command::new(env!("CARGO_BIN_EXE_pipeline"))
        .args(["demo", "--files", "6", "--records", "20"])
        .env_remove("RUST_LOG")
        .output()
        .unwrap();
    let (stdout, stderr) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{stdout}{stderr}");
    assert_eq!(
        stdout.lines().last(),
        Some("every record processed, every message deleted"),
        "{stdout}"
    );
    assert!(!stdout.contains('\x1b'), "no control characters where there is no terminal: {stdout}");
    assert_eq!(stderr, "");
    for told in ["its consumer is killed", "alerts fails record 60", "record 60 came again"] {
        assert_eq!(stdout.matches(told).count(), 1, "{told}: {stdout}");
    }
}
