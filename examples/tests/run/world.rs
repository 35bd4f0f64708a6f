//! The binary on an AWS of its own, and what its tests have in common.

use aws_sdk_sqs::types::QueueAttributeName;
use local_aws::{Backend, BackendKind};
use serde_json::Value;
use std::{
    fs,
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

/// The binary, with nothing around it but this AWS.
pub(crate) struct World {
    pub(crate) backend: Backend,
    pub(crate) folder: tempfile::TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::on(BackendKind::Embedded).await
    }

    pub(crate) async fn on(kind: BackendKind) -> Self {
        let backend = Backend::start(kind).await.unwrap_or_else(|error| panic!("{error}"));
        Self { backend, folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn pipeline(&self, line: &str) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_pipeline"));
        command.args(line.split_whitespace()).args(["--endpoint-url", self.backend.endpoint_url()]);
        command
    }

    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.folder.path())
            .env_remove("RUST_LOG")
            .env("NO_COLOR", "1")
            .env_remove("AWS_ENDPOINT_URL")
            .env_remove("AWS_PROFILE")
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) async fn output(&self, line: &str) -> Output {
        let mut command = self.pipeline(line);
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    }

    /// Runs a command that succeeds, and reads the last line of its stdout (all of it, for
    /// `provision`).
    pub(crate) async fn json(&self, line: &str) -> Value {
        let output = self.output(line).await;
        let (stdout, stderr) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{line}\n{stdout}{stderr}");
        let text = if stdout.starts_with("{\n") {
            &*stdout
        } else {
            stdout.lines().last().unwrap_or_default()
        };
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {stdout}{stderr}"))
    }

    /// Runs until the queue is empty, which ends with this code, and gives the summary.
    pub(crate) async fn emptied(&self, url: &str, options: &str, code: i32) -> Value {
        let line = format!("run --queue-url {url} {options} --until-empty --summary json");
        let output = self.output(&line).await;
        assert_eq!(output.status.code(), Some(code), "{line}: {output:?}");
        assert!(output.stdout.is_empty(), "{output:?}");
        summary(&output)
    }

    pub(crate) async fn queue_url(&self) -> String {
        let made = self.json("provision --name orders").await;
        assert_eq!(made["queues"][0]["dead_letter_queue"]["name"], "orders-dlq");
        made["queues"][0]["url"].as_str().unwrap().to_owned()
    }

    /// A failed message is away for two seconds, and given up after two receives.
    pub(crate) async fn be_quick(&self, queue_url: &str) {
        let sqs = Backend::sqs(&self.backend.sdk_config().await);
        let dead = "arn:aws:sqs:us-east-1:000000000000:orders-dlq";
        let policy = format!(r#"{{"deadLetterTargetArn":"{dead}","maxReceiveCount":"2"}}"#);
        let request = sqs.set_queue_attributes().queue_url(queue_url);
        let request = request.attributes(QueueAttributeName::VisibilityTimeout, "2");
        request.attributes(QueueAttributeName::RedrivePolicy, policy).send().await.unwrap();
    }

    /// Waits until the queue is empty, and sends SIGTERM.
    pub(crate) async fn finish(&self, queue_url: &str, child: Child) -> Output {
        let embedded = self.backend.embedded().unwrap();
        while !embedded.queue(queue_url).unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let told = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        assert!(told.success());
        tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap()
    }
}

/// The last line on stderr.
pub(crate) fn summary(output: &Output) -> Value {
    let stderr = String::from_utf8_lossy(&output.stderr);
    serde_json::from_str(stderr.lines().last().unwrap_or_default()).expect(&stderr)
}

pub(crate) fn lines(path: &Path) -> Vec<Value> {
    fs::read_to_string(path)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Sends SIGTERM, as soon as the process listens to it.
#[cfg(target_os = "linux")]
pub(crate) fn terminate(child: &Child) {
    let listens = || {
        let tasks = fs::read_dir(format!("/proc/{}/task", child.id())).unwrap();
        let mut names = tasks.map(|task| fs::read_to_string(task.unwrap().path().join("comm")));
        names.any(|name| name.is_ok_and(|name| name.trim() == "signals"))
    };
    while !listens() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let told = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(told.success());
}
