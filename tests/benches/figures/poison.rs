//! Healthy traffic alone, and beside what always fails.

use crate::{
    consuming::{
        consumer::{
            Job, Used, Work,
            failing::{FAILS, PANICS},
        },
        world::World,
    },
    measure::{
        input::{Input, gzip},
        plan::Plan,
        rounds::{Spread, rounds},
        table::{Target, row},
    },
};
use bytes::Bytes;
use std::cell::RefCell;

const OBJECT: usize = 2_000;
/// So many messages in a hundred are poison.
const SHARE: usize = 1;

pub(crate) fn measure(plan: &Plan) {
    if !plan.wants("poison") {
        return;
    }
    let healthy = plan.pick(6_000, 100);
    let text = Bytes::from(Input::of(OBJECT * 50, 16).lines());
    let body = text.slice(..OBJECT);
    let mut truncated = gzip(&body);
    truncated.truncate(truncated.len() - 4);
    let truncated = Bytes::from(truncated);
    let kinds = [
        ("an object that cannot be decoded", "broken/", &truncated),
        ("a record that always fails", FAILS, &body),
        ("a processor that panics on a class of messages", PANICS, &body),
    ];
    // Healthy ones on a queue of their own, or with so many that are poison between them.
    let run = |poison: Option<(&str, &Bytes)>| {
        let world = World::new();
        let every = 100 / SHARE;
        let objects = (0..healthy).flat_map(|number: usize| {
            let poison = poison.filter(|_| number.is_multiple_of(every));
            let poison = poison.map(|(prefix, body)| (format!("{prefix}{number}"), body.clone()));
            poison.into_iter().chain([(number.to_string(), body.clone())])
        });
        world.put_as(objects);
        let endpoint = world.endpoint();
        Job { endpoint, queue_url: &world.queue_url, messages: healthy, work: Work::Failing }.run()
    };
    for (what, prefix, body) in kinds {
        let used: [RefCell<Vec<Used>>; 2] = Default::default();
        let side = |at: usize, poison| {
            let measured = run(poison);
            used[at].borrow_mut().push(measured);
            measured.wall
        };
        let measured = rounds(
            plan.rounds().min(5),
            [&mut || side(0, None), &mut || side(1, Some((prefix, body)))],
        );
        let speed = measured.spread(|[alone, beside]| alone / beside);
        row(
            "poison",
            &format!("{what}: speed of the rest to that alone"),
            "x",
            speed,
            Target::AtLeast(0.9),
        );
        let [alone, beside] = used.map(RefCell::into_inner);
        let both = || beside.iter().zip(&alone);
        let cpu = Spread::of(both().map(|(beside, alone)| beside.cpu / alone.cpu));
        row("", "CPU per message of the rest, to that alone", "x", cpu, Target::None);
        let peak = Spread::of(both().map(|(beside, alone)| beside.peak - alone.peak));
        row("", "peak memory, above that alone", " MiB", peak, Target::None);
    }
}
