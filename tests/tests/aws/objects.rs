//! Objects that were not put in one piece, or hold nothing.

use crate::harness::{Setup, Sink, World, ndjson, records};
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};

/// The least that a part may have unless it is the last (Amazon S3 User Guide, "multipart upload
/// limits").
const PART: usize = 5 << 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_multi_part_object_with_records_across_the_parts() {
    let world = Setup::new("multi-part").make().await;
    let padding = "x".repeat(1_000);
    let all: Vec<String> =
        (0..6_000).map(|index| format!(r#"{{"id":{index},"padding":"{padding}"}}"#)).collect();
    let body = ndjson(&all);
    assert!(body[PART - 1] != b'\n' && body[PART] != b'{', "a record lies across the parts");
    upload(&world, "large", body.chunks(PART)).await;

    let sink = Sink::new();
    let stats = world.consume(&sink).finish(1).await;
    sink.assert_each_once(all);
    assert_eq!((stats.messages.received, stats.objects.bytes_read), (1, body.len() as u64));
    world.assert_all_gone().await;
}

async fn upload(world: &World, key: &str, parts: impl Iterator<Item = &[u8]>) {
    let begin = world.s3.create_multipart_upload().bucket(&world.bucket).key(key);
    let begun = begin.checksum_algorithm(ChecksumAlgorithm::Crc32).send().await.unwrap();
    let upload = begun.upload_id.unwrap();
    let mut completed = CompletedMultipartUpload::builder();
    for (number, part) in (1..).zip(parts) {
        let request = world
            .s3
            .upload_part()
            .bucket(&world.bucket)
            .key(key)
            .upload_id(&upload)
            .part_number(number);
        let sent = request.body(part.to_vec().into()).send().await.unwrap();
        let part = CompletedPart::builder().part_number(number).set_e_tag(sent.e_tag);
        let part = part.set_checksum_crc32(sent.checksum_crc32);
        completed = completed.parts(part.build());
    }
    let request =
        world.s3.complete_multipart_upload().bucket(&world.bucket).key(key).upload_id(upload);
    request.multipart_upload(completed.build()).send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copied_object_is_processed_as_an_object_of_its_own() {
    let world = Setup::new("copied").make().await;
    let two = records("record", 2);
    world.put("original", ndjson(&two)).await;
    let copy = world.s3.copy_object().copy_source(format!("{}/original", world.bucket));
    copy.bucket(&world.bucket).key("copy").send().await.unwrap();

    let sink = Sink::new();
    let stats = world.consume(&sink).finish(2).await;
    sink.assert_each_once([two.clone(), two].concat());
    let copied = sink.seen().iter().filter(|seen| seen.key == "copy").count();
    assert_eq!((copied, stats.messages.received), (2, 2));
    world.assert_all_gone().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_17_objects_without_records_are_done() {
    let world = Setup::new("empty").make().await;
    world.put("nothing.json", "").await;
    world.put("nothing.json.gz", "").await;
    world.put("blank.json", " \n\n ").await;

    let sink = Sink::new();
    let stats = world.consume(&sink).finish(3).await;
    assert_eq!((sink.count(), stats.objects.done, stats.messages.received), (0, 3, 3));
    world.assert_all_gone().await;
}
