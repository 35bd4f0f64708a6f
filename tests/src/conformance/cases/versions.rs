//! Versions and delete markers.

use crate::conformance::aws::{Aws, alike, outcome};
use crate::conformance::case::Case;
use crate::conformance::subject::{Read, Subject, text};
use aws_sdk_s3::{
    error::ProvideErrorMetadata,
    types::{Tag, Tagging},
};

const GET: &str = "Retrieving object versions from a versioning-enabled bucket";
const MARKERS: &str = "Working with delete markers";
const ERRORS: &str = "Error responses";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::ports("an overwritten object", GET, "latest: two, by version: one", overwritten),
        Case::ports("a deleted object", MARKERS, "latest: gone, by version: one", deleted),
        Case::ports("without versions", GET, "latest: two, no version", unversioned),
        Case::services("the answer below a delete marker", MARKERS, "404 NoSuchKey", below_marker),
        Case::services("a delete marker by its version", MARKERS, "405 MethodNotAllowed", marker),
        Case::services("a version that was deleted", ERRORS, "404 NoSuchVersion", missing),
        Case::services("a version id that is none", ERRORS, "400 InvalidArgument", malformed),
        Case::services("the delete of a delete marker", MARKERS, "latest: one", undeleted),
        Case::services(
            "an object from before there were versions",
            GET,
            "null: zero, latest: one",
            null,
        ),
        Case::services(
            "tags of a version",
            "Categorizing your objects using tags",
            "first: a=1, second: none",
            tags,
        ),
    ]
}

async fn tags(aws: Aws) -> String {
    let bucket = aws.bucket().await;
    aws.keep_versions(&bucket).await;
    let first = aws.object(&bucket, "k", "one").await;
    let second = aws.object(&bucket, "k", "two").await;
    let tag = Tag::builder().key("a").value("1").build().unwrap();
    let tagging = Tagging::builder().tag_set(tag).build().unwrap();
    let put = aws.s3.put_object_tagging().bucket(&bucket).key("k");
    let put = put.set_version_id(first.clone()).tagging(tagging);
    if let Err(error) = put.send().await {
        return format!("no tags: {}", error.code().unwrap_or("no code"));
    }
    let shown = async |version: Option<String>| {
        let get = aws.s3.get_object_tagging().bucket(&bucket).key("k").set_version_id(version);
        let tags = get.send().await.unwrap().tag_set;
        let tags: Vec<_> = tags.iter().map(|tag| format!("{}={}", tag.key, tag.value)).collect();
        if tags.is_empty() { "none".to_owned() } else { tags.join(",") }
    };
    format!("first: {}, second: {}", shown(first).await, shown(second).await)
}

async fn overwritten(s: Subject) -> String {
    let bucket = s.bucket_with(true).await;
    let (_, first) = s.put(&bucket, "k", b"one").await;
    s.put(&bucket, "k", b"two").await;
    latest_and(&s, &bucket, first.as_deref()).await
}

async fn deleted(s: Subject) -> String {
    let bucket = s.bucket_with(true).await;
    let (_, first) = s.put(&bucket, "k", b"one").await;
    s.remove(&bucket, "k").await;
    latest_and(&s, &bucket, first.as_deref()).await
}

async fn latest_and(s: &Subject, bucket: &str, version: Option<&str>) -> String {
    assert!(version.is_some());
    let read = |version| s.read(bucket, "k", Read { version, ..Read::default() });
    format!("latest: {}, by version: {}", text(read(None).await), text(read(version).await))
}

async fn unversioned(s: Subject) -> String {
    let bucket = s.bucket_with(false).await;
    s.put(&bucket, "k", b"one").await;
    let (_, version) = s.put(&bucket, "k", b"two").await;
    let latest = text(s.read(&bucket, "k", Read::default()).await);
    format!("latest: {latest}, {}", version.as_deref().unwrap_or("no version"))
}

async fn versioned(aws: &Aws) -> (String, String) {
    let bucket = aws.bucket().await;
    aws.keep_versions(&bucket).await;
    let version = aws.object(&bucket, "k", "one").await.unwrap();
    (bucket, version)
}

async fn delete(aws: &Aws, bucket: &str, version: Option<&str>) -> Option<String> {
    let delete =
        aws.s3.delete_object().bucket(bucket).key("k").set_version_id(version.map(str::to_owned));
    delete.send().await.unwrap().version_id
}

async fn get(aws: &Aws, bucket: &str, version: Option<&str>) -> String {
    let get =
        aws.s3.get_object().bucket(bucket).key("k").set_version_id(version.map(str::to_owned));
    match get.send().await {
        Ok(got) => String::from_utf8(got.body.collect().await.unwrap().to_vec()).unwrap(),
        error => outcome(error),
    }
}

async fn below_marker(aws: Aws) -> String {
    let (bucket, _) = versioned(&aws).await;
    delete(&aws, &bucket, None).await;
    get(&aws, &bucket, None).await
}

async fn marker(aws: Aws) -> String {
    let (bucket, _) = versioned(&aws).await;
    let marker = delete(&aws, &bucket, None).await.unwrap();
    get(&aws, &bucket, Some(&marker)).await
}

async fn missing(aws: Aws) -> String {
    let (bucket, version) = versioned(&aws).await;
    aws.object(&bucket, "k", "two").await;
    delete(&aws, &bucket, Some(&version)).await;
    get(&aws, &bucket, Some(&version)).await
}

async fn malformed(aws: Aws) -> String {
    let (bucket, _) = versioned(&aws).await;
    alike([get(&aws, &bucket, Some("7")).await, get(&aws, &bucket, Some("no-such-version")).await])
}

async fn undeleted(aws: Aws) -> String {
    let (bucket, _) = versioned(&aws).await;
    let marker = delete(&aws, &bucket, None).await.unwrap();
    delete(&aws, &bucket, Some(&marker)).await;
    format!("latest: {}", get(&aws, &bucket, None).await)
}

async fn null(aws: Aws) -> String {
    let bucket = aws.bucket().await;
    aws.object(&bucket, "k", "zero").await;
    aws.keep_versions(&bucket).await;
    aws.object(&bucket, "k", "one").await;
    format!(
        "null: {}, latest: {}",
        get(&aws, &bucket, Some("null")).await,
        get(&aws, &bucket, None).await
    )
}
