//! `GetObject` from the embedded AWS against a bare hyper server that sends the same bytes, in one
//! run, in turn.
//!
//! Both are read over a plain TCP connection, so that the difference is the server's.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that fails has no figure, and one that prints nothing neither"
)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use aws_config::{BehaviorVersion, Region};
use aws_sdk_s3::config::Credentials;
use aws_sdk_s3::presigning::PresigningConfig;
use bytes::Bytes;
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, body::Incoming};
use hyper_util::rt::TokioIo;
use local_aws::Embedded;

fn main() {
    // Only `cargo bench` says so; a test run proves no more than that it still works.
    let rounds = if std::env::args().any(|argument| argument == "--bench") { 7 } else { 1 };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let aws = runtime.block_on(Embedded::start()).unwrap();
    let credentials =
        Credentials::new(Embedded::ACCESS_KEY, Embedded::SECRET_KEY, None, None, "bench");
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(Embedded::REGION))
        .credentials_provider(credentials)
        .endpoint_url(aws.endpoint_url())
        .force_path_style(true)
        .build();
    let s3 = aws_sdk_s3::Client::from_conf(config);
    for (size, gets) in [(40_000_000, 8), (5_000_000, 60), (64_000, 1500), (1_000, 3000)] {
        let body = Bytes::from(vec![0x5a; size]);
        let bare = bare(body.clone());
        let path = runtime.block_on(async {
            s3.create_bucket().bucket("bench").send().await.unwrap();
            s3.put_object().bucket("bench").key("k").body(body.into()).send().await.unwrap();
            let hour = PresigningConfig::expires_in(Duration::from_secs(3600)).unwrap();
            let get = s3.get_object().bucket("bench").key("k").presigned(hour).await.unwrap();
            get.uri().replace(&aws.endpoint_url(), "")
        });
        let mut ratios: Vec<_> = (0..rounds)
            .map(|_| {
                let plain = read(bare, "/", size, gets);
                let ours = read(aws.addr(), &path, size, gets);
                (ours.as_secs_f64() / plain.as_secs_f64(), ours / gets)
            })
            .collect();
        ratios.sort_by(|one, other| one.0.total_cmp(&other.0));
        let (ratio, each) = ratios[rounds / 2];
        println!("GET of {size:>8} bytes: {each:>10.1?} each, {ratio:.2}x the time of bare hyper");
    }
}

/// Reads the same object `count` times over one connection.
fn read(addr: SocketAddr, path: &str, size: usize, count: u32) -> Duration {
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut buffer = vec![0; 256 << 10];
    let started = Instant::now();
    for _ in 0..count {
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {addr}\r\n\r\n").unwrap();
        let mut head = Vec::new();
        let start = loop {
            let read = stream.read(&mut buffer).unwrap();
            assert!(read > 0, "the connection ended early");
            head.extend_from_slice(&buffer[..read]);
            if let Some(end) = head.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
        };
        assert!(head.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&head));
        let mut left = size - (head.len() - start);
        while left > 0 {
            left -= stream.read(&mut buffer).unwrap();
        }
    }
    started.elapsed()
}

/// A server of the same shape that does nothing else: one thread, one body.
fn bare(body: Bytes) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let addr = listener.local_addr().unwrap();
    listener.set_nonblocking(true).unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                let body = body.clone();
                let service = service_fn(move |_: Request<Incoming>| {
                    let body = body.clone();
                    async move { Ok::<_, std::convert::Infallible>(Response::new(Full::new(body))) }
                });
                tokio::spawn(async move {
                    let _ =
                        http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
    });
    addr
}
