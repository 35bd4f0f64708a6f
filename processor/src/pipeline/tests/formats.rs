//! Files that other tools wrote, through the whole pipeline: what their decoders need of memory is
//! reserved, and every record comes.

use super::{probe::Act, world::World};
use crate::{
    Builder, Limits, Route,
    testing::{Place, QueueSettings},
};
use std::{fs, path::PathBuf};

#[derive(serde::Deserialize)]
struct Case {
    file: String,
    decoder: String,
    records: Vec<String>,
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/decode/fixtures"))
}

fn cases() -> Vec<Case> {
    let cases = fs::read(folder().join("cases.json")).expect("it is there");
    serde_json::from_slice(&cases).expect("it is JSON")
}

fn routed(builder: Builder, cases: &[Case]) -> Builder {
    cases.iter().fold(builder, |builder, case| {
        let route = Route::new(&case.file).prefix(format!("{}/", case.file));
        builder.route(route.format(&case.decoder))
    })
}

#[tokio::test(start_paused = true)]
async fn files_of_every_format_come_whole_through_one_queue() {
    let world = World::new();
    let cases = cases();
    for case in &cases {
        let bytes = fs::read(folder().join(&case.file)).expect("it is there");
        world.store.chunk_size(7);
        world.file(&format!("{}/1", case.file), bytes);
    }
    let stats = world.run(routed(world.with_probe(|_| Act::Done), &cases)).await;
    assert_eq!(stats.messages.deleted, cases.len() as u64);
    for Case { file, records, .. } in &cases {
        let key = format!("{file}/1");
        let seen = world.log.seen();
        let mut of_file: Vec<_> = seen.iter().filter(|seen| seen.key == key).collect();
        of_file.sort_by_key(|seen| seen.index);
        assert_eq!(of_file.len(), records.len(), "{file}");
        // Bytes that are no text are shown otherwise here.
        if !records.iter().any(|record| record.contains('\u{ff}')) {
            assert!(of_file.iter().map(|seen| &seen.payload).eq(records), "{file}");
        }
        assert_eq!(stats.routes[file].done, 1, "{file}");
    }
    // A control message, and two lines of comments.
    assert_eq!(stats.objects.passed_over, 3);
}

#[tokio::test(start_paused = true)]
async fn trap_67_a_window_beyond_the_budget_fails_its_object_alone() {
    let world = World::with(QueueSettings { max_receives: Some(2), ..QueueSettings::default() });
    let lines: String = (0..50_000).map(|n| format!("{n}\n")).collect();
    let mut large = zstd::stream::Encoder::new(Vec::new(), 3).expect("it can be made");
    large.window_log(21).expect("it can be set");
    std::io::Write::write_all(&mut large, lines.as_bytes()).expect("a vector takes all");
    let large = world.file("large", large.finish().expect("a vector takes all"));
    let small = world.file("small", zstd::bulk::compress(b"1\n2\n", 3).expect("it is small"));
    let limits = Limits::default().buffered_bytes(1 << 20);
    let builder = world.with_probe(|_| Act::Done).limits(limits);
    let stats = world.run(builder).await;
    assert_eq!(world.queue.place(&small), Place::Deleted);
    assert_eq!(world.queue.place(&large), Place::Dead);
    assert_eq!(stats.objects.unreadable, 2);
    assert!(world.log.seen().iter().all(|seen| seen.key == "small"));
}
