//! What goes wrong at a moment of the scenario's own choice.

use super::{
    super::{
        super::SECOND,
        table::{Fault, Phase},
    },
    Stage,
};
use crate::{
    port::PortErrorKind,
    testing::{self, Op, Random},
};
use std::time::Duration;
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender},
    time::{advance, sleep},
};

const REQUESTS: [Op; 3] = [Op::Receive, Op::Change, Op::Delete];

/// Everything fails for a while, if the scenario says so.
pub(super) async fn outage(stage: &Stage<'_>) {
    let Some(outage) = &stage.scenario.outage else { return };
    sleep(outage.at).await;
    store_fails(stage, outage.kind);
    if outage.both {
        queue_fails(stage, outage.kind);
    }
    sleep(outage.lasts).await;
    store_is_well(stage);
    if outage.both {
        queue_is_well(stage);
    }
}

/// Waits until a message comes to the phase that the scenario is about, and has the fault strike
/// there.
pub(super) async fn ambush(
    stage: &Stage<'_>,
    mut alarms: UnboundedReceiver<String>,
    stops: UnboundedSender<Fault>,
) {
    let Some(lead) = stage.scenario.lead else { return };
    let random = &mut Random::new(stage.scenario.seed ^ 0x616d_6275_7368);
    let message = if lead.phase == Phase::Receiving && lead.is_brought_about() {
        sleep(random.duration(5 * SECOND)).await;
        Some(String::new())
    } else {
        alarms.recv().await
    };
    let Some(mut message) = message else { return };
    if random.chance(300) {
        sleep(random.duration(SECOND / 10)).await;
    }
    if lead.stop_is_first() {
        let _ = stops.send(Fault::Drain);
        // It has to arrive first.
        sleep(Duration::from_millis(random.below(300))).await;
        message = stage.judge.any_held().unwrap_or(message);
    }
    match lead.fault {
        _ if !lead.is_brought_about() => {}
        stop if lead.is_stop() => drop(stops.send(stop)),
        fault => bring_about(stage, fault, &message, random).await,
    }
    // Nobody may take the closed channel for a stop.
    std::future::pending::<()>().await;
}

async fn bring_about(stage: &Stage<'_>, fault: Fault, message: &str, random: &mut Random) {
    let (world, judge) = (&stage.world, &stage.judge);
    let lasts = random.duration(100 * SECOND) + SECOND;
    match fault {
        Fault::Redelivered | Fault::StaleReceipt => world.queue.deliver_again(message),
        Fault::Expired => {
            world.queue.expire(message);
            judge.expired(message);
        }
        Fault::Overwritten => {
            judge.strikes(fault, message);
            let keys = judge.keys(message);
            let objects = stage.scenario.messages.iter().flat_map(|message| message.objects());
            objects
                .filter(|object| keys.contains(&object.key))
                .for_each(|object| drop(object.put(world, judge, 1)));
        }
        Fault::Removed => {
            judge.strikes(fault, message);
            judge.keys(message).iter().for_each(|key| {
                judge.removed(key);
                world.store.remove(key);
            });
        }
        Fault::Pause => {
            judge.jump();
            judge.storm(fault);
            advance(lasts).await;
            judge.calm(&world.trace);
            judge.calm(&world.trace);
        }
        Fault::StoreOutage => {
            store_fails(stage, PortErrorKind::Transient);
            sleep(lasts).await;
            store_is_well(stage);
        }
        _ => {
            queue_fails(stage, PortErrorKind::Transient);
            sleep(lasts).await;
            queue_is_well(stage);
        }
    }
}

fn store_fails(stage: &Stage<'_>, kind: PortErrorKind) {
    stage.judge.storm(Fault::StoreOutage);
    stage.world.store.cut(kind == PortErrorKind::Transient);
    stage.world.store.refuse("", kind);
}

fn store_is_well(stage: &Stage<'_>) {
    stage.world.store.cut(false);
    stage.judge.calm(&stage.world.trace);
}

fn queue_fails(stage: &Stage<'_>, kind: PortErrorKind) {
    stage.judge.storm(Fault::QueueOutage);
    REQUESTS
        .into_iter()
        .for_each(|op| stage.world.queue.fail_always(op, testing::Fault::Refuse(kind)));
}

fn queue_is_well(stage: &Stage<'_>) {
    REQUESTS.into_iter().for_each(|op| stage.world.queue.recover(op));
    stage.judge.calm(&stage.world.trace);
}
