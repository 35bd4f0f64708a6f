//! Single bad records are put aside on the server's own S3, and come back through its SQS.

use crate::harness::{Consumer, Counts, Setup, ndjson, records};
use local_aws::Backend;
use s3_sqs_processor::{ProcessError, S3Quarantine, from_fn};
use std::sync::{Arc, Mutex};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_38_a_bad_record_is_put_aside_and_comes_back() {
    let world = Setup::new("aside").visibility(4).make().await;
    let bucket = format!("{}-state", world.bucket);
    world.s3.create_bucket().bucket(&bucket).send().await.unwrap();
    let sqs = Backend::sqs(&world.config);
    let quarantine = S3Quarantine::new(Backend::s3(&world.config), &bucket, "q/");
    world.put("file", ndjson(&records("aside", 2_000))).await;
    let seen: Arc<Mutex<Vec<(u64, String)>>> = Arc::default();
    let processor = |fails: bool| {
        let seen = Arc::clone(&seen);
        from_fn(move |record, _| {
            let is_bad = [7, 1_234].contains(&record.index());
            if is_bad {
                seen.lock().unwrap().push((record.index(), record.id().to_string()));
            }
            let fails = fails && is_bad;
            async move { if fails { Err(ProcessError::reject("told to")) } else { Ok(()) } }
        })
    };
    let builder = world.pipeline().processor("p", processor(true)).quarantine(quarantine.clone());
    let stats = Consumer::start(builder).finish(1).await;
    assert_eq!((stats.messages.received, stats.processors["p"].quarantined), (1, 2));
    let [file] = &quarantine.list().await.unwrap()[..] else { panic!("one file") };
    let aside = quarantine.read(&file.name).await.unwrap();
    let found: Vec<_> = aside.iter().map(|record| (record.index, record.id.to_string())).collect();
    let sorted = |mut seen: Vec<(u64, String)>| {
        seen.sort();
        seen
    };
    let found = sorted(found);
    assert_eq!(found, sorted(seen.lock().unwrap().clone()));
    assert!(aside.iter().all(|record| record.key == "file" && !record.payload.is_empty()));
    // Mended.
    let sent = quarantine.replay(&file.name, &sqs, Some(world.queue_url())).await.unwrap();
    assert_eq!(sent.iter().map(|replay| replay.records).sum::<usize>(), 2);
    let stats = Consumer::start(world.pipeline().processor("p", processor(false))).finish(1).await;
    assert_eq!((stats.messages.received, stats.processors["p"].done), (1, 2));
    let twice = sorted([&found[..], &found[..]].concat());
    assert_eq!(sorted(seen.lock().unwrap().clone()), twice, "the same records");
    assert_eq!(world.counts(world.queue_url()).await, Counts::EMPTY);
    assert_eq!(quarantine.list().await.unwrap(), []);
    let replayed = S3Quarantine::new(Backend::s3(&world.config), &bucket, "q/replayed/");
    assert_eq!(replayed.read(&file.name).await.unwrap(), aside);
    assert!(quarantine.read("none").await.unwrap_err().to_string().contains("q/none.jsonl.gz"));
}
