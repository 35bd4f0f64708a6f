use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};

use crate::world::{World, code};

async fn set(world: &World, status: BucketVersioningStatus) {
    let configuration = VersioningConfiguration::builder().status(status).build();
    let set =
        world.s3.put_bucket_versioning().bucket("box").versioning_configuration(configuration);
    set.send().await.unwrap();
}

async fn put(world: &World, body: &'static str) -> Option<String> {
    let put = world.s3.put_object().bucket("box").key("k").body(body.as_bytes().to_vec().into());
    put.send().await.unwrap().version_id
}

async fn read(world: &World, version: Option<&str>) -> Result<String, String> {
    let get =
        world.s3.get_object().bucket("box").key("k").set_version_id(version.map(str::to_owned));
    match get.send().await {
        Ok(got) => Ok(String::from_utf8(got.body.collect().await.unwrap().to_vec()).unwrap()),
        Err(error) => Err(code(&error.into_service_error()).to_owned()),
    }
}

#[tokio::test]
async fn versions_stay_until_deleted_by_id() {
    let world = World::new().await;
    world.bucket("box").await;
    assert_eq!(put(&world, "zero").await, None);
    set(&world, BucketVersioningStatus::Enabled).await;
    let status = world.s3.get_bucket_versioning().bucket("box").send().await.unwrap().status;
    assert_eq!(status, Some(BucketVersioningStatus::Enabled));
    let one = put(&world, "one").await.unwrap();
    let two = put(&world, "two").await.unwrap();
    assert_ne!(one, two);
    assert_eq!(read(&world, None).await.unwrap(), "two");
    assert_eq!(read(&world, Some(&one)).await.unwrap(), "one");
    assert_eq!(read(&world, Some("null")).await.unwrap(), "zero");
    assert_eq!(read(&world, Some(&"0".repeat(32))).await.unwrap_err(), "NoSuchVersion");
    assert_eq!(read(&world, Some("never")).await.unwrap_err(), "InvalidArgument");

    let delete = world.s3.delete_object().bucket("box").key("k").send().await.unwrap();
    assert_eq!(delete.delete_marker, Some(true));
    let marker = delete.version_id.unwrap();
    assert_eq!(read(&world, None).await.unwrap_err(), "NoSuchKey");
    assert_eq!(read(&world, Some(&marker)).await.unwrap_err(), "MethodNotAllowed");
    assert_eq!(read(&world, Some(&two)).await.unwrap(), "two");
    assert!(world.s3.list_objects_v2().bucket("box").send().await.unwrap().contents().is_empty());
    let all = world.s3.list_object_versions().bucket("box").send().await.unwrap();
    assert_eq!((all.versions().len(), all.delete_markers().len()), (3, 1));

    world.s3.delete_object().bucket("box").key("k").version_id(&marker).send().await.unwrap();
    assert_eq!(read(&world, None).await.unwrap(), "two");
    world.s3.delete_object().bucket("box").key("k").version_id(&two).send().await.unwrap();
    assert_eq!(read(&world, None).await.unwrap(), "one");

    set(&world, BucketVersioningStatus::Suspended).await;
    assert_eq!(put(&world, "null").await.as_deref(), Some("null"));
    assert_eq!(read(&world, Some("null")).await.unwrap(), "null");
    assert_eq!(read(&world, Some(&one)).await.unwrap(), "one");
}
