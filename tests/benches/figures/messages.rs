//! P13, P15: many small objects, each announced by a message of its own.

use crate::{
    consumer::{Job, Work},
    measure::{
        input::Input,
        plan::Plan,
        rounds::rounds,
        table::{Target, row},
    },
    world::World,
};
use bytes::Bytes;
use s3_sqs_processor::Framing;

const OBJECT: usize = 1_000;

pub(crate) fn measure(plan: &Plan) {
    if !plan.wants("P13") && !plan.wants("P15") {
        return;
    }
    // 105,000 over all rounds.
    let messages = plan.pick(15_000, 100);
    let world = World::new();
    let text = Bytes::from(Input::of(OBJECT * (messages + 50), 15).lines());
    let run = |work| {
        world.put((0..messages).map(|number| text.slice(number * OBJECT..(number + 1) * OBJECT)));
        Job { endpoint: world.endpoint(), queue_url: &world.queue_url, messages, work }.run()
    };
    let mut requests = [0.0; 3];
    let mut ours = || {
        let before = world.requests();
        // Objects cut off in the middle of a record are whole as lines.
        let used = run(Work::Pipeline { framing: Framing::Lines, processors: 1, slots: None });
        let after = world.requests();
        requests = ["GetObject", "ReceiveMessage", "DeleteMessageBatch"]
            .map(|operation| (after.of(operation) - before.of(operation)) as f64 / messages as f64);
        used.cpu / messages as f64
    };
    let mut bare = || run(Work::Bare { bucket: &world.bucket }).cpu / messages as f64;
    let measured = rounds(plan.rounds(), [&mut ours, &mut bare]);
    let [gets, receives, deletes] = requests;
    row("P13", "GetObject requests per message of one object", "", gets, Target::AtMost(1.0));
    row("P13", "ReceiveMessage requests per message", "", receives, Target::AtMost(0.101));
    row("P13", "DeleteMessageBatch requests per message", "", deletes, Target::AtMost(0.2));
    let speed = measured.spread(|[ours, bare]| bare / ours);
    row(
        "P15",
        "objects of 1 KB: messages per CPU-second to those of the bare SDK calls",
        "x",
        speed,
        Target::AtLeast(0.85),
    );
    row("", "CPU per message", " us", measured.spread(|[ours, _]| ours * 1e6), Target::None);
    row("", "CPU of the bare calls per message", " us", measured.spread(|[_, bare]| bare * 1e6), Target::None);
}
