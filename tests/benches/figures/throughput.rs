//! P1, P2, P3: decoded bytes per CPU-second of the consuming process, against LIMIT over the same
//! bytes.

use crate::{
    consuming::{
        consumer::{Job, Work},
        pipe::Pipe,
        world::World,
    },
    measure::{
        clock::cpu_seconds,
        input::{Input, gzip},
        limit::limit,
        plan::Plan,
        rounds::rounds,
        table::{Target, row},
    },
};
use bytes::Bytes;

/// As many as a pipeline has receives.
const LOOPS: usize = 4;

/// A size of files, and processors to give their records to.
struct Figure {
    name: &'static str,
    what: &'static str,
    /// Of a file as it is stored, in MB.
    size: usize,
    processors: usize,
    target: f64,
}

const FIGURES: [Figure; 3] = [
    Figure { name: "P1", what: "one processor, 40 MB gzip", size: 40, processors: 1, target: 0.90 },
    Figure { name: "P2", what: "one processor, 5 MB gzip", size: 5, processors: 1, target: 0.85 },
    Figure {
        name: "P3",
        what: "three processors, 40 MB gzip",
        size: 40,
        processors: 3,
        target: 0.85,
    },
];

pub(crate) fn measure(plan: &Plan) {
    let wanted: Vec<_> = FIGURES.into_iter().filter(|figure| plan.wants(figure.name)).collect();
    if wanted.is_empty() {
        return;
    }
    // About five bytes to one.
    let large = Input::of(plan.pick(200_000_000, 500_000), 1);
    let small = Input::of(plan.pick(25_000_000, 100_000), 2);
    for figure in wanted {
        match figure.size {
            40 => figure.measure(plan, &large, plan.pick(8, 2)),
            _ => figure.measure(plan, &small, plan.pick(60, 2)),
        }
    }
}

impl Figure {
    /// The same records as lines and as undelimited JSON in the same rounds, so many files each
    /// time.
    fn measure(&self, plan: &Plan, input: &Input, files: usize) {
        let lines = Bytes::from(gzip(&input.lines()));
        let json = Bytes::from(gzip(input.undelimited()));
        let world = World::new();
        let run = |file: &Bytes, work| {
            world.put(vec![file.clone(); files]);
            let used = Job {
                endpoint: world.endpoint(),
                queue_url: &world.queue_url,
                messages: files,
                work,
            }
            .run();
            used.decoded / used.cpu
        };
        let consume =
            |file, format| run(file, Work::Pipeline(Pipe::trivial(format, self.processors)));
        let measured = rounds(
            plan.rounds(),
            [
                &mut || consume(&lines, "lines"),
                &mut || consume(&json, "json"),
                &mut || {
                    run(&lines, Work::Bare { bucket: &world.bucket, loops: LOOPS, decodes: true })
                },
                &mut || decode(&lines, files, 1),
                &mut || decode(&json, files, 1),
                &mut || decode(&lines, files, 2),
            ],
        );
        let say = |name, what: &str, ratio: fn([f64; 6]) -> f64, target| {
            row(name, what, "x", measured.spread(ratio), target);
        };
        let what = |of| format!("{} of {of}: speed to LIMIT", self.what);
        let target = || Target::AtLeast(self.target);
        say(self.name, &what("lines"), |[lines, _, _, limit, ..]| lines / limit, target());
        say(
            self.name,
            &what("undelimited JSON"),
            |[_, json, _, _, limit, _]| json / limit,
            target(),
        );
        say("", "undelimited JSON: speed to lines", |[lines, json, ..]| json / lines, Target::None);
        say(
            "",
            "lines: speed to the SDK alone with LIMIT's decoder",
            |[lines, _, sdk, ..]| lines / sdk,
            Target::None,
        );
        say(
            "",
            "the SDK alone with LIMIT's decoder, to LIMIT",
            |[_, _, sdk, limit, ..]| sdk / limit,
            Target::None,
        );
        say(
            "",
            "LIMIT on both cores at once, to LIMIT",
            |[_, _, _, limit, _, both]| both / limit,
            Target::None,
        );
        let limit = measured.spread(|[_, _, _, limit, ..]| limit / 1e6);
        row("", "LIMIT: decoded per CPU-second", " MB", limit, Target::None);
    }
}

/// LIMIT: decoded bytes per CPU-second, by so many threads together.
fn decode(file: &Bytes, files: usize, threads: usize) -> f64 {
    let share = files / threads;
    let mut decoded = 0;
    let seconds = cpu_seconds(|| {
        decoded = std::thread::scope(|scope| {
            let work = || (0..share).map(|_| limit(&file[..]).1).sum::<usize>();
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
            work() + others.into_iter().map(|other| other.join().unwrap()).sum::<usize>()
        });
    });
    decoded as f64 / seconds
}
