//! A TCP proxy that delays, slows, stalls and cuts what goes through it, as planned for each
//! connection.

mod connection;
mod counters;
mod faults;
mod weather;

pub(crate) use counters::Counters;
pub(crate) use weather::Weather;

use connection::Shared;
use faults::Faults;
use std::{net::SocketAddr, sync::Arc};
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{AbortHandle, JoinSet},
};

/// A proxy on a free loopback port. Dropping it ends it and all connections.
pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: AbortHandle,
}

impl Proxy {
    pub(crate) async fn start(target: SocketAddr, seed: u64) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (weather, _) = watch::channel(Weather::Faulty);
        let shared = Arc::new(Shared { target, counters: Counters::default(), weather });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared), seed)).abort_handle();
        Self { address, shared, accepting }
    }

    /// Where clients connect to, instead of the server.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.shared.counters
    }

    /// From now on. What a fault holds up is let go when it becomes calm.
    pub(crate) fn set_weather(&self, weather: Weather) {
        self.shared.weather.send_replace(weather);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, seed: u64) {
    let mut connections = JoinSet::new();
    for number in 0.. {
        let Ok((client, _)) = listener.accept().await else { continue };
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            connection::serve(client, &shared, Faults::of(seed, number)).await;
        });
        while connections.try_join_next().is_some() {}
    }
}
