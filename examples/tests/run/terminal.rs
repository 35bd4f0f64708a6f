//! What is shown on a terminal while a command is at work.

use super::world::World;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::{
    fs::{File, OpenOptions},
    io::Read as _,
    os::{fd::OwnedFd, unix::ffi::OsStrExt as _},
    process::Command,
    thread,
};

/// A command whose stderr is a terminal, and where it can be read.
fn on_a_terminal(world: &World, line: &str) -> (Command, OwnedFd) {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap();
    let other_end = std::ffi::OsStr::from_bytes(name.to_bytes());
    let other_end = OpenOptions::new().read(true).write(true).open(other_end).unwrap();
    let mut command = world.pipeline(line);
    command.env("TERM", "xterm").stderr(other_end);
    (command, terminal)
}

/// Runs it, and gives all that came to the terminal.
async fn told(world: &World, line: &str) -> (i32, String) {
    let (mut command, terminal) = on_a_terminal(world, line);
    let mut child = command.spawn().unwrap();
    // It holds the other end, which is to be closed when the child ends.
    drop(command);
    let read = thread::spawn(move || {
        let (mut text, mut terminal) = (Vec::new(), File::from(terminal));
        // When the other end is closed, reading ends with an error.
        terminal.read_to_end(&mut text).ok();
        String::from_utf8_lossy(&text).into_owned()
    });
    let ended = tokio::task::spawn_blocking(move || {
        let code = child.wait().unwrap().code().unwrap();
        (code, read.join().unwrap())
    });
    ended.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_shows_how_far_it_is() {
    let world = World::new().await;
    let url = world.queue_url().await;
    let produce = "produce --bucket orders --prefix data/ --files 40 --records 25";
    let (code, shown) = told(&world, produce).await;
    assert!(code == 0 && shown.contains("of 40 files"), "{shown}");
    let run = format!("run --queue-url {url} --sink jsonl:out --until-empty");
    let (code, shown) = told(&world, &run).await;
    assert_eq!(code, 0, "{shown}");
    for text in [" records a second, ", " messages held, ", "in the queue ", "of 41 messages"] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    // What is redrawn is erased first, and what stays comes below it at the end.
    let last_erased = shown.rfind("\x1b[2K").expect(&shown);
    let summary = shown.find("41 messages deleted, 0 handed back").expect(&shown);
    assert!(last_erased < summary, "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn trap_78_nobody_reads_the_terminal() {
    let world = World::new().await;
    let url = world.queue_url().await;
    world.json("produce --bucket orders --files 40 --records 25").await;
    let (mut command, terminal) =
        on_a_terminal(&world, &format!("run --queue-url {url} --sink jsonl:out"));
    let child = command.env("RUST_LOG", "debug").spawn().unwrap();
    // All is done although the terminal takes nothing more, and the process ends.
    let output = world.finish(&url, child).await;
    assert!(output.status.success(), "{output:?}");
    drop(terminal);
}
