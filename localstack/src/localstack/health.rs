//! Asking LocalStack whether it is up.

use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const LIMIT: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(50);

/// Returns when `GET /_localstack/health` on this loopback port has answered 200. A server that is not there yet cannot
/// tell when it will be, so it is asked every 50 ms.
pub(crate) async fn healthy(port: u16) {
    while !matches!(tokio::time::timeout(LIMIT, answers(port)).await, Ok(Ok(true))) {
        tokio::time::sleep(PAUSE).await;
    }
}

async fn answers(port: u16) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let request = format!("GET /_localstack/health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut status = [0; "HTTP/1.1 200".len()];
    stream.read_exact(&mut status).await?;
    Ok(status.starts_with(b"HTTP/1.") && status.ends_with(b" 200"))
}
