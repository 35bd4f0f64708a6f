//! What files hold: compression and framing.

use crate::harness::{Setup, Sink, gzip, ndjson, records};

/// What Firehose writes: values that follow each other with nothing between, compressed.
/// LocalStack's does not compress.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_25_gzip_with_values_that_nothing_separates() {
    let world = Setup::new("undelimited").make().await;
    let all: Vec<String> =
        (0..500).map(|index| format!(r#"{{"id":{index},"text":"}}{{ \"ä\" ]"}}"#)).collect();
    world.put("2026/11/20/stream-1.gz", gzip(all.concat().as_bytes())).await;

    let sink = Sink::new();
    let stats = world.consume(&sink).finish(1).await;
    sink.assert_each_once(all);
    assert_eq!((stats.messages.received, stats.objects.records), (1, 500));
    world.assert_all_gone().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_20_every_member_of_a_gzip_file_is_read() {
    let world = Setup::new("members").make().await;
    let (first, second) = (records("first", 3), records("second", 3));
    let members = [gzip(&ndjson(&first)), gzip(b""), gzip(&ndjson(&second)), vec![0; 512]].concat();
    world.put("members.gz", members).await;

    let sink = Sink::new();
    world.consume(&sink).finish(1).await;
    sink.assert_each_once([first, second].concat());
    world.assert_all_gone().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_22_the_bytes_decide_not_the_name() {
    let world = Setup::new("names-lie").make().await;
    let (plain, packed, header) = (records("plain", 2), records("packed", 2), records("header", 2));
    world.put("plain.gz", ndjson(&plain)).await;
    world.put("packed.json", gzip(&ndjson(&packed))).await;
    let put =
        world.s3.put_object().bucket(&world.bucket).key("header.json").content_encoding("gzip");
    put.body(gzip(&ndjson(&header)).into()).send().await.unwrap();

    let sink = Sink::new();
    let stats = world.consume(&sink).finish(3).await;
    sink.assert_each_once([plain, packed, header].concat());
    assert_eq!(stats.messages.received, 3);
    world.assert_all_gone().await;
}
