//! Asking a server whether it is up.

use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const LIMIT: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(50);
/// More than any server here has to say about its health.
const MOST: u64 = 256 * 1024;

/// Returns when `GET path` on this loopback port has answered 200, with a body that contains `text`. A server that is not
/// there yet cannot tell when it will be, so it is asked every 50 ms.
pub(super) async fn answered(port: u16, path: &str, text: &str) {
    while !matches!(tokio::time::timeout(LIMIT, answers(port, path, text)).await, Ok(Ok(true))) {
        tokio::time::sleep(PAUSE).await;
    }
}

async fn answers(port: u16, path: &str, text: &str) -> io::Result<bool> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(MOST).read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer);
    Ok(answer.starts_with("HTTP/1.") && answer.get(8..12) == Some(" 200") && answer.contains(text))
}
