//! Two services at work, with what goes wrong on the way.

use super::{
    screen::{Progress, Screen},
    service::Service,
    work::{FailsOnce, Mishap, News, StandsStill},
};
use crate::{
    error::Error,
    live::bar,
    text::{count, seconds, thousands},
};
use aws_config::SdkConfig;
use s3_sqs_processor::provision::Provisioned;
use std::{
    sync::{Arc, atomic::AtomicU64},
    time::{Duration, Instant},
};
use tokio::sync::{
    Notify,
    mpsc::{UnboundedReceiver, unbounded_channel},
};

/// Short, so that a message that failed comes back while one watches.
pub(super) const VISIBILITY: Duration = Duration::from_secs(3);
/// How often progress is looked at and shown.
const LOOK: Duration = Duration::from_millis(100);
/// When nothing at all has moved for so long, it is given up.
const STALLED: Duration = Duration::from_secs(30);

/// Runs the services until every record is done and the queues are empty, or nothing moves any
/// more.
pub(super) async fn tell(
    screen: &mut Screen,
    config: &SdkConfig,
    made: &Provisioned,
    records: u64,
) -> Result<Vec<Service>, Error> {
    let (news_sender, news) = unbounded_channel();
    let fails = FailsOnce { number: records / 2, tries: AtomicU64::default(), news: news_sender };
    let still = Arc::new(StandsStill {
        after: records / 3,
        begun: AtomicU64::default(),
        reached: Notify::new(),
    });
    let [billing, audit] = &made.queues[..] else {
        return Err(Error::new("there should be two queues"));
    };
    let mut billing = Service::new(config, billing, &["invoices"], records);
    let mut audit = Service::new(config, audit, &["archive", "alerts"], records);
    screen.say("3. Process")?;
    screen.say("   service billing: one processor, invoices")?;
    screen.say("   service audit: two processors, archive and alerts; both get every record")?;
    billing.start(&[Mishap::StandsStill(Arc::clone(&still))])?;
    audit.start(&[Mishap::Nothing, Mishap::FailsOnce(Arc::new(fails))])?;
    let mut story = Story {
        screen,
        start: Instant::now(),
        services: vec![billing, audit],
        moved: Moved::default(),
    };
    story.run(news, &still.reached).await?;
    for service in &story.services {
        service.drain();
    }
    for service in &mut story.services {
        service.stopped().await?;
    }
    let last = story.progress();
    story.screen.settle(&last)?;
    Ok(story.services)
}

struct Story<'a> {
    screen: &'a mut Screen,
    start: Instant,
    /// Billing, whose first consumer is killed, and audit.
    services: Vec<Service>,
    moved: Moved,
}

impl Story<'_> {
    async fn run(
        &mut self,
        mut news: UnboundedReceiver<News>,
        stands_still: &Notify,
    ) -> Result<(), Error> {
        let mut tick = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                biased;
                Some(news) = news.recv() => self.report(news)?,
                () = stands_still.notified() => self.kill_and_replace().await?,
                _ = tick.tick() => {
                    self.show()?;
                    if self.is_over().await? {
                        return Ok(());
                    }
                }
            }
        }
    }

    fn report(&mut self, news: News) -> Result<(), Error> {
        match news {
            News::Failed(number) => self.event(&format!(
                "audit: alerts fails record {}; its message is not deleted, but comes back in {} s",
                thousands(number),
                VISIBILITY.as_secs()
            )),
            News::Succeeded { number, receive_count } => self.event(&format!(
                "audit: record {} came again, alone of its file (receive {receive_count}), and \
                 succeeds now",
                thousands(number)
            )),
        }
    }

    async fn kill_and_replace(&mut self) -> Result<(), Error> {
        let billing = &mut self.services[0];
        let held = billing.kill().await;
        billing.start(&[Mishap::Nothing])?;
        self.event(&format!(
            "billing: its consumer is killed, its future dropped, with {} in work; another takes \
             over",
            count(held, "message")
        ))
    }

    fn event(&mut self, text: &str) -> Result<(), Error> {
        self.screen.say(&format!("   {:>6}  {text}", seconds(self.start.elapsed())))
    }

    fn show(&mut self) -> Result<(), Error> {
        let progress = self.progress();
        self.screen.progress(progress)
    }

    fn progress(&self) -> Progress {
        let (mut live, mut plain) = (Vec::new(), Vec::new());
        for service in &self.services {
            for (at, processor) in service.processors.iter().enumerate() {
                let (done, all) = (processor.tally.different(), processor.tally.records());
                let name = if at == 0 { service.name.as_str() } else { "" };
                let messages = if at == 0 {
                    format!("{} deleted", thousands(service.deleted()))
                } else {
                    String::new()
                };
                let done_text = format!("{}/{}", thousands(done), thousands(all));
                let line = format!(
                    "   {name:<8} {:<9} {} {done_text:>17}   {messages}",
                    processor.name,
                    bar(done, all)
                );
                live.push(line.trim_end().to_owned());
                plain.push(format!("{} {}", processor.name, thousands(done)));
            }
        }
        let plain =
            format!("   {:>6}  records done: {}", seconds(self.start.elapsed()), plain.join(", "));
        Progress { live, plain }
    }

    async fn is_over(&mut self) -> Result<bool, Error> {
        for service in &mut self.services {
            service.still_running().await?;
        }
        let tallies = self
            .services
            .iter()
            .flat_map(|service| &service.processors)
            .map(|processor| &processor.tally);
        let done: u64 = tallies.map(|tally| tally.different() + tally.repeated()).sum();
        let deleted = self.services.iter().map(Service::deleted).sum();
        if self.moved.is_stalled(done, deleted) {
            return Ok(true);
        }
        if !self.services.iter().all(Service::is_complete) {
            return Ok(false);
        }
        for service in &self.services {
            if service.queue.backlog().await?.total() > 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// When the counters last changed.
#[derive(Default)]
struct Moved {
    counters: (u64, u64),
    at: Option<Instant>,
}

impl Moved {
    fn is_stalled(&mut self, done: u64, deleted: u64) -> bool {
        let now = Instant::now();
        if self.counters != (done, deleted) {
            self.counters = (done, deleted);
            self.at = Some(now);
        }
        now.duration_since(*self.at.get_or_insert(now)) > STALLED
    }
}
