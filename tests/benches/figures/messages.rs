//! P13, P15: many small objects, each announced by a message of its own.

use crate::{
    consuming::{
        consumer::{Job, Work},
        pipe::Pipe,
        world::World,
    },
    measure::{
        input::Input,
        plan::Plan,
        rounds::rounds,
        table::{Target, row},
    },
};
use bytes::Bytes;

const OBJECT: usize = 1_000;
/// 21 rounds of these are 105,000 messages: many short turns even out what a shared machine does
/// better than few long ones, and in 5,000 messages the start of a process does not show.
const ROUNDS: usize = 21;
const MESSAGES: usize = 5_000;
/// Loops of bare calls with ten messages each: side by side as many as a pipeline has receives, or
/// slots.
const AS_MANY_RECEIVES: usize = 4;
const AS_MANY_MESSAGES: usize = 10;

pub(crate) fn measure(plan: &Plan) {
    if !plan.wants("P13") && !plan.wants("P15") {
        return;
    }
    let messages = plan.pick(MESSAGES, 100);
    let world = World::new();
    // Objects cut off in the middle of a record are whole as lines.
    let text = Bytes::from(Input::of(OBJECT * (messages + 50), 15).lines());
    world.put((0..messages).map(|number| text.slice(number * OBJECT..(number + 1) * OBJECT)));
    let announcements = world.announcements();
    let announce = || {
        if world.left() == 0 {
            world.announce(&announcements);
        }
    };
    let run = |work| {
        let used =
            Job { endpoint: world.endpoint(), queue_url: &world.queue_url, messages, work }.run();
        used.cpu / messages as f64
    };
    let mut asked = [0.0; 4];
    let mut ours = || {
        announce();
        let before = world.requests();
        let cost = run(Work::Pipeline(Pipe::trivial("lines", 1)));
        let after = world.requests();
        let [gets, receives, deletes] = ["GetObject", "ReceiveMessage", "DeleteMessageBatch"]
            .map(|operation| (after.of(operation) - before.of(operation)) as f64);
        asked = [gets, receives, deletes, (after.connections - before.connections) as f64];
        cost
    };
    let bare = |loops| {
        announce();
        run(Work::Bare { bucket: &world.bucket, loops, decodes: false })
    };
    let measured = rounds(
        plan.pick(ROUNDS, 1),
        [&mut ours, &mut || bare(AS_MANY_RECEIVES), &mut || bare(AS_MANY_MESSAGES)],
    );
    let [gets, receives, deletes, connections] = asked;
    let each = messages as f64;
    row(
        "P13",
        "GetObject requests per message of one object",
        "",
        gets / each,
        Target::AtMost(1.0),
    );
    row("P13", "ReceiveMessage requests per message", "", receives / each, Target::AtMost(0.105));
    row("P13", "DeleteMessageBatch requests per message", "", deletes / each, Target::AtMost(0.2));
    row("P13", "connections opened, as the server counts them", "", connections, Target::None);
    row("", "the same, per 1,000 GetObject requests", "", connections / gets * 1e3, Target::None);
    let speed = measured.spread(|[ours, bare, _]| bare / ours);
    row(
        "P15",
        "objects of 1 KB: messages per CPU-second to those of the bare SDK calls",
        "x",
        speed,
        Target::AtLeast(0.85),
    );
    let speed = measured.spread(|[ours, _, bare]| bare / ours);
    row(
        "",
        "the same, to those of the bare calls with as many messages at once",
        "x",
        speed,
        Target::None,
    );
    let [ours, bare, many] = [0, 1, 2].map(|side| measured.spread(|costs| costs[side] * 1e6));
    row("", "CPU per message", " us", ours, Target::None);
    row("", "CPU of the bare calls per message", " us", bare, Target::None);
    row("", "the same, with as many messages at once", " us", many, Target::None);
}
