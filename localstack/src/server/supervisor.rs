//! A command that cannot outlive this process.
//!
//! The command runs under `supervisor.py`, which holds the read end of a pipe. This process has the
//! only write end (std opens it close-on-exec, so no other child inherits it); when it is closed,
//! by a drop or because the process was killed, the supervisor ends the command's process group and
//! removes its folder.

use crate::error::BackendError;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

const SOURCE: &str = include_str!("../../supervisor.py");

/// What to run.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Order {
    pub(crate) command: Vec<String>,
    pub(crate) environment: BTreeMap<String, String>,
    /// A folder for this run alone, made and removed by the supervisor: the command's working
    /// folder.
    pub(crate) state: PathBuf,
    pub(crate) log: PathBuf,
    /// Seconds between SIGTERM and SIGKILL.
    pub(crate) grace: f64,
    pub(crate) at_end: Vec<Vec<String>>,
}

impl Order {
    /// Runs `command` in a new folder `state` (see [`state_folder`]).
    pub(crate) fn new(
        command: Vec<String>,
        environment: BTreeMap<String, String>,
        state: PathBuf,
    ) -> Self {
        let log = state.join("output.log");
        Self { command, environment, state, log, grace: 3.0, at_end: Vec::new() }
    }

    /// What this run is called and no other.
    pub(crate) fn name(&self) -> &str {
        name(&self.state)
    }
}

/// A name under the temporary folder that no other run has.
pub(crate) fn state_folder() -> PathBuf {
    std::env::temp_dir().join(format!("local-aws-{}", unique()))
}

/// The name of a [`state_folder`].
pub(crate) fn name(state: &Path) -> &str {
    state.file_name().and_then(std::ffi::OsStr::to_str).unwrap_or_default()
}

/// This process's own environment, without what would lead Python or pip astray.
pub(crate) fn inherited() -> BTreeMap<String, String> {
    const ASTRAY: [&str; 7] = [
        "PYTHONPATH",
        "PYTHONHOME",
        "PYTHONSTARTUP",
        "PIP_USER",
        "PIP_TARGET",
        "PIP_PREFIX",
        "VIRTUAL_ENV",
    ];
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| !ASTRAY.contains(&name.as_str()))
        .collect()
}

/// Differs between calls and between processes.
pub(crate) fn unique() -> String {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let call = CALLS.fetch_add(1, Ordering::Relaxed);
    let nanos =
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_nanos());
    format!("{}-{call}-{nanos:08x}", std::process::id())
}

/// How the command ended by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Its status; negative is the number of the signal that ended it.
    Status(i32),
    /// It could not be started, or its supervisor ended.
    Failed(String),
}

#[derive(Debug, Clone, Default)]
struct Seen {
    exit: Option<Exit>,
    /// The supervisor itself has ended: nothing is left.
    over: bool,
}

/// A running command. Dropping it ends the command without waiting.
#[derive(Debug)]
pub(crate) struct Supervised {
    pipe: Option<ChildStdin>,
    seen: watch::Receiver<Seen>,
    log: PathBuf,
}

impl Supervised {
    /// Starts `order` under a supervisor that runs on `python` (3.8 or newer) and lies in `folder`.
    pub(crate) fn start(python: &Path, folder: &Path, order: &Order) -> Result<Self, BackendError> {
        super::orphan::end_with_cargo();
        let script = script(folder).map_err(|error| BackendError::unwritable(folder, error))?;
        let mut command = Command::new(python);
        command.arg("-I").arg(script).arg(order.command.first().map_or("", String::as_str));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        // Its own group: Ctrl-C in a terminal ends this process, and the pipe then ends the rest in
        // order.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let cannot =
            |error| BackendError::io(format_args!("cannot run {}", python.display()), error);
        let mut child = command.spawn().map_err(cannot)?;

        let (tell, seen) = watch::channel(Seen::default());
        let mut pipe = child.stdin.take();
        let sent = pipe.as_mut().map_or(Ok(()), |pipe| send(pipe, order));
        std::thread::Builder::new()
            .name("local-aws-watch".into())
            .spawn(move || follow(child, &tell))
            .map_err(cannot)?;
        // A supervisor that died before it read its order shows as an exit as well, with more to
        // say.
        match sent {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(cannot(error)),
            _ => Ok(Self { pipe, seen, log: order.log.clone() }),
        }
    }

    /// Waits until the command has ended by itself.
    ///
    /// # Cancel safety
    ///
    /// Loses nothing when dropped.
    pub(crate) async fn exited(&mut self) -> Exit {
        let gone = || Exit::Failed("its supervisor ended".into());
        match self.seen.wait_for(|seen| seen.exit.is_some() || seen.over).await {
            Ok(seen) => seen.exit.clone().unwrap_or_else(gone),
            Err(_) => gone(),
        }
    }

    /// The same for one who does not have the command: `None` once there is nothing more to wait
    /// for.
    pub(crate) fn exit(&self) -> impl Future<Output = Option<Exit>> + use<> {
        let mut seen = self.seen.clone();
        async move {
            let seen = seen.wait_for(|seen| seen.exit.is_some() || seen.over).await;
            seen.ok()?.exit.clone()
        }
    }

    /// Where the command's output goes.
    pub(crate) fn log(&self) -> Log {
        Log(self.log.clone())
    }

    /// See [`Log::read`].
    pub(crate) fn output(&self) -> String {
        self.log().read()
    }

    /// Ends the command and waits until its processes and its folder are gone.
    pub(crate) async fn end(mut self) {
        drop(self.pipe.take());
        // An error means the watching thread is gone, so the supervisor is too.
        let _ = self.seen.wait_for(|seen| seen.over).await;
    }
}

/// A command's output.
#[derive(Debug)]
pub(crate) struct Log(PathBuf);

impl Log {
    /// What was printed so far, at most the last 256 KiB. Empty before the start and after the end.
    pub(crate) fn read(&self) -> String {
        const MOST: u64 = 256 * 1024;
        let read = || -> io::Result<Vec<u8>> {
            let mut file = std::fs::File::open(&self.0)?;
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(length.saturating_sub(MOST)))?;
            let mut bytes = Vec::new();
            file.take(MOST).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        read().map_or_else(|_| String::new(), |bytes| String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// The last lines of an output, indented, for an error message.
pub(crate) fn tail(output: &str, lines: usize) -> String {
    let all: Vec<&str> = output.lines().filter(|line| !line.trim().is_empty()).collect();
    let from = all.len().saturating_sub(lines);
    all[from..].iter().map(|line| format!("\n    {line}")).collect()
}

fn send(pipe: &mut ChildStdin, order: &Order) -> io::Result<()> {
    let mut line = serde_json::to_vec(order)?;
    line.push(b'\n');
    pipe.write_all(&line)
}

/// Reads the supervisor's reports until it ends, and collects it.
fn follow(mut child: Child, tell: &watch::Sender<Seen>) {
    if let Some(reports) = child.stdout.take() {
        for report in BufReader::new(reports).lines().map_while(Result::ok) {
            let exit = match report.split_once(' ') {
                Some(("exited", status)) => {
                    status.parse().map_or_else(|_| Exit::Failed(report.clone()), Exit::Status)
                }
                Some(("failed", why)) => Exit::Failed(why.to_owned()),
                _ => Exit::Failed(report),
            };
            tell.send_modify(|seen| seen.exit = Some(exit));
        }
    }
    // Nothing to do about an error: someone else has collected the child.
    let _ = child.wait();
    tell.send_modify(|seen| seen.over = true);
}

/// The supervisor as a file, so that `ps` shows its name and not its text. Written aside and moved
/// into place: another process may be about to run it.
fn script(folder: &Path) -> io::Result<PathBuf> {
    let path = folder.join("supervisor.py");
    if std::fs::read_to_string(&path).is_ok_and(|text| text == SOURCE) {
        return Ok(path);
    }
    std::fs::create_dir_all(folder)?;
    let aside = folder.join(format!("supervisor-{}.tmp", unique()));
    std::fs::write(&aside, SOURCE)?;
    std::fs::rename(&aside, &path)?;
    Ok(path)
}

#[cfg(test)]
mod tests;
