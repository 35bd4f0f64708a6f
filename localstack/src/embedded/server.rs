//! The thread that serves, with its own runtime, and its end.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use tokio::sync::oneshot;

use crate::embedded::Shared;
use crate::embedded::flush::Stream;
use crate::embedded::route::Router;

/// A running server; dropping it ends the thread.
#[derive(Debug)]
pub(crate) struct Server {
    addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start(listener: TcpListener, shared: Arc<Shared>) -> io::Result<Self> {
        let addr = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name("embedded-aws".into()).spawn(move || {
            // The service crates log each answer that is an error; here those answers are the
            // purpose.
            let _quiet = tracing::dispatcher::set_default(&tracing::Dispatch::none());
            runtime.block_on(async move {
                tokio::select! {
                    biased;
                    _ = stopped => {}
                    () = accept(listener, shared) => {}
                }
            });
        })?;
        Ok(Self { addr, stop: Some(stop), thread: Some(thread) })
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // An error means that it panicked; it is gone either way.
            let _ = thread.join();
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        return;
    };
    let router = Arc::new(Router::new(Arc::clone(&shared)));
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors: others must end first.
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            continue;
        };
        shared.stats.count_connection();
        let _ = stream.set_nodelay(true);
        let router = Arc::clone(&router);
        let stream = Stream::new(stream);
        let flushes = stream.flushes();
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let (router, flushes) = (Arc::clone(&router), Arc::clone(&flushes));
                async move { router.serve(request, flushes).await }
            });
            // An error is the client's going away, or ours by a fault plan.
            let _ = http1::Builder::new().serve_connection(stream, service).await;
        });
    }
}
