//! One connection through the proxy.

use super::{
    counters::{Count, Counters},
    faults::{Cut, Faults, Lane},
    weather::Weather,
};
use std::{future::Future, net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    sync::watch,
    time::sleep,
};

/// What is passed on at a time.
const PIECE: usize = 16 * 1024;

/// Why a connection ended before both sides had ended it.
enum End {
    /// One side is gone.
    Gone,
    Cut(Cut),
}

/// What all connections have in common.
pub(super) struct Shared {
    pub(super) target: SocketAddr,
    pub(super) counters: Counters,
    pub(super) weather: watch::Sender<Weather>,
}

/// Passes on what comes until one of the ends, or a fault, ends it.
pub(super) async fn serve(mut client: TcpStream, shared: &Shared, faults: Faults) {
    let counters = &shared.counters;
    counters.connections.add(1);
    let mut weather = shared.weather.subscribe();
    let now = *weather.borrow_and_update();
    if now == Weather::Refused || (now == Weather::Faulty && faults.refused) {
        counters.refused.add(1);
        client.set_zero_linger().ok();
        return;
    }
    let Ok(mut server) = TcpStream::connect(shared.target).await else { return };
    client.set_nodelay(true).ok();
    server.set_nodelay(true).ok();
    let end = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let up = Pipe::new(&faults.up, shared, &counters.bytes_up).run(from_client, to_server);
        let down =
            Pipe::new(&faults.down, shared, &counters.bytes_down).run(from_server, to_client);
        let outage = async {
            weather.wait_for(|weather| *weather == Weather::Refused).await.ok();
        };
        tokio::select! {
            biased;
            () = outage => Some(End::Cut(Cut::Reset)),
            ended = async { tokio::try_join!(up, down) } => ended.err(),
        }
    };
    match end {
        Some(End::Cut(Cut::Reset)) => {
            counters.reset.add(1);
            client.set_zero_linger().ok();
        }
        Some(End::Cut(Cut::Finish)) => {
            counters.finished.add(1);
            client.shutdown().await.ok();
        }
        Some(End::Gone) | None => {}
    }
}

/// One direction of a connection.
struct Pipe<'a> {
    lane: &'a Lane,
    shared: &'a Shared,
    bytes: &'a Count,
    weather: watch::Receiver<Weather>,
    passed: u64,
    stalled: bool,
}

impl<'a> Pipe<'a> {
    fn new(lane: &'a Lane, shared: &'a Shared, bytes: &'a Count) -> Self {
        Self { lane, shared, bytes, weather: shared.weather.subscribe(), passed: 0, stalled: false }
    }

    /// Ends well when `from` has ended and `to` was told so.
    async fn run(mut self, mut from: ReadHalf<'_>, mut to: WriteHalf<'_>) -> Result<(), End> {
        let mut buffer = vec![0; PIECE];
        loop {
            let most = self.lane.rate.map_or(PIECE, |rate| (rate as usize / 20).clamp(1, PIECE));
            let count = match from.read(&mut buffer[..most]).await {
                Ok(count) if count > 0 => count,
                _ => {
                    to.shutdown().await.ok();
                    return Ok(());
                }
            };
            let cut = self.disturb(count as u64).await;
            self.weather.wait_for(|weather| *weather != Weather::Silent).await.ok();
            let piece = cut.map_or(count, |(before, _)| before as usize);
            to.write_all(&buffer[..piece]).await.map_err(|_| End::Gone)?;
            self.bytes.add(piece as u64);
            self.passed += piece as u64;
            if let Some((_, how)) = cut {
                return Err(End::Cut(how));
            }
        }
    }

    /// Holds up the next `count` bytes as planned; gives how many of them come before the cut, if
    /// it is among them.
    async fn disturb(&mut self, count: u64) -> Option<(u64, Cut)> {
        if *self.weather.borrow() == Weather::Calm {
            return None;
        }
        let (lane, counters, until) = (self.lane, &self.shared.counters, self.passed + count);
        if let Some(delay) = lane.delay {
            if self.passed == 0 {
                counters.delayed.add(1);
            }
            self.unless_calm(sleep(delay)).await;
        }
        if let Some(rate) = lane.rate {
            if self.passed == 0 {
                counters.throttled.add(1);
            }
            self.unless_calm(sleep(Duration::from_secs_f64(count as f64 / rate))).await;
        }
        if let Some((_, time)) = lane.stall.filter(|(after, _)| !self.stalled && *after < until) {
            self.stalled = true;
            counters.stalled.add(1);
            self.unless_calm(sleep(time)).await;
        }
        let (after, how) = lane.cut.filter(|(after, _)| *after < until)?;
        Some((after.saturating_sub(self.passed), how))
    }

    async fn unless_calm(&mut self, wait: impl Future<Output = ()>) {
        tokio::select! {
            () = wait => {}
            _ = self.weather.wait_for(|weather| *weather == Weather::Calm) => {}
        }
    }
}
