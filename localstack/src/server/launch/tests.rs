use super::*;
use crate::server::supervisor::{inherited, state_folder};
use crate::server::testing::{real_python, shell};
use std::path::PathBuf;
use std::time::Instant;
use tempfile::TempDir;

/// Behaves like LocalStack: where it cannot bind its port it hangs, and says it is ready since the
/// port is open.
const SERVER: &str = "
import http.server, os, sys, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == '/_localstack/health' else 404)
        self.end_headers()
        self.wfile.write(os.path.basename(os.getcwd()).encode())
try:
    server = http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), Handler)
except OSError:
    if sys.argv[2] == 'ends':
        sys.exit('the port is already in use')
    print('Ready.', flush=True)
    time.sleep(600)
print('Running on port', flush=True)
print('Ready.', flush=True)
server.serve_forever()
";

struct Fixture {
    folder: TempDir,
    python: PathBuf,
}

impl Fixture {
    async fn new() -> Self {
        Self { folder: TempDir::new().unwrap(), python: real_python().await }
    }

    fn launch(&self) -> Launch<'_> {
        Launch {
            name: "LocalStack",
            python: &self.python,
            folder: self.folder.path(),
            health: "/_localstack/health",
            own: Own::Printed { owned: "Running on", ready: "Ready." },
            services: false,
            limit: Duration::from_secs(30),
        }
    }

    fn server(&self, port: u16) -> Order {
        self.server_that(port, "hangs")
    }

    fn server_that_ends(&self, port: u16) -> Order {
        self.server_that(port, "ends")
    }

    fn server_that(&self, port: u16, without_port: &str) -> Order {
        let python = self.python.display().to_string();
        let command = [python, "-c".into(), SERVER.into(), port.to_string(), without_port.into()];
        Order::new(command.into(), inherited(), state_folder())
    }
}

fn taken() -> (TcpListener, u16) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

#[tokio::test]
async fn a_taken_port_is_passed_over() {
    let fixture = Fixture::new().await;
    let (_listener, port) = taken();
    let ports = std::iter::once(Ok(port)).chain(free_ports());
    let launched = fixture.launch().start(ports, |port| fixture.server(port)).await.unwrap();
    assert_ne!(launched.port, port);
    launched.stop().await;
}

#[tokio::test]
async fn a_health_check_that_another_server_answers_does_not_count() {
    let fixture = Fixture::new().await;
    let first = fixture.launch().start(free_ports(), |port| fixture.server(port)).await.unwrap();
    let ports = [first.port].into_iter().map(Ok).chain(free_ports());
    let second = fixture.launch().start(ports, |port| fixture.server(port)).await.unwrap();
    assert_ne!(first.port, second.port);
    first.stop().await;
    second.stop().await;
}

/// The answer of the one that has the port comes before the other one ends.
#[tokio::test]
async fn a_server_that_is_told_by_its_name_is_not_mistaken_for_another() {
    let fixture = Fixture::new().await;
    let named = || Launch { own: Own::Named, ..fixture.launch() };
    let first = named().start(free_ports(), |port| fixture.server_that_ends(port)).await.unwrap();
    let ports = [first.port].into_iter().map(Ok).chain(free_ports());
    let second = named().start(ports, |port| fixture.server_that_ends(port)).await.unwrap();
    assert_ne!(first.port, second.port);
    first.stop().await;
    second.stop().await;
}

#[tokio::test]
async fn only_taken_ports_are_an_error() {
    let fixture = Fixture::new().await;
    let (_one, first) = taken();
    let (_two, second) = taken();
    let ports = [first, second].into_iter().map(Ok);
    let error = fixture.launch().start(ports, |port| fixture.server(port)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("LocalStack did not come up: ports {first}, {second} were all taken")
    );
}

#[tokio::test]
async fn a_server_that_ends_shows_its_last_lines() {
    let fixture = Fixture::new().await;
    let order = |_| shell("echo starting; echo 'ModuleNotFoundError: boto3' >&2; exit 7");
    let error = fixture.launch().start(free_ports(), order).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "LocalStack did not come up: it ended with status 7; its last lines:\n    starting\n    \
         ModuleNotFoundError: boto3"
    );
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up() {
    let fixture = Fixture::new().await;
    let begun = Instant::now();
    let launch = Launch { limit: Duration::from_secs(1), ..fixture.launch() };
    let error =
        launch.start(free_ports(), |_| shell("echo thinking; sleep 600")).await.unwrap_err();
    assert!(error.to_string().contains("not ready after 1 s"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[test]
fn both_ways_of_saying_taken_are_known() {
    assert!(says_taken("OSError: [Errno 98] Address already in use"));
    assert!(says_taken("docker: Bind for 127.0.0.1:4566 failed: port is already allocated."));
    assert!(!says_taken("Running on https://127.0.0.1:4777"));
}
