use super::*;
use crate::server::testing::{real_python, script, until};
use std::path::PathBuf;
use tempfile::TempDir;

/// Answers everything with 200.
const SERVER: &str = "
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    do_POST = do_GET
http.server.HTTPServer((\"127.0.0.1\", int(sys.argv[1])), Handler).serve_forever()
";

/// A `docker` that writes down what it is asked, has no image, and whose `run` serves on the
/// published port.
struct Fake {
    scratch: TempDir,
    program: String,
}

impl Fake {
    async fn new(pull: &str) -> Self {
        let scratch = TempDir::new().unwrap();
        let program = scratch.path().join("docker").display().to_string();
        let text = format!(
            "#!/bin/sh\necho \"$*\" >> '{calls}'\ncase $1 in\nimage) exit 1;;\npull) {pull};;\n\
             run) for word; do case $word in 127.0.0.1:*:4566) port=${{word#*:}}; \
             port=${{port%:*}};; esac; done\n\
             exec '{python}' -c '{SERVER}' $port;;\nesac\n",
            calls = scratch.path().join("calls").display(),
            python = real_python().await.display(),
        );
        script(Path::new(&program), &text);
        Self { scratch, program }
    }

    fn docker(&self) -> Docker<'_> {
        Docker { program: &self.program }
    }

    fn calls(&self) -> Vec<String> {
        let calls: PathBuf = self.scratch.path().join("calls");
        std::fs::read_to_string(calls).unwrap_or_default().lines().map(str::to_owned).collect()
    }
}

#[tokio::test]
async fn the_container_is_published_on_loopback_and_removed_at_the_end() {
    let fake = Fake::new("exit 0").await;
    assert!(fake.docker().answers().await);
    let launched = fake.docker().start(&real_python().await, fake.scratch.path()).await.unwrap();
    let port = launched.port;
    launched.stop().await;
    until("the container to be removed", || fake.calls().len() == 5);
    let calls = fake.calls();
    assert_eq!(calls[2], format!("pull --quiet {IMAGE}"));
    let run: Vec<&str> = calls[3].split(' ').collect();
    let name = run[run.iter().position(|word| *word == "--name").unwrap() + 1];
    assert!(run.contains(&format!("127.0.0.1:{port}:4566").as_str()));
    assert!(run.contains(&format!("LOCALSTACK_HOST=127.0.0.1:{port}").as_str()));
    assert_eq!(run.last(), Some(&IMAGE));
    assert_eq!(calls[4], format!("rm --force --volumes {name}"));
}

#[tokio::test]
async fn an_image_that_cannot_be_had_is_an_error() {
    let fake = Fake::new("echo 'toomanyrequests: slow down' >&2; exit 1").await;
    let error = fake.docker().start(&real_python().await, fake.scratch.path()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("the image {IMAGE} cannot be had:\n    toomanyrequests: slow down")
    );
}

#[tokio::test]
async fn no_docker_is_no_answer() {
    assert!(!Docker { program: "/no/such/docker" }.answers().await);
    assert!(!Docker { program: "false" }.answers().await);
}

#[test]
fn every_service_that_is_started_is_asked_before_it_counts_as_up() {
    let settings = settings::server("0.0.0.0:4566", "127.0.0.1:4566");
    let mut started: Vec<&str> = settings["SERVICES"].split(',').collect();
    let mut asked = crate::server::asked();
    started.sort_unstable();
    asked.sort_unstable();
    assert_eq!(started, asked);
}

#[test]
fn the_compose_file_has_the_same_settings() {
    let compose = include_str!("../../../compose.yaml");
    assert!(compose.contains(&format!("image: {IMAGE}\n")));
    for (name, value) in settings::server("0.0.0.0:4566", "127.0.0.1:4566") {
        let (plain, quoted) =
            (format!("      {name}: {value}\n"), format!("      {name}: \"{value}\"\n"));
        assert!(
            compose.contains(&plain) || compose.contains(&quoted),
            "{name}: {value} is not in the compose file"
        );
    }
}
