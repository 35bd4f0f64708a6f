use crate::{
    port::{GetObject, PortError, PortErrorKind, Store, StoredObject},
    testing::{MemoryStore, ObjectFault, Trace},
};
use std::time::Duration;
use tokio::time::Instant;

async fn open(store: &MemoryStore, version_id: Option<&str>) -> Result<StoredObject, PortError> {
    store
        .get(GetObject {
            bucket: "data",
            key: "k",
            version_id,
            region: None,
            from: 0,
            if_match: None,
        })
        .await
}

/// The bytes that came, and the error that ended them.
async fn read(
    store: &MemoryStore,
    version_id: Option<&str>,
) -> (Vec<usize>, Option<PortErrorKind>) {
    let mut object = open(store, version_id).await.expect("it is there");
    let mut chunks = Vec::new();
    loop {
        match object.body.next().await {
            Ok(Some(chunk)) => chunks.push(chunk.len()),
            Ok(None) => return (chunks, None),
            Err(error) => return (chunks, Some(error.kind)),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn bodies_come_in_chunks_and_end_as_they_were_told_to() {
    let store = MemoryStore::new(Trace::new());
    store.chunk_size(4);
    store.put("k", "0123456789");
    let failing = |fault| store.fail("k", fault, 1);
    assert_eq!(read(&store, None).await, (vec![4, 4, 2], None));
    failing(ObjectFault::Break(6));
    assert_eq!(read(&store, None).await, (vec![4, 2], Some(PortErrorKind::Transient)));
    failing(ObjectFault::Short(8));
    assert_eq!(read(&store, None).await, (vec![4, 4], None));
    failing(ObjectFault::CorruptBreak(5, 8));
    assert_eq!(read(&store, None).await, (vec![4, 4], Some(PortErrorKind::Transient)));
    let began = Instant::now();
    failing(ObjectFault::Stall(4, Duration::from_secs(90)));
    assert_eq!(read(&store, None).await, (vec![4, 4, 2], None));
    assert_eq!(began.elapsed(), Duration::from_secs(90));
    failing(ObjectFault::Denied);
    assert_eq!(open(&store, None).await.err().map(|error| error.kind), Some(PortErrorKind::Denied));
    assert_eq!((store.open(), store.most_open()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn versions_stay_and_without_them_the_last_write_wins() {
    let store = MemoryStore::new(Trace::new());
    let before = store.put("k", "old");
    assert_ne!(before.etag, store.put("k", "newer").etag);
    assert_eq!(read(&store, None).await.0, [5]);
    store.keep_versions();
    let first = store.put("k", "1");
    store.put("k", "22");
    assert_eq!(read(&store, first.version_id.as_deref()).await.0, [1]);
    assert_eq!(read(&store, None).await.0, [2]);
    store.remove("k");
    let gone = open(&store, None).await.err().expect("it was removed");
    assert_eq!(gone.kind, PortErrorKind::Gone);
    assert!(gone.to_string().contains("s3://data/k"), "{gone}");
    assert_eq!(read(&store, first.version_id.as_deref()).await.0, [1], "its versions stay");
}

/// The bytes of a connection that begins there, and what the checksum that was told says of them.
async fn checked(store: &MemoryStore, from: u64) -> (Vec<u8>, Option<bool>) {
    let get = GetObject {
        bucket: "data",
        key: "k",
        version_id: None,
        region: None,
        from,
        if_match: None,
    };
    let mut object = store.get(get).await.expect("it is there");
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = object.body.next().await {
        object.checksum.iter_mut().for_each(|checksum| checksum.update(&chunk));
        bytes.extend_from_slice(&chunk);
    }
    (bytes, object.checksum.map(|checksum| checksum.finish().is_ok()))
}

#[tokio::test(start_paused = true)]
async fn the_first_answer_tells_the_checksum_of_the_object_as_it_is_stored() {
    let store = MemoryStore::new(Trace::new());
    store.chunk_size(4);
    store.put("k", "0123456789");
    assert_eq!(checked(&store, 0).await, (b"0123456789".to_vec(), Some(true)));
    assert_eq!(checked(&store, 6).await, (b"6789".to_vec(), None));
    for (fault, bytes, right) in [
        (ObjectFault::Corrupt(5), &b"0123446789"[..], Some(false)),
        (ObjectFault::CorruptBreak(5, 8), b"01234467", Some(false)),
        (ObjectFault::Corrupt(10), b"0123456789", Some(true)),
        (ObjectFault::Checksum, b"0123456789", Some(false)),
        (ObjectFault::ChecksumBreak(4), b"0123", Some(false)),
    ] {
        store.fail("k", fault, 1);
        assert_eq!(checked(&store, 0).await, (bytes.to_vec(), right), "{fault:?}");
    }
    store.fail("k", ObjectFault::Corrupt(7), 1);
    assert_eq!(checked(&store, 6).await, (b"6689".to_vec(), None));
    assert_eq!(checked(&store, 0).await.1, Some(true), "what is stored is as it was");
}
