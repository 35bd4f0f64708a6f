use super::*;
use crate::server::testing::{group_lives, real_python, shell, until};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Two processes beside the shell; its process id, which is the group's, is printed once they run.
const FAMILY: &str = "sleep 600 & sleep 600 & echo group $$; wait";
const CHILD: &str = "LOCAL_AWS_TEST_CHILD_REPORT";

fn group(supervised: &Supervised) -> String {
    let mut found = None;
    until("the group to run", || {
        found = supervised.output().trim().strip_prefix("group ").map(str::to_owned);
        found.is_some()
    });
    found.unwrap()
}

#[tokio::test]
async fn closing_the_pipe_ends_the_whole_group_and_removes_its_folder() {
    let folder = TempDir::new().unwrap();
    let order = shell(FAMILY);
    let supervised = Supervised::start(&real_python().await, folder.path(), &order).unwrap();
    let group = group(&supervised);
    assert!(group_lives(&group) && order.state.is_dir());
    supervised.end().await;
    assert!(!group_lives(&group), "processes are left");
    assert!(!order.state.exists(), "the folder is left");
}

#[tokio::test]
async fn what_ignores_sigterm_is_killed() {
    let folder = TempDir::new().unwrap();
    let mut order = shell(&format!("trap '' TERM; {FAMILY}"));
    order.grace = 0.3;
    let supervised = Supervised::start(&real_python().await, folder.path(), &order).unwrap();
    let group = group(&supervised);
    let begun = Instant::now();
    supervised.end().await;
    assert!(!group_lives(&group));
    assert!(
        begun.elapsed() >= Duration::from_millis(300),
        "SIGKILL came before the grace was over"
    );
}

#[tokio::test]
async fn killing_the_parent_ends_the_group() {
    let folder = TempDir::new().unwrap();
    let report = folder.path().join("report");
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "server::supervisor::tests::parent_that_is_killed",
            "--ignored",
            "--nocapture",
        ])
        .env(CHILD, &report)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    until("the parent to report", || report.is_file());
    let text = std::fs::read_to_string(&report).unwrap();
    let (group, state) = text.split_once(' ').unwrap();
    assert!(group_lives(group) && Path::new(state).is_dir());
    // SIGKILL: nothing in the parent gets to run.
    parent.kill().unwrap();
    parent.wait().unwrap();
    until("the group to end", || !group_lives(group));
    until("the folder to go", || !Path::new(state).exists());
}

/// The other side of `killing_the_parent_ends_the_group`; does nothing when run by hand.
#[tokio::test]
#[ignore = "run by another test"]
async fn parent_that_is_killed() {
    let Some(report) = std::env::var_os(CHILD).map(PathBuf::from) else { return };
    let order = shell(FAMILY);
    let supervised =
        Supervised::start(&real_python().await, report.parent().unwrap(), &order).unwrap();
    // Another child, started while the pipe is open, must not keep it open: it outlives this
    // process.
    let mut other = Command::new("sleep").arg("5").spawn().unwrap();
    let aside = report.with_extension("tmp");
    std::fs::write(&aside, format!("{} {}", group(&supervised), order.state.display())).unwrap();
    std::fs::rename(aside, report).unwrap();
    other.wait().unwrap();
    std::thread::sleep(Duration::from_secs(60));
    supervised.end().await;
}

#[tokio::test]
async fn an_exit_is_told_and_its_output_kept_until_the_end() {
    let folder = TempDir::new().unwrap();
    let order = shell("echo one; echo two >&2; exit 3");
    let mut supervised = Supervised::start(&real_python().await, folder.path(), &order).unwrap();
    assert_eq!(supervised.exited().await, Exit::Status(3));
    assert_eq!(tail(&supervised.output(), 1), "\n    two");
    assert_eq!(tail(&supervised.output(), 9), "\n    one\n    two");
    supervised.end().await;
    assert!(!order.state.exists());
}

#[tokio::test]
async fn commands_at_the_end_run_after_the_group_is_gone() {
    let folder = TempDir::new().unwrap();
    let trace = folder.path().join("trace");
    let mut order = shell(&format!(
        "trap 'echo ended >> {0}; exit' TERM; echo group $$; sleep 600 & wait",
        trace.display()
    ));
    order.at_end = vec![
        ["/bin/sh", "-c", &format!("echo cleaned >> {}", trace.display())]
            .map(str::to_owned)
            .into(),
    ];
    let supervised = Supervised::start(&real_python().await, folder.path(), &order).unwrap();
    group(&supervised);
    supervised.end().await;
    assert_eq!(std::fs::read_to_string(trace).unwrap(), "ended\ncleaned\n");
}

#[tokio::test]
async fn a_command_that_cannot_start_says_why() {
    let folder = TempDir::new().unwrap();
    let mut order = shell("");
    order.command = vec!["/no/such/program".into()];
    let mut supervised = Supervised::start(&real_python().await, folder.path(), &order).unwrap();
    let exit = supervised.exited().await;
    assert!(matches!(&exit, Exit::Failed(why) if why.contains("/no/such/program")), "{exit:?}");
    supervised.end().await;
    assert!(!order.state.exists());
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_said_in_one_line() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let order = Order::new(vec!["true".into()], inherited(), file.join("state"));
    let mut supervised = Supervised::start(&real_python().await, folder.path(), &order).unwrap();
    let Exit::Failed(why) = supervised.exited().await else { panic!("it ran") };
    assert!(
        why.starts_with("no folder to run in: ")
            && why.ends_with("(TMPDIR can name another place)"),
        "{why}"
    );
    supervised.end().await;
}

/// `cargo` alone is killed; its test program, which is this one's child here, ends with what it
/// started.
#[tokio::test]
async fn killing_cargo_ends_its_test_program() {
    let folder = TempDir::new().unwrap();
    let report = folder.path().join("report");
    let program = std::env::current_exe().unwrap();
    // The shell stays, as it has something left to do.
    let mut cargo = Command::new("/bin/sh")
        .args([
            "-c",
            r#""$0" --exact server::supervisor::tests::parent_that_is_killed --ignored; true"#,
        ])
        .arg(program)
        .env(CHILD, &report)
        .env("CARGO", "cargo")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    until("the program to report", || report.is_file());
    let text = std::fs::read_to_string(&report).unwrap();
    let (group, state) = text.split_once(' ').unwrap();
    assert!(group_lives(group));
    cargo.kill().unwrap();
    cargo.wait().unwrap();
    until("the group to end", || !group_lives(group));
    until("the folder to go", || !Path::new(state).exists());
}
