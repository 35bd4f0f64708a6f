use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    ChecksumAlgorithm, ChecksumMode, CompletedMultipartUpload, CompletedPart, Delete,
    ObjectIdentifier,
};

use crate::world::{World, code};

fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    std::iter::repeat_with(next).take(len).collect()
}

#[tokio::test]
async fn an_object_comes_back_as_it_went() {
    let world = World::new().await;
    world.bucket("box").await;
    let body = noise(3_000_000);
    let put = world.s3.put_object().bucket("box").key("a b/ü+%.gz").body(body.clone().into());
    let put = put
        .content_encoding("gzip")
        .content_type("x/y")
        .metadata("who", "me")
        .send()
        .await
        .unwrap();
    assert!(put.checksum_crc32.is_some());
    let get = world.s3.get_object().bucket("box").key("a b/ü+%.gz").send().await.unwrap();
    assert_eq!(get.content_length, Some(3_000_000));
    assert_eq!(get.content_encoding.as_deref(), Some("gzip"));
    assert_eq!(get.content_type.as_deref(), Some("x/y"));
    assert_eq!(get.metadata.as_ref().unwrap()["who"], "me");
    assert_eq!(get.e_tag, put.e_tag);
    assert_eq!(get.checksum_crc32, put.checksum_crc32);
    assert_eq!(get.version_id, None);
    assert_eq!(get.body.collect().await.unwrap().into_bytes(), body);
    let head = world.s3.head_object().bucket("box").key("a b/ü+%.gz").send().await.unwrap();
    assert_eq!((head.content_length, head.e_tag), (Some(3_000_000), put.e_tag));
}

#[tokio::test]
async fn an_etag_is_the_md5_of_the_body() {
    let world = World::new().await;
    world.bucket("box").await;
    assert_eq!(world.put("box", "k", "hello").await, "\"5d41402abc4b2a76b9719d911017c592\"");
    assert_eq!(world.put("box", "k", "").await, "\"d41d8cd98f00b204e9800998ecf8427e\"");
}

#[tokio::test]
async fn every_checksum_is_kept_and_a_wrong_one_refused() {
    let world = World::new().await;
    world.bucket("box").await;
    for algorithm in [
        ChecksumAlgorithm::Crc32,
        ChecksumAlgorithm::Crc32C,
        ChecksumAlgorithm::Crc64Nvme,
        ChecksumAlgorithm::Sha1,
        ChecksumAlgorithm::Sha256,
    ] {
        let put =
            world.s3.put_object().bucket("box").key("k").checksum_algorithm(algorithm.clone());
        put.body(ByteStream::from_static(b"hello")).send().await.unwrap();
        let get = world.s3.get_object().bucket("box").key("k").checksum_mode(ChecksumMode::Enabled);
        let get = get.send().await.unwrap();
        let set = [
            &get.checksum_crc32,
            &get.checksum_crc32_c,
            &get.checksum_crc64_nvme,
            &get.checksum_sha1,
            &get.checksum_sha256,
        ];
        assert_eq!(set.iter().filter(|value| value.is_some()).count(), 1, "{algorithm}");
        assert_eq!(get.body.collect().await.unwrap().into_bytes(), "hello");
    }
    let wrong = world.s3.put_object().bucket("box").key("k").checksum_crc32("AAAAAA==");
    let error = wrong
        .body(ByteStream::from_static(b"hello"))
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert_eq!(code(&error), "BadDigest");
    let wrong =
        world.s3.put_object().bucket("box").key("k").content_md5("AAAAAAAAAAAAAAAAAAAAAA==");
    let error = wrong
        .body(ByteStream::from_static(b"hello"))
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert_eq!(code(&error), "BadDigest");
}

#[tokio::test]
async fn a_streamed_upload_carries_its_checksum_behind_it() {
    let world = World::new().await;
    world.bucket("box").await;
    let file = tempfile::NamedTempFile::new().unwrap();
    let body = noise(700_000);
    std::fs::write(file.path(), &body).unwrap();
    let stream = ByteStream::from_path(file.path()).await.unwrap();
    let put = world.s3.put_object().bucket("box").key("k").body(stream).send().await.unwrap();
    let get = world.s3.get_object().bucket("box").key("k").send().await.unwrap();
    assert!(get.checksum_crc32.is_some());
    assert_eq!(get.checksum_crc32, put.checksum_crc32);
    assert_eq!(get.content_encoding, None);
    assert_eq!(get.body.collect().await.unwrap().into_bytes(), body);
}

#[tokio::test]
async fn ranges_and_preconditions() {
    let world = World::new().await;
    world.bucket("box").await;
    let etag = world.put("box", "k", "0123456789").await;
    let get = || world.s3.get_object().bucket("box").key("k");
    for (range, body, shown) in [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-2", "89", "bytes 8-9/10"),
        ("bytes=5-99", "56789", "bytes 5-9/10"),
    ] {
        let got = get().range(range).if_match(&etag).send().await.unwrap();
        assert_eq!(got.content_range.as_deref(), Some(shown));
        assert_eq!(got.content_length, Some(body.len() as i64));
        assert_eq!(got.body.collect().await.unwrap().into_bytes(), body);
    }
    let status = |error: &SdkError<_, _>| {
        error
            .raw_response()
            .map(|response: &aws_sdk_s3::config::http::HttpResponse| response.status().as_u16())
    };
    let error = get().range("bytes=10-").send().await.unwrap_err();
    assert_eq!(status(&error), Some(416));
    assert_eq!(code(&error.into_service_error()), "InvalidRange");
    let error = get().if_match("\"other\"").send().await.unwrap_err();
    assert_eq!(status(&error), Some(412));
    assert_eq!(code(&error.into_service_error()), "PreconditionFailed");
    let error = get().if_none_match(&etag).send().await.unwrap_err();
    assert_eq!(status(&error), Some(304));
    let put = || world.s3.put_object().bucket("box").key("k").body(ByteStream::from_static(b"x"));
    let error = put().if_none_match("*").send().await.unwrap_err();
    assert_eq!(code(&error.into_service_error()), "PreconditionFailed");
    put().if_match(&etag).send().await.unwrap();
    let error = put().if_match(&etag).send().await.unwrap_err();
    assert_eq!(code(&error.into_service_error()), "PreconditionFailed");
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let world = World::new().await;
    let error = world
        .s3
        .get_object()
        .bucket("none")
        .key("k")
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert_eq!(code(&error), "NoSuchBucket");
    world.bucket("box").await;
    let error =
        world.s3.get_object().bucket("box").key("k").send().await.unwrap_err().into_service_error();
    assert!(error.is_no_such_key());
    let error = world
        .s3
        .head_object()
        .bucket("box")
        .key("k")
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert!(error.is_not_found());
    let owner = world.s3.get_object().bucket("box").key("k").expected_bucket_owner("111122223333");
    assert_eq!(code(&owner.send().await.unwrap_err().into_service_error()), "AccessDenied");
    world.s3.head_bucket().bucket("box").send().await.unwrap();
    world.put("box", "k", "x").await;
    let error =
        world.s3.delete_bucket().bucket("box").send().await.unwrap_err().into_service_error();
    assert_eq!(code(&error), "BucketNotEmpty");
    world.s3.delete_object().bucket("box").key("k").send().await.unwrap();
    world.s3.delete_object().bucket("box").key("k").send().await.unwrap();
    world.s3.delete_bucket().bucket("box").send().await.unwrap();
    assert!(world.s3.list_buckets().send().await.unwrap().buckets().is_empty());
}

#[tokio::test]
async fn listings_page_and_group() {
    let world = World::new().await;
    world.bucket("box").await;
    for key in ["a/1", "a/2", "b", "c/1 +", "d"] {
        world.put("box", key, key).await;
    }
    let pages = world.s3.list_objects_v2().bucket("box").max_keys(2).into_paginator().send();
    let pages = pages.try_collect().await.unwrap();
    let keys: Vec<_> =
        pages.iter().flat_map(|page| page.contents()).map(|one| one.key().unwrap()).collect();
    assert_eq!(keys, ["a/1", "a/2", "b", "c/1 +", "d"]);
    assert_eq!(pages.len(), 3);
    let pages =
        world.s3.list_objects_v2().bucket("box").delimiter("/").max_keys(1).into_paginator().send();
    let pages = pages.try_collect().await.unwrap();
    let shown = pages.iter().flat_map(|page| {
        let keys = page.contents().iter().map(|one| one.key().unwrap());
        keys.chain(page.common_prefixes().iter().map(|one| one.prefix().unwrap()))
    });
    assert_eq!(shown.collect::<Vec<_>>(), ["a/", "b", "c/", "d"]);
    let some = world
        .s3
        .list_objects_v2()
        .bucket("box")
        .prefix("a/")
        .start_after("a/1")
        .send()
        .await
        .unwrap();
    assert_eq!(some.contents().len(), 1);
    let keys = ["a/1", "never"].map(|key| ObjectIdentifier::builder().key(key).build().unwrap());
    let delete = Delete::builder().set_objects(Some(keys.to_vec())).build().unwrap();
    let deleted = world.s3.delete_objects().bucket("box").delete(delete).send().await.unwrap();
    assert_eq!(deleted.deleted().len(), 2);
}

#[tokio::test]
async fn parts_make_an_object() {
    let world = World::new().await;
    world.bucket("box").await;
    let body = noise((5 << 20) + 10);
    for composite in [false, true] {
        let mut create =
            world.s3.create_multipart_upload().bucket("box").key("k").content_type("x/y");
        if composite {
            create = create.checksum_algorithm(ChecksumAlgorithm::Crc32);
        }
        let id = create.send().await.unwrap().upload_id.unwrap();
        let mut parts = CompletedMultipartUpload::builder();
        for (number, part) in [(1, &body[..5 << 20]), (2, &body[5 << 20..])] {
            let mut upload =
                world.s3.upload_part().bucket("box").key("k").upload_id(&id).part_number(number);
            if composite {
                upload = upload.checksum_algorithm(ChecksumAlgorithm::Crc32);
            }
            let done = upload.body(part.to_vec().into()).send().await.unwrap();
            let part = CompletedPart::builder().part_number(number).set_e_tag(done.e_tag);
            parts = parts.parts(part.set_checksum_crc32(done.checksum_crc32).build());
        }
        let complete =
            || world.s3.complete_multipart_upload().bucket("box").key("k").upload_id(&id);
        let error = complete().send().await.unwrap_err().into_service_error();
        assert_eq!(code(&error), "MalformedXML");
        let done = complete().multipart_upload(parts.build()).send().await.unwrap();
        assert!(done.e_tag.unwrap().ends_with("-2\""));
        let get = world
            .s3
            .get_object()
            .bucket("box")
            .key("k")
            .checksum_mode(ChecksumMode::Enabled)
            .send()
            .await
            .unwrap();
        if composite {
            assert!(get.checksum_crc32.as_ref().unwrap().ends_with("-2"));
        } else {
            assert!(get.checksum_crc64_nvme.is_some());
        }
        assert_eq!(get.content_type.as_deref(), Some("x/y"));
        assert_eq!(get.body.collect().await.unwrap().into_bytes(), body);
    }
    let id = world
        .s3
        .create_multipart_upload()
        .bucket("box")
        .key("k")
        .send()
        .await
        .unwrap()
        .upload_id
        .unwrap();
    let abort = || world.s3.abort_multipart_upload().bucket("box").key("k").upload_id(&id);
    abort().send().await.unwrap();
    assert_eq!(code(&abort().send().await.unwrap_err().into_service_error()), "NoSuchUpload");
}

#[tokio::test]
async fn copies_are_objects_of_their_own() {
    let world = World::new().await;
    world.bucket("box").await;
    world.bucket("other").await;
    let etag = world.put("box", "a +ü", "hello").await;
    let copy = world
        .s3
        .copy_object()
        .bucket("other")
        .key("b")
        .copy_source("box/a%20%2B%C3%BC")
        .send()
        .await
        .unwrap();
    assert_eq!(copy.copy_object_result.unwrap().e_tag, Some(etag));
    let get = world.s3.get_object().bucket("other").key("b").send().await.unwrap();
    assert_eq!(get.body.collect().await.unwrap().into_bytes(), "hello");
    let error = world
        .s3
        .copy_object()
        .bucket("other")
        .key("b")
        .copy_source("box/none")
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(&error.into_service_error()), "NoSuchKey");
}

#[tokio::test]
async fn foreign_keys_are_refused() {
    let world = World::new().await;
    let credentials = aws_sdk_s3::config::Credentials::new("other", "other", None, None, "test");
    let config = world.s3.config().to_builder().credentials_provider(credentials).build();
    let error = aws_sdk_s3::Client::from_conf(config).list_buckets().send().await.unwrap_err();
    assert!(
        error.raw_response().is_some_and(|response| response.status().as_u16() == 403),
        "{error:?}"
    );
}
