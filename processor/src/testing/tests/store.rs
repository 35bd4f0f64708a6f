use crate::{
    port::{GetObject, PortError, PortErrorKind, Store, StoredObject},
    testing::{MemoryStore, ObjectFault, Trace},
};
use std::time::Duration;
use tokio::time::Instant;

async fn open(store: &MemoryStore, version_id: Option<&str>) -> Result<StoredObject, PortError> {
    store.get(GetObject { bucket: "data", key: "k", version_id, from: 0, if_match: None }).await
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
