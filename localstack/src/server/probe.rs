//! Asking a server whether it is up.

use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const LIMIT: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(50);
/// More than any server here has to say.
const MOST: u64 = 256 * 1024;

/// Returns when `GET path` on this loopback port has answered 200, with a body that contains
/// `text`. A server that is not there yet cannot tell when it will be, so it is asked every 50 ms.
pub(super) async fn answered(port: u16, path: &str, text: &str) {
    until(
        port,
        &format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"),
        text,
    )
    .await;
}

/// The services that the tests use, and a request that each answers with 200, whatever it holds. A
/// server may say that it is up before each of them is, or with one that cannot be loaded.
const SERVICES: [(&str, Ask); 7] = [
    ("s3", Ask::Get),
    ("sqs", Ask::Json { version: "1.0", target: "AmazonSQS.ListQueues" }),
    ("sns", Ask::Query("Action=ListTopics&Version=2010-03-31")),
    ("firehose", Ask::Json { version: "1.1", target: "Firehose_20150804.ListDeliveryStreams" }),
    ("events", Ask::Json { version: "1.1", target: "AWSEvents.ListRules" }),
    ("sts", Ask::Query("Action=GetCallerIdentity&Version=2011-06-15")),
    ("iam", Ask::Query("Action=ListRoles&Version=2010-05-08")),
];

/// How a service is asked, by its protocol.
#[derive(Clone, Copy)]
enum Ask {
    Get,
    Json { version: &'static str, target: &'static str },
    Query(&'static str),
}

/// Returns when every service has answered a request, or after `limit` the name of the first that
/// has not.
pub(super) async fn services(port: u16, limit: Duration) -> Result<(), &'static str> {
    for (service, ask) in SERVICES {
        tokio::time::timeout(limit, until(port, &request(port, service, ask), ""))
            .await
            .map_err(|_| service)?;
    }
    Ok(())
}

fn request(port: u16, service: &str, ask: Ask) -> String {
    let (line, content, body) = match ask {
        Ask::Get => ("GET / HTTP/1.1", String::new(), ""),
        Ask::Json { version, target } => {
            let content = format!(
                "Content-Type: application/x-amz-json-{version}\r\nX-Amz-Target: {target}\r\n"
            );
            ("POST / HTTP/1.1", content, "{}")
        }
        Ask::Query(body) => (
            "POST / HTTP/1.1",
            "Content-Type: application/x-www-form-urlencoded\r\n".to_owned(),
            body,
        ),
    };
    // Neither server checks signatures; both find the service by the scope.
    format!(
        "{line}\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nContent-Length: {}\r\n{content}\
         X-Amz-Date: 20260101T000000Z\r\nAuthorization: AWS4-HMAC-SHA256 \
         Credential=test/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host;x-amz-date, \
         Signature=0\r\n\r\n{body}",
        body.len()
    )
}

async fn until(port: u16, request: &str, text: &str) {
    while !matches!(tokio::time::timeout(LIMIT, answers(port, request, text)).await, Ok(Ok(true))) {
        tokio::time::sleep(PAUSE).await;
    }
}

async fn answers(port: u16, request: &str, text: &str) -> io::Result<bool> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(MOST).read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer);
    Ok(answer.starts_with("HTTP/1.") && answer.get(8..12) == Some(" 200") && answer.contains(text))
}

#[cfg(test)]
pub(crate) fn asked() -> Vec<&'static str> {
    SERVICES.map(|(service, _)| service).into()
}
