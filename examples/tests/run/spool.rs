//! `--spool`: what is on the disk, and what is not.

use super::world::{World, lines};
use local_aws::Backend;
use serde_json::Value;
use std::{fs, io::Read as _, path::Path, process::Command};

/// What a process has open below this folder.
#[cfg(target_os = "linux")]
fn open_files(process: u32, folder: &Path) -> Vec<std::path::PathBuf> {
    let descriptors = fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten();
    let targets = descriptors.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    targets.filter(|target| target.starts_with(folder)).collect()
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn trap_93_a_process_that_is_killed_leaves_nothing_in_its_spool() {
    let world = World::new().await;
    let url = world.queue_url().await;
    world.be_quick(&url).await;
    let folder = fs::canonicalize(world.folder.path()).unwrap();
    let spool = folder.join("spool");
    let output = world.output(&format!("run --queue-url {url} --sink null --spool spool")).await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("spool: create the dir"), "{said}");

    fs::create_dir(&spool).unwrap();
    let nothing = || fs::read_dir(&spool).unwrap().count() == 0;
    world.json("produce --bucket orders --files 1 --records 100000 --compression none").await;
    let pipe = folder.join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let line = format!("run --queue-url {url} --sink jsonl:pipe --spool spool");
    let mut child = world.pipeline(&line).spawn().unwrap();
    let mut reader = fs::File::open(&pipe).unwrap();
    reader.read_exact(&mut [0]).unwrap();
    // Nobody reads on: the object is on the disk, and has no name there.
    let open = open_files(child.id(), &spool);
    assert!(open.len() == 1 && open[0].to_string_lossy().ends_with("(deleted)"), "{open:?}");
    assert!(nothing());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(nothing());
    drop(reader);

    let line = "--sink jsonl:all.jsonl --spool spool --spool-bytes 64MiB";
    let summary = world.emptied(&url, line, 0).await;
    assert_eq!(summary["records"]["jsonl"], 100_000, "{summary}");
    assert!(nothing());
}

#[tokio::test(flavor = "multi_thread")]
async fn trap_93_nothing_is_written_of_a_file_whose_last_byte_is_wrong() {
    let world = World::new().await;
    let url = world.queue_url().await;
    world.be_quick(&url).await;
    world.json("produce --bucket orders --files 1 --records 5000").await;
    let s3 = Backend::s3(&world.backend.sdk_config().await);
    let listed = s3.list_objects_v2().bucket("orders").send().await.unwrap();
    let key = listed.contents()[0].key().unwrap().to_owned();
    let whole = s3.get_object().bucket("orders").key(&key).send().await.unwrap();
    let mut bytes = whole.body.collect().await.unwrap().to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    s3.put_object().bucket("orders").key(&key).body(bytes.into()).send().await.unwrap();
    fs::create_dir(world.folder.path().join("spool")).unwrap();
    world.emptied(&url, "--sink jsonl:all.jsonl --spool spool", 3).await;
    assert_eq!(lines(&world.folder.path().join("all.jsonl")), Vec::<Value>::new());
}
