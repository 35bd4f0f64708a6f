//! What is in `examples/deploy` works: the stack is deployed and used, the settings are understood.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should end")]

#[expect(dead_code, reason = "other tests use the rest")]
#[path = "run/world.rs"]
mod world;

use local_aws::BackendKind;
use std::{collections::BTreeMap, fs, path::Path, time::Duration};
use world::{World, lines};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy");
/// An emulator finds the service in it, and verifies nothing.
const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/cloudformation/\
                             aws4_request, SignedHeaders=host, Signature=none";

/// Asks CloudFormation, in its query protocol.
async fn cloudformation(world: &World, action: &str, more: &[(&str, &str)]) -> String {
    let mut form = vec![("Action", action), ("Version", "2010-05-15"), ("StackName", "orders")];
    form.extend(more);
    let request = reqwest::Client::new().post(world.backend.endpoint_url()).form(&form);
    let answer = request.header("Authorization", AUTHORIZATION).send().await.unwrap();
    answer.text().await.unwrap()
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    Some(text.split_once(before)?.1.split_once(after)?.0)
}

/// What the stack has to tell, once it is there.
async fn outputs(world: &World) -> BTreeMap<String, String> {
    loop {
        let text = cloudformation(world, "DescribeStacks", &[]).await;
        let status = between(&text, "<StackStatus>", "<").expect(&text);
        assert!(!status.contains("FAILED") && !status.contains("ROLLBACK"), "{text}");
        if status == "CREATE_COMPLETE" {
            let all = text.split("<OutputKey>").skip(1);
            let output = |one: &str| {
                let key = one.split_once('<').unwrap().0;
                let value = between(one, "<OutputValue>", "<").unwrap();
                (key.to_owned(), value.to_owned())
            };
            return all.map(output).collect();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stack_is_deployed_and_carries_records_to_the_pipeline() {
    let world = World::on(BackendKind::MiniStack).await;
    let template = fs::read_to_string(Path::new(FOLDER).join("stack.yaml")).unwrap();
    let made = cloudformation(&world, "CreateStack", &[("TemplateBody", &template)]).await;
    assert!(made.contains("<StackId>"), "{made}");
    let outputs = outputs(&world).await;
    let (url, bucket) = (&outputs["QueueUrl"], &outputs["BucketName"]);
    for (prefix, files) in [("data/", 3), ("elsewhere/", 1)] {
        world
            .json(&format!(
                "produce --bucket {bucket} --prefix {prefix} --files {files} --records 20"
            ))
            .await;
    }
    let doctor = world.output(&format!("doctor --queue-url {url}")).await;
    let said = String::from_utf8_lossy(&doctor.stdout);
    assert_eq!(doctor.status.code(), Some(0), "{said}");
    assert!(!said.contains("RISK"), "{said}");
    let summary = world.emptied(url, "--sink jsonl:out", 0).await;
    assert_eq!(summary["records"]["jsonl"], 60, "{summary}");
    let stored = lines(&world.folder.path().join("out"));
    assert!(stored.iter().all(|line| line["key"].as_str().unwrap().starts_with("data/")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_of_the_manifest_are_understood() {
    let world = World::new().await;
    let manifest = fs::read_to_string(Path::new(FOLDER).join("kubernetes.yaml")).unwrap();
    let settings = between(&manifest, "pipeline.toml: |\n", "---").unwrap();
    let settings: Vec<_> = settings.lines().map(str::trim).collect();
    fs::write(world.folder.path().join("pipeline.toml"), settings.join("\n")).unwrap();
    let output = world.output("run --config pipeline.toml --print-config").await;
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    // The time to drain, and 10 s, are what Kubernetes gives.
    assert!(said.contains("drain-timeout = \"20s\""), "{said}");
    assert!(manifest.contains("terminationGracePeriodSeconds: 30"));
}

/// All but where things are: the queue, and buckets that this one has.
#[tokio::test(flavor = "multi_thread")]
async fn the_settings_to_start_from_start_a_pipeline() {
    let world = World::new().await;
    let url = world.queue_url().await;
    world.json("produce --bucket orders --prefix orders/ --files 2 --records 5").await;
    world.json("produce --bucket orders --prefix else.tmp/_ --files 1 --records 5").await;
    fs::copy(Path::new(FOLDER).join("pipeline.toml"), world.folder.path().join("pipeline.toml"))
        .unwrap();
    let here = "--config pipeline.toml --allow-bucket orders --bucket-owner 000000000000 \
                --progress s3://orders/state --quarantine s3://orders/aside --unmatched skip \
                --http 127.0.0.1:0";
    let summary = world.emptied(&url, here, 0).await;
    assert_eq!(summary["records"], serde_json::json!({ "audit": 10, "orders": 10 }), "{summary}");
    assert_eq!(summary["skipped"], 1, "{summary}");
}
