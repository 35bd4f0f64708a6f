//! Objects are deleted and tagged when their messages were deleted, on the server's own S3.

use crate::harness::{Consumer, Setup, World, eventually, lacks, ndjson, records};
use local_aws::BackendKind;
use s3_sqs_processor::{Builder, Finish, Missing, Stats, from_fn};

/// How many objects are left of a bucket.
async fn left(world: &World) -> usize {
    let listed = world.s3.list_objects_v2().bucket(&world.bucket).send().await.unwrap();
    listed.contents().len()
}

fn done(world: &World) -> Builder {
    world.pipeline().processor("p", from_fn(|_, _| async { Ok(()) }))
}

async fn deletes_all(world: &World) -> Stats {
    for n in 0..5 {
        world.put(&format!("file {n}+ü"), ndjson(&records("cleanup", 20))).await;
    }
    let builder = done(world).finish(Finish::delete_as_sole_consumer()).missing(Missing::Done);
    let consumer = Consumer::start(builder);
    consumer.until_deleted(5).await;
    eventually("all are gone", async || (left(world).await == 0).then_some(())).await;
    consumer.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_36_what_is_done_is_deleted() {
    if lacks("conditional deletes", &[BackendKind::LocalStack]) {
        return;
    }
    let stats = deletes_all(&Setup::new("cleanup").make().await).await;
    assert_eq!((stats.finish.deleted, stats.finish.kept, stats.objects.missing), (5, 0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_36_of_what_is_done_the_version_that_was_read_is_deleted() {
    let world = Setup::new("versions").make().await;
    world.keep_versions().await;
    let stats = deletes_all(&world).await;
    assert_eq!((stats.finish.deleted, stats.finish.kept), (5, 0));
    let listed = world.s3.list_object_versions().bucket(&world.bucket).send().await.unwrap();
    assert!(listed.versions().is_empty() && listed.delete_markers().is_empty(), "{listed:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_92_a_newer_object_is_read_before_it_is_deleted() {
    let world = Setup::new("newer").make().await;
    world.put("file", ndjson(&records("newer", 20))).await;
    let (s3, bucket) = (world.s3.clone(), world.bucket.clone());
    // Overwritten while its last record is processed.
    let processor = from_fn(move |record, _| {
        let put = (record.index() == 19)
            .then(|| s3.put_object().bucket(&bucket).key("file").body(b"{}".to_vec().into()));
        async move {
            if let Some(put) = put {
                put.send().await?;
            }
            Ok(())
        }
    });
    let builder = world.pipeline().processor("p", processor);
    let builder = builder.finish(Finish::delete_as_sole_consumer()).missing(Missing::Done);
    let stats = Consumer::start(builder).finish(2).await;
    assert_eq!((stats.messages.deleted, stats.objects.missing), (2, 0));
    assert_eq!(stats.processors["p"].done, 21);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_is_tagged_beside_its_other_tags() {
    if lacks("tags", &[BackendKind::Embedded]) {
        return;
    }
    let world = Setup::new("tagged").make().await;
    world.keep_versions().await;
    let put = world.s3.put_object().bucket(&world.bucket).key("file").tagging("team=a");
    put.body(b"{}".to_vec().into()).send().await.unwrap();
    let consumer = Consumer::start(done(&world).finish(Finish::tag("state", "done")));
    consumer.until_deleted(1).await;
    let tags = async || {
        let get = world.s3.get_object_tagging().bucket(&world.bucket).key("file");
        let mut tags: Vec<_> = get.send().await.unwrap().tag_set;
        tags.sort_by(|a, b| a.key.cmp(&b.key));
        tags.into_iter().map(|tag| format!("{}={}", tag.key, tag.value)).collect::<Vec<_>>()
    };
    eventually("it is tagged", async || (tags().await == ["state=done", "team=a"]).then_some(()))
        .await;
    assert_eq!(consumer.stop().await.finish.tagged, 1);
}
