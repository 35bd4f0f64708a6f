use std::{
    io::Write as _,
    os::unix::process::CommandExt as _,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex},
};

/// Reads process ids, `+` to watch one and `-` to forget it, and ends what it watches when there is
/// nobody left to write.
const SCRIPT: &str = r#"
    watched=" "
    while read -r sign id; do
        case $sign in
            +) watched="$watched$id " ;;
            -) case $watched in *" $id "*) watched="${watched%% $id *} ${watched#* $id }" ;; esac ;;
        esac
    done
    [ "$watched" = " " ] || kill -KILL $watched
"#;

/// Ends the consumers, stopped ones too, when this process is gone, however it went.
#[derive(Clone)]
pub(crate) struct Warden(Arc<Mutex<Shell>>);

struct Shell {
    child: Child,
    pipe: Option<ChildStdin>,
}

impl Warden {
    pub(crate) fn start() -> Self {
        let mut command = Command::new("sh");
        // Its own group: Ctrl-C in a terminal is not for it.
        command.args(["-c", SCRIPT]).process_group(0).stdin(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let pipe = child.stdin.take();
        Self(Arc::new(Mutex::new(Shell { child, pipe })))
    }

    pub(crate) fn watch(&self, id: u32) {
        self.tell('+', id);
    }

    pub(crate) fn forget(&self, id: u32) {
        self.tell('-', id);
    }

    fn tell(&self, sign: char, id: u32) {
        if let Some(pipe) = &mut self.0.lock().unwrap().pipe {
            writeln!(pipe, "{sign} {id}").unwrap();
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        drop(self.pipe.take());
        self.child.wait().ok();
    }
}

#[test]
fn what_is_forgotten_lives_and_what_is_watched_ends_with_the_warden() {
    let start = || Command::new("sleep").arg("600").spawn().unwrap();
    let mut children = [start(), start(), start()];
    let ids: Vec<u32> = children.iter().map(Child::id).collect();
    let warden = Warden::start();
    ids.iter().for_each(|&id| warden.watch(id));
    warden.forget(ids[1]);
    // A second time, which changes nothing.
    warden.forget(ids[1]);
    drop(warden);
    assert!(!children[0].wait().unwrap().success());
    assert!(!children[2].wait().unwrap().success());
    assert!(children[1].try_wait().unwrap().is_none());
    children[1].kill().unwrap();
    children[1].wait().unwrap();
}
