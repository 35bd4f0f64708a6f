use super::*;
use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;

const PROXIED: &str = "LOCAL_AWS_TEST_PROXIED";

#[test]
fn one_shared_server_outlives_the_runtime_that_asked_first() {
    let ask = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let backend = Backend::shared(BackendKind::Embedded).await.unwrap();
            let sqs = Backend::sqs(&backend.sdk_config().await);
            sqs.list_queues().send().await.unwrap();
            backend.endpoint_url()
        })
    };
    assert_eq!(ask(), ask());
}

#[tokio::test]
async fn backends_are_their_own() -> Result<(), Box<dyn Error>> {
    let (one, two) = (
        Backend::start(BackendKind::Embedded).await?,
        Backend::start(BackendKind::Embedded).await?,
    );
    assert_ne!(one.endpoint_url(), two.endpoint_url());
    assert_eq!(one.kind(), BackendKind::Embedded);
    one.stop().await;
    Ok(())
}

/// A process cannot change its own environment safely, so another one runs the request.
#[test]
fn a_proxy_in_the_environment_is_not_asked() {
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "backend::tests::request_beside_a_proxy", "--ignored"])
        .env(PROXIED, "1")
        .envs(
            ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]
                .map(|name| (name, "http://127.0.0.1:1")),
        )
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .status()
        .unwrap();
    assert!(status.success());
}

/// The other side of `a_proxy_in_the_environment_is_not_asked`.
#[tokio::test]
#[ignore = "run by another test"]
async fn request_beside_a_proxy() {
    if std::env::var_os(PROXIED).is_none() {
        return;
    }
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
        let response = "HTTP/1.1 200 OK\r\nContent-Type: \
                        application/x-amz-json-1.0\r\nContent-Length: 2\r\n\r\n{}";
        stream.write_all(response.as_bytes()).unwrap();
    });
    let sqs = Backend::sqs(&sdk::config(&endpoint));
    sqs.list_queues().send().await.unwrap();
}
