//! The store over both places: bounds, pins, restarts, what vanished.

use super::*;

async fn fill(store: &BlobStore, keys: &[&str], owner: Option<&JobId>) {
    for key in keys {
        store
            .put(key, Bytes::from_static(&[7; 100]), 50, owner)
            .await
            .expect("stored");
    }
}

async fn opened(dir: &tempfile::TempDir, limit_bytes: u64, max_open: usize) -> BlobStore {
    BlobStore::in_directory(dir.path(), limit_bytes, max_open)
        .await
        .expect("opened")
}

#[tokio::test]
async fn a_full_store_evicts_but_never_what_an_active_job_needs() {
    let store = BlobStore::in_memory(250);
    let job = JobId::from("active");
    fill(&store, &["aa1", "aa2", "aa3"], Some(&job)).await;
    assert_eq!(
        store.stats().bytes,
        300,
        "over the limit, but all of it is needed"
    );
    fill(&store, &["bb1"], None).await;
    assert_eq!(
        store.get_bytes("bb1").await.expect("readable"),
        None,
        "the only one that nobody needs"
    );
    let pinning = store.pinning_jobs();
    store
        .release_ended(&pinning, std::slice::from_ref(&job))
        .await
        .expect("works");
    assert_eq!(store.stats().bytes, 300);
    store.release_ended(&pinning, &[]).await.expect("works");
    assert_eq!((store.stats().bytes, store.stats().evictions), (200, 2));
    assert!(store.get("aa1").await.expect("readable").is_none());
    assert!(store.get("aa3").await.expect("readable").is_some());
}

#[tokio::test]
async fn bytes_are_at_hand_in_memory_until_they_are_evicted_and_never_in_a_directory() {
    let store = BlobStore::in_memory(100);
    fill(&store, &["aa1"], None).await;
    let (meta, held) = store.at_hand("aa1").expect("in memory");
    assert_eq!((meta.samples, held.len()), (Some(50), 100));
    fill(&store, &["aa2"], None).await;
    assert!(store.at_hand("aa1").is_none() && store.at_hand("aa2").is_some());
    let dir = tempfile::tempdir().expect("a directory");
    let store = opened(&dir, 1_000, 9).await;
    fill(&store, &["aa1"], None).await;
    assert!(store.at_hand("aa1").is_none() && store.get("aa1").await.expect("readable").is_some());
}

#[tokio::test]
async fn a_directory_keeps_its_blobs_over_a_restart_and_their_bound() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = opened(&dir, 1_000, 9).await;
    fill(&store, &["aa1", "aa2", "aa3"], None).await;
    drop(store);
    let store = opened(&dir, 200, 9).await;
    assert_eq!(store.stats().bytes, 200);
    let found = store.pin(&"job".into(), "aa3").expect("the newest is there");
    assert_eq!(
        found,
        BlobMeta {
            size_bytes: 100,
            samples: None
        }
    );
    assert_eq!(
        store
            .get_bytes("aa3")
            .await
            .expect("readable")
            .expect("there")
            .len(),
        100
    );
}

#[tokio::test]
async fn a_blob_of_a_directory_is_read_as_it_is_needed_and_without_a_descriptor_to_spare_at_once() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = opened(&dir, 1_000, 1).await;
    fill(&store, &["aa1"], None).await;
    let [first, second] =
        [store.get("aa1").await, store.get("aa1").await].map(|blob| blob.expect("readable").expect("there"));
    assert_eq!((first.is_file(), second.is_file()), (true, false));
    // Whoever has a blob has all of it, also when the store has let go of it.
    store.delete("aa1").await.expect("deleted");
    for blob in [&first, &second] {
        assert_eq!(blob.bytes().expect("readable"), [7; 100][..]);
    }
    drop(first);
    fill(&store, &["aa1"], None).await;
    assert!(
        store
            .get("aa1")
            .await
            .expect("readable")
            .expect("there")
            .is_file()
    );
}

#[tokio::test]
async fn a_blob_that_vanished_from_the_directory_is_a_miss() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = opened(&dir, 1_000, 9).await;
    fill(&store, &["aa1"], None).await;
    std::fs::remove_dir_all(dir.path().join("blobs")).expect("removed");
    assert!(store.get("aa1").await.expect("a miss is no error").is_none());
    assert!(store.meta("aa1").is_none());
}
