//! What a run came to, as a table.

use crate::{
    check::Kept, plan::Plan, proxy::Counters, settings::Settings, tally::Tally, world::Produced,
};
use std::{fmt::Write as _, time::Duration};

pub(crate) struct Run<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) plan: &'a Plan,
    pub(crate) produced: &'a [Produced],
    pub(crate) kept: &'a Kept,
    pub(crate) tally: &'a Tally,
    pub(crate) proxy: &'a Counters,
    /// From the end of the faults until everything was settled.
    pub(crate) settling: Duration,
}

impl Run<'_> {
    pub(crate) fn table(&self) -> String {
        let Self { settings, plan, produced, kept, tally, proxy, settling } = self;
        let stored: u64 = produced.iter().map(|file| file.stored_bytes).sum();
        let records: usize = produced.iter().map(|file| file.records.len()).sum();
        let poison = produced.iter().filter(|file| file.poison).count();
        let mut table = format!(
            "\nseed {}, {}, faults for {:?}\n",
            settings.seed, settings.kind, settings.chaos
        );
        let mut line = |name: &str, text: String| writeln!(table, "  {name:<22} {text}").unwrap();
        line(
            "files",
            format!(
                "{} ({} KB stored), {poison} with a record made to fail",
                produced.len(),
                stored / 1000
            ),
        );
        line("records", format!("{records} written, {} in the sinks of 2 services", kept.records));
        let again = kept.deliveries - kept.records;
        let faults = kept.duplicates;
        line(
            "deliveries",
            format!(
                "{}, duplicates absorbed {again}, {faults} in files without failures",
                kept.deliveries
            ),
        );
        line(
            "consumers started",
            format!("{}, {} ended in order", tally.started, tally.ended_well),
        );
        line("kill -9", tally.kills.to_string());
        line("SIGSTOP and SIGCONT", tally.stops.to_string());
        line("SIGTERM", format!("{}, a second one {}", tally.terms, tally.second_terms));
        line(
            "outages",
            format!("refused {}, silent {}", tally.refused_outages, tally.silent_outages),
        );
        line("events planned", format!("{}, {} came to nothing", plan.events.len(), tally.missed));
        line(
            "connections",
            format!("{}, refused {}", proxy.connections.get(), proxy.refused.get()),
        );
        line("connections cut", format!("RST {}, FIN {}", proxy.reset.get(), proxy.finished.get()));
        line(
            "connections slowed",
            format!(
                "stalled {}, late {}, throttled {}",
                proxy.stalled.get(),
                proxy.delayed.get(),
                proxy.throttled.get()
            ),
        );
        line("bytes", format!("{} up, {} down", proxy.bytes_up.get(), proxy.bytes_down.get()));
        line(
            "summaries",
            format!(
                "messages deleted {}, released {}; records failed {}",
                tally.deleted, tally.released, tally.failed
            ),
        );
        line("settled after", format!("{settling:.1?} without faults"));
        for (said, count) in &tally.failed_starts {
            line("could not start", format!("{count} times: {said}"));
        }
        table
    }
}
