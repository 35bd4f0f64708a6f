//! Whether it is true: every record, every processor, every queue.

use super::{screen::Screen, service::Service};
use crate::{
    error::Error,
    queue::Queue,
    text::{count, thousands},
};

/// So many missing records are named.
const NAMED: usize = 5;

pub(super) async fn check(screen: &mut Screen, services: &[Service]) -> Result<(), Error> {
    screen.say("\n4. Check")?;
    screen.say(&format!(
        "   {:<8} {:<9} {:>9} {:>9} {:>7} {:>9} {:>9}",
        "", "", "records", "done", "failed,", "messages", "messages"
    ))?;
    screen.say(&format!(
        "   {:<8} {:<9} {:>9} {:>9} {:>7} {:>9} {:>9}",
        "service", "processor", "done", "again", "retried", "deleted", "released"
    ))?;
    let mut wrong = Vec::new();
    for service in services {
        for (at, processor) in service.processors.iter().enumerate() {
            let tally = &processor.tally;
            let number = thousands;
            let row =
                [number(tally.different()), number(tally.repeated()), number(tally.failures())];
            let [name, deleted, released] = match at {
                0 => [service.name.clone(), number(service.deleted()), number(service.released())],
                _ => Default::default(),
            };
            let line = format!(
                "   {name:<8} {:<9} {:>9} {:>9} {:>7} {deleted:>9} {released:>9}",
                processor.name, row[0], row[1], row[2]
            );
            screen.say(line.trim_end())?;
            if !tally.is_complete() {
                let missing: Vec<String> =
                    tally.missing().take(NAMED).map(|number| number.to_string()).collect();
                let missed = count(tally.records() - tally.different(), "record");
                wrong.push(format!(
                    "{}/{} never did {missed} (the first: {})",
                    service.name,
                    processor.name,
                    missing.join(", ")
                ));
            }
            if tally.unknown() > 0 {
                let unknown = count(tally.unknown(), "record");
                wrong.push(format!(
                    "{}/{} got {unknown} that nobody produced",
                    service.name, processor.name
                ));
            }
        }
        for (what, queue) in
            [("queue", &service.queue), ("dead-letter queue", &service.dead_letters)]
        {
            wrong.extend(left_in(what, &service.name, queue).await?);
        }
    }
    if !wrong.is_empty() {
        return Err(Error::new(format!("the demo did not come to its end: {}", wrong.join("; "))));
    }
    let tests: u64 = services.iter().map(Service::without_objects).sum();
    if tests > 0 {
        let tests = count(tests, "test message");
        screen
            .say(&format!("   among the deleted are {tests} that S3 sent to try the connection"))?;
    }
    screen.say(
        "   the queues are empty (no message visible, hidden or delayed), and so are the \
              dead-letter queues\n",
    )?;
    screen.say("every record processed, every message deleted")
}

async fn left_in(what: &str, service: &str, queue: &Queue) -> Result<Option<String>, Error> {
    let left = queue.backlog().await?;
    Ok((left.total() > 0).then(|| {
        format!(
            "{service}'s {what} still has {} visible, {} hidden, {} delayed",
            left.visible, left.hidden, left.delayed
        )
    }))
}
