use super::World;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// The program `consumer`, running. It ends with this, and with the test's process however that
/// ends.
pub(crate) struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts it with nothing but these variables.
    pub(crate) fn start(environment: &[(&str, String)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_consumer"))
            .env_clear()
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// Its next lines, so many.
    pub(crate) async fn lines_until(&mut self, count: usize) -> Vec<String> {
        let mut lines = Vec::new();
        let reading = async {
            while lines.len() < count {
                let line = self.lines.next_line().await.unwrap();
                lines.push(line.unwrap_or_else(|| panic!("the consumer ended")));
            }
        };
        let read = tokio::time::timeout(super::secs(90), reading).await;
        assert!(read.is_ok(), "{count} lines were expected: {lines:?}");
        lines
    }

    /// `kill -9`.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// Waits for its end: whether it succeeded, and what it said on stderr.
    pub(crate) async fn end(mut self) -> (bool, String) {
        let mut said = String::new();
        let stderr = self.child.stderr.as_mut().unwrap();
        let reading = tokio::time::timeout(super::secs(90), stderr.read_to_string(&mut said)).await;
        reading.expect("the consumer does not end").unwrap();
        (self.child.wait().await.unwrap().success(), said)
    }
}

impl World {
    /// What a service on the first queue has in its environment.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("QUEUE_URL", self.queue_url().to_owned()),
            ("AWS_ENDPOINT_URL", self.backend.endpoint_url().to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
        ]
    }
}
