//! `pipeline run`, as a process of its own.

use crate::{
    warden::Warden,
    world::{Service, World},
};
use serde_json::Value;
use std::{
    fs::{self, File},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
};

/// A running consumer. It does not outlive this.
pub(crate) struct Consumer {
    pub(crate) number: usize,
    /// It was started with `--until-empty`, and so may end well without being asked.
    pub(crate) until_empty: bool,
    /// How often it was asked to end.
    pub(crate) asked: u32,
    child: Child,
    warden: Warden,
    output: PathBuf,
}

impl Consumer {
    pub(crate) fn start(
        world: &World,
        warden: &Warden,
        number: usize,
        service: usize,
        until_empty: bool,
    ) -> Self {
        let Service { name, queue_url, database, fails, .. } = &world.services[service];
        let output = world.logs().join(format!("{number:04}-{name}"));
        let create = |extension| File::create(output.with_extension(extension)).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_pipeline"));
        command
            .args(["run", "--queue-url", queue_url, "--sink"])
            .arg(format!("sqlite:{}", database.display()));
        if let Some(text) = fails {
            command.args(["--fail-matching", text]);
        }
        command.args(["--summary", "json"]);
        if until_empty {
            command.arg("--until-empty");
        }
        command
            .current_dir(world.temporary())
            .env_clear()
            .env("TMPDIR", world.temporary())
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env("AWS_ENDPOINT_URL", world.proxy.url())
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .stdin(Stdio::null())
            .stdout(create("out"))
            .stderr(create("err"));
        let child = command.spawn().unwrap();
        warden.watch(child.id());
        Self { number, until_empty, asked: 0, child, warden: warden.clone(), output }
    }

    /// Sends a signal: `STOP`, `CONT` or `TERM`.
    pub(crate) fn signal(&mut self, name: &str) {
        if self.child.try_wait().unwrap().is_none() {
            self.asked += u32::from(name == "TERM");
            // Ours, and not waited for yet: the id is of no other process.
            let sent = Command::new("kill")
                .args([&format!("-{name}"), &self.child.id().to_string()])
                .status()
                .unwrap();
            assert!(sent.success(), "kill -{name} {}", self.child.id());
        }
    }

    /// `kill -9`, also of one that is stopped.
    pub(crate) fn kill(&mut self) {
        self.child.kill().ok();
        self.child.wait().unwrap();
        self.warden.forget(self.child.id());
    }

    /// How it ended, if it did.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        let status = self.child.try_wait().unwrap()?;
        self.warden.forget(self.child.id());
        Some(status)
    }

    /// Its summary; there is none of a consumer that received nothing and failed.
    pub(crate) fn summary(&self) -> Option<Value> {
        let text = self.log();
        text.lines().rfind(|line| line.starts_with('{')).map(|line| {
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {text}"))
        })
    }

    /// What it logged.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.output.with_extension("err")).unwrap()).into_owned()
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        self.kill();
    }
}
