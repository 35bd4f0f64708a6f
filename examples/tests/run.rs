//! `pipeline provision`, `produce` and `run`, from outside, on the embedded AWS.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should end")]

#[cfg(target_os = "linux")]
#[path = "run/http.rs"]
mod http;
#[path = "run/spool.rs"]
mod spool;
#[cfg(target_os = "linux")]
#[path = "run/terminal.rs"]
mod terminal;
#[path = "run/world.rs"]
mod world;

use local_aws::Backend;
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader, Read as _},
    os::unix::process::ExitStatusExt as _,
    path::Path,
    process::Command,
    time::Duration,
};
use world::{World, lines, terminate};

#[tokio::test(flavor = "multi_thread")]
async fn provisioning_again_changes_nothing_and_says_so() {
    let world = World::new().await;
    let line = "provision --name orders --queue billing --queue audit --prefix data/ --retention \
                1h --max-receives 3 --raw-delivery true --visibility-timeout 45s";
    let first = world.output(line).await;
    let said = String::from_utf8_lossy(&first.stderr);
    assert!(first.status.success() && said.contains("created the queue `billing`"), "{said}");
    let again = world.output(line).await;
    let said = String::from_utf8_lossy(&again.stderr);
    assert!(said.lines().count() == 1 && said.contains("nothing changed"), "{said}");
    assert_eq!(again.stdout, first.stdout);
    let other = world.output("provision --name other --bucket orders --prefix data/a/").await;
    let said = String::from_utf8_lossy(&other.stderr);
    assert_eq!(other.status.code(), Some(1), "{said}");
    assert!(said.contains("`s3-sqs-processor-orders` (prefix `data/`"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_record_is_written_once_and_the_queue_is_empty() {
    let world = World::new().await;
    let url = world.queue_url().await;
    let produced = world
        .json("produce --bucket orders --prefix data/ --files 12 --records 25 --format ndjson")
        .await;
    assert_eq!((&produced["files"], &produced["records"]), (&12.into(), &300.into()));
    let sinks = "--sink jsonl:out.jsonl --sink sqlite:out.db --sink nothing=null";
    let summary = world.emptied(&url, sinks, 0).await;
    // One of them is S3's test event.
    assert_eq!(summary["deleted"], 13, "{summary}");
    assert_eq!(
        summary["records"],
        serde_json::json!({ "jsonl": 300, "sqlite": 300, "nothing": 300 })
    );
    assert_eq!((&summary["failed"], &summary["dead_lettered"]), (&0.into(), &0.into()));

    let lines = lines(&world.folder.path().join("out.jsonl"));
    let ids: BTreeSet<&str> = lines.iter().map(|line| line["id"].as_str().unwrap()).collect();
    let numbers: BTreeSet<u64> =
        lines.iter().map(|line| line["payload"]["sequence"].as_u64().unwrap()).collect();
    assert_eq!((lines.len(), ids.len(), numbers), (300, 300, (0..300).collect()));
    assert!(lines.iter().all(|line| line["key"].as_str().unwrap().starts_with("data/20")));
    let files: Vec<_> =
        fs::read_dir(world.folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files.len(), 2, "nothing is left beside the two outputs: {files:?}");
    assert!(world.backend.embedded().unwrap().queue(&url).unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn routes_say_which_files_go_where_and_which_are_left_alone() {
    let world = World::new().await;
    let url = world.queue_url().await;
    for prefix in ["json/", "lines/", "other/"] {
        let produce = format!("produce --bucket orders --prefix {prefix} --files 2 --records 5");
        world.json(&format!("{produce} --format ndjson")).await;
    }
    fs::write(
        world.folder.path().join("routes.toml"),
        r#"
        sink = ["all=jsonl:all", "text=jsonl:text"]
        unmatched = "skip"

        [[route]]
        name = "as text"
        prefix = "lines/"
        decoder = "lines"
        processors = ["text"]

        [[route]]
        name = "as json"
        keys = ["json/**", "never/**"]
        min-size = 1
        processors = ["all"]
        "#,
    )
    .unwrap();
    let summary = world.emptied(&url, "--config routes.toml", 0).await;
    assert_eq!(summary["records"], serde_json::json!({ "all": 10, "text": 10 }), "{summary}");
    assert_eq!(summary["skipped"], 2, "{summary}");
    let all_begin = |file: &str, prefix: &str| {
        let lines = lines(&world.folder.path().join(file));
        lines.iter().all(|line| line["key"].as_str().unwrap().starts_with(prefix))
    };
    assert!(all_begin("all", "json/") && all_begin("text", "lines/"));

    world.json("produce --bucket orders --prefix a/ --files 2 --records 5").await;
    world.json("produce --bucket orders --prefix b/ --files 2 --records 5").await;
    let flags = "--sink null --only-prefix a/ --skip-suffix .tmp --skip-suffix /";
    let summary = world.emptied(&url, flags, 0).await;
    assert_eq!((&summary["records"]["null"], &summary["skipped"]), (&10.into(), &2.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_queue_carries_files_of_many_kinds() {
    let world = World::new().await;
    let url = world.queue_url().await;
    let s3 = Backend::s3(&world.backend.sdk_config().await);
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../processor/decode/fixtures");
    let files = [
        ("AWSLogs/1/CloudTrail/a.json.gz", "trail.json.gz"),
        ("AWSLogs/1/CloudTrail-Digest/a.json.gz", "root.json"),
        ("tables/a.csv", "table.csv"),
        ("tables/b.tsv", "table.tsv"),
        ("tables/_SUCCESS", "root.json"),
        ("logs/a", "subscription.gz"),
        ("errors/a", "errors.json"),
        ("lines/a.zst", "lines.zst"),
        ("lines/b", "lines.gz.gz"),
    ];
    for (key, file) in files {
        let body = fs::read(fixtures.join(file)).unwrap();
        s3.put_object().bucket("orders").key(key).body(body.into()).send().await.unwrap();
    }
    let routes = r#"
        route = [
            { name = "markers", skip = true, suffix = ["/", "/_SUCCESS"] },
            { preset = "cloudtrail" },
            { name = "csv", regex = "^tables/.*[.]csv$", decoder = "csv" },
            { name = "tsv", prefix = "tables/", decoder = "tsv" },
            { name = "logs", prefix = "logs/", decoder = "cloudwatch-logs" },
            { name = "errors", prefix = "errors/", decoder = "firehose-errors" },
            { name = "lines", prefix = "lines/", decoder = "lines" },
        ]
    "#;
    fs::write(world.folder.path().join("routes.toml"), routes).unwrap();
    let summary = world.emptied(&url, "--sink jsonl:out --config routes.toml", 0).await;
    assert_eq!(summary["skipped"], 2, "{summary}");
    let mut records = std::collections::BTreeMap::<String, usize>::new();
    for line in lines(&world.folder.path().join("out")) {
        *records.entry(line["key"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    // What a load balancer writes, with its flags alone.
    for (key, file) in [
        ("elb/AWSLogs/1/elasticloadbalancing/us-east-1/2026/11/26/a.log.gz", "alb.log.gz"),
        ("elb/AWSLogs/1/ELBAccessLogTestFile", "s3-access"),
        ("other/AWSLogs/1/elasticloadbalancing/us-east-1/2026/11/26/a.log.gz", "alb.log.gz"),
    ] {
        let body = fs::read(fixtures.join(file)).unwrap();
        s3.put_object().bucket("orders").key(key).body(body.into()).send().await.unwrap();
    }
    let summary = world.emptied(&url, "--sink null --preset alb --only-prefix elb/", 0).await;
    assert_eq!((&summary["records"]["null"], &summary["skipped"]), (&2.into(), &2.into()));
    let records: Vec<_> = records.iter().map(|(key, count)| (key.as_str(), *count)).collect();
    assert_eq!(
        records,
        [
            ("AWSLogs/1/CloudTrail/a.json.gz", 3),
            ("errors/a", 3),
            ("lines/a.zst", 40),
            ("lines/b", 40),
            ("logs/a", 2),
            ("tables/a.csv", 4),
            ("tables/b.tsv", 4),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_fails_once_brings_its_message_back() {
    let world = World::new().await;
    let url = world.queue_url().await;
    world.be_quick(&url).await;
    world.json("produce --bucket orders --files 3 --records 10 --compression none").await;
    let options = "--sink sqlite:out.db --fail-matching \"sequence\":17, --fail-times 1";
    let summary = world.emptied(&url, options, 0).await;
    // At least: on a slow machine two seconds may be over before a message is done.
    let at_least =
        |value: &Value, least: u64| assert!(value.as_u64().unwrap() >= least, "{summary}");
    assert_eq!(summary["failed"], 1, "{summary}");
    at_least(&summary["released"], 1);
    at_least(&summary["records"]["sqlite"], 40);
    at_least(&summary["records"]["fail-matching"], 39);
    let database = rusqlite::Connection::open(world.folder.path().join("out.db")).unwrap();
    let count = |condition: &str| -> i64 {
        let query = format!("SELECT count(*) FROM records WHERE {condition}");
        database.query_row(&query, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(count("1"), 30);
    assert!(count("deliveries >= 2") >= 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_progress_a_record_that_fails_once_comes_back_alone() {
    let world = World::new().await;
    let url = world.queue_url().await;
    world.be_quick(&url).await;
    let s3 = Backend::s3(&world.backend.sdk_config().await);
    s3.create_bucket().bucket("state").send().await.unwrap();
    world.json("produce --bucket orders --files 1 --records 500 --compression none").await;
    let options = "--sink sqlite:out.db --fail-matching \"sequence\":17, --fail-times 1 \
                   --progress s3://state/orders --progress-every 1s";
    let summary = world.emptied(&url, options, 0).await;
    assert_eq!(summary["failed"], 1, "{summary}");
    for processor in ["sqlite", "fail-matching"] {
        // Done again as a whole they were twice as many. On a slow machine two seconds may be over
        // before the message is done, and some of it comes again.
        let done = summary["records"][processor].as_u64().unwrap();
        assert!((500..750).contains(&done), "{summary}");
    }
    assert!(summary["done_before"].as_u64().unwrap() >= 500, "{summary}");
    let left = s3.list_objects_v2().bucket("state").send().await.unwrap();
    assert!(left.contents().is_empty(), "it lives as long as its message: {left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_done_are_deleted() {
    let world = World::new().await;
    let url = world.queue_url().await;
    world.be_quick(&url).await;
    world.json("produce --bucket orders --files 5 --records 20").await;
    let summary = world.emptied(&url, "--sink null --after-success delete", 0).await;
    assert_eq!((&summary["cleaned_up"], &summary["kept"]), (&5.into(), &0.into()), "{summary}");
    let s3 = Backend::s3(&world.backend.sdk_config().await);
    let left = s3.list_objects_v2().bucket("orders").send().await.unwrap();
    assert!(left.contents().is_empty(), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_record_is_put_aside_shown_and_replayed() {
    let world = World::new().await;
    let url = world.queue_url().await;
    world.be_quick(&url).await;
    let s3 = Backend::s3(&world.backend.sdk_config().await);
    s3.create_bucket().bucket("state").send().await.unwrap();
    world.json("produce --bucket orders --files 2 --records 50").await;
    let fails = "--sink sqlite:out.db --fail-matching \"sequence\":17,";
    // Something is left to do: the exit code says so.
    let summary = world.emptied(&url, &format!("{fails} --quarantine s3://state/bad"), 3).await;
    assert_eq!((&summary["dead_lettered"], &summary["quarantined"]), (&0.into(), &1.into()));
    let said = async |line: &str| {
        let output = world.output(line).await;
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{line}: {stderr}");
        (String::from_utf8_lossy(&output.stdout).into_owned(), stderr)
    };
    let (listed, _) = said("quarantine list s3://state/bad").await;
    assert!(listed.contains("1 records  fail-matching  s3://orders/"), "{listed}");
    let name = listed.split_whitespace().next().unwrap();
    let (shown, _) = said(&format!("quarantine show s3://state/bad {name}")).await;
    let record: Value = serde_json::from_str(&shown).unwrap();
    assert!(record["payload"].as_str().unwrap().contains("\"sequence\":17,"), "{shown}");
    assert_eq!((&record["index"], record["queue_url"].as_str()), (&17.into(), Some(&*url)));
    // The service is mended.
    let (sent, _) = said(&format!("quarantine replay s3://state/bad {name}")).await;
    assert_eq!(sent.trim(), "{\"messages\":1,\"records\":1}");
    let mended = "--sink fail-matching=jsonl:again.jsonl";
    let summary = world.emptied(&url, mended, 0).await;
    assert_eq!(summary["records"]["fail-matching"], 1, "{summary}");
    let again = fs::read_to_string(world.folder.path().join("again.jsonl")).unwrap();
    let again: Value = serde_json::from_str(&again).unwrap();
    assert_eq!(again["id"], record["id"], "it has the id it always had");
    // Nothing is left, and nothing is lost.
    let (listed, stderr) = said("quarantine list s3://state/bad").await;
    assert!(listed.is_empty() && stderr.contains("nothing is put aside"), "{listed}{stderr}");
    let (kept, _) = said("quarantine show s3://state/bad/replayed").await;
    assert_eq!(kept, shown);
    let missing = world.output("quarantine show s3://state/bad abc").await;
    let stderr = String::from_utf8_lossy(&missing.stderr);
    assert_eq!(missing.status.code(), Some(1));
    assert!(
        stderr.contains("s3://state/bad/abc.jsonl.gz") && stderr.contains("NoSuchKey"),
        "{stderr}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_always_fails_ends_in_the_dead_letter_queue() {
    let world = World::new().await;
    let url = world.queue_url().await;
    world.be_quick(&url).await;
    world.json("produce --bucket orders --files 2 --records 5").await;
    let summary = world.emptied(&url, "--fail-matching \"sequence\":3,", 3).await;
    assert_eq!(summary["dead_lettered"], 1, "{summary}");
    assert!(summary["failed"].as_u64().unwrap() >= 1, "{summary}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_crashes_the_process_is_named_before_and_its_company_is_done_without_it() {
    let world = World::new().await;
    let url = world.queue_url().await;
    world.be_quick(&url).await;
    world.json("produce --bucket orders --files 3 --records 5 --compression none").await;
    let output =
        world.output(&format!("run --queue-url {url} --crash-matching \"sequence\":7,")).await;
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.signal(), Some(6), "{stderr}");
    let said: Vec<_> = stderr.lines().filter(|line| line.starts_with("crash: ")).collect();
    assert!(said.len() == 1 && said[0].contains("--crash-matching: s3://orders/"), "{stderr}");
    assert!(!stderr.contains("sequence"), "{stderr}");
    let summary = world.emptied(&url, "--sink null", 0).await;
    assert_eq!((&summary["dead_lettered"], &summary["failed"]), (&0.into(), &0.into()));
    assert!(summary["records"]["null"].as_u64().unwrap() >= 5, "{summary}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_without_a_dead_letter_queue_is_never_waited_for() {
    let world = World::new().await;
    let sqs = Backend::sqs(&world.backend.sdk_config().await);
    let queue = sqs.create_queue().queue_name("alone").send().await.unwrap();
    let url = queue.queue_url().unwrap();
    let output = world.output(&format!("run --queue-url {url} --sink null --until-empty")).await;
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr.starts_with("error: ") && stderr.contains("no redrive policy"), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_use_is_one_clear_line() {
    let world = World::new().await;
    let endpoint = world.backend.endpoint_url();
    for (line, status, said) in [
        (
            format!("run --queue-url {endpoint}/000000000000/none --sink null"),
            1,
            "there is no such queue",
        ),
        (
            format!("run --queue-url {endpoint}/000000000000/none --sink null --until-empty"),
            1,
            "check the URL",
        ),
        ("run --queue-url orders --sink null".to_owned(), 1, "which is no URL"),
        (
            "run --queue-url http://x --sink jsonl:missing/out".to_owned(),
            1,
            "cannot open `missing/out`",
        ),
        ("produce --bucket none --files 1 --records 1".to_owned(), 1, "NoSuchBucket"),
        (
            "run --queue-url http://x --sink kafka".to_owned(),
            2,
            "null, stdout, jsonl:PATH and sqlite:PATH",
        ),
    ] {
        let output = world.output(&line).await;
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{line}: {stderr}");
        let errors: Vec<&str> = stderr.lines().filter(|line| line.starts_with("error: ")).collect();
        assert!(errors.len() == 1 && errors[0].contains(said), "{line}: {stderr}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn trap_82_a_variable_that_holds_no_endpoint_is_named() {
    let world = World::new().await;
    for (name, value) in [
        ("AWS_ENDPOINT_URL", ""),
        ("AWS_ENDPOINT_URL_S3", "localhost:4566"),
        ("AWS_ENDPOINT_URL_SQS", ""),
        ("AWS_REGION", ""),
    ] {
        let mut command = world.command(env!("CARGO_BIN_EXE_pipeline"));
        let line = "run --queue-url http://127.0.0.1:1/1/q --sink null";
        let output = command.args(line.split_whitespace()).env(name, value).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.starts_with("error: ") && stderr.contains(name), "{stderr}");
    }
}

/// The pipe is full after some lines, and the records are processed all the same.
#[tokio::test(flavor = "multi_thread")]
async fn trap_78_nobody_reads_the_logs() {
    let world = World::new().await;
    let url = world.queue_url().await;
    world.json("produce --bucket orders --files 20 --records 10").await;
    let line = format!("run --queue-url {url} --sink jsonl:out.jsonl --until-empty");
    let mut child = world.pipeline(&line).env("RUST_LOG", "trace").spawn().unwrap();
    let began = std::time::Instant::now();
    let ended = loop {
        match child.try_wait().unwrap() {
            None if began.elapsed() < Duration::from_secs(60) => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            ended => break ended,
        }
    };
    child.kill().ok();
    let output = child.wait_with_output().unwrap();
    assert!(ended.is_some_and(|status| status.success()), "it waits for who reads its logs");
    assert!(output.stderr.len() >= 60 << 10, "there was more than a pipe holds");
    assert_eq!(lines(&world.folder.path().join("out.jsonl")).len(), 200);
}

/// Nothing is answered by what it connects to: its start would fail only after a minute.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn trap_85_signals_are_heard_before_the_start_has_succeeded() {
    let world = World::new().await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    for options in ["", "--until-empty"] {
        let line = format!(
            "run --queue-url {endpoint}/1/q --endpoint-url {endpoint} --sink null {options}"
        );
        let mut command = world.command(env!("CARGO_BIN_EXE_pipeline"));
        let child = command.args(line.split_whitespace()).spawn().unwrap();
        let _connection = listener.accept().unwrap();
        terminate(&child);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{options} {output:?}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn trap_85_signals_are_heard_while_a_sink_opens_and_while_one_is_stuck() {
    let world = World::new().await;
    let url = world.queue_url().await;
    let pipe = world.folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let line = format!("run --queue-url {url} --sink jsonl:pipe");
    let child = world.pipeline(&line).spawn().unwrap();
    terminate(&child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");

    // More than a pipe holds, and nobody who reads it.
    world.json("produce --bucket orders --files 1 --records 2000").await;
    let mut child = world.pipeline(&format!("{line} --drain-timeout 1h")).spawn().unwrap();
    let mut reader = fs::File::open(&pipe).unwrap();
    reader.read_exact(&mut [0]).unwrap();
    let mut logs = BufReader::new(child.stderr.take().unwrap());
    let mut stderr = String::new();
    terminate(&child);
    // Two signals that come before either is heard are one.
    while !stderr.contains("send it again to give up") {
        assert_ne!(logs.read_line(&mut stderr).unwrap(), 0, "{stderr}");
    }
    terminate(&child);
    logs.read_to_string(&mut stderr).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{stderr}");
    assert!(stderr.contains("second signal"), "{stderr}");
    assert!(!world.backend.embedded().unwrap().queue(&url).unwrap().is_empty());
    drop(reader);
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn trap_86_what_is_not_durable_is_not_deleted() {
    let world = World::new().await;
    let url = world.queue_url().await;
    world.json("produce --bucket orders --files 1 --records 10").await;
    let is_empty = || world.backend.embedded().unwrap().queue(&url).unwrap().is_empty();
    // A reader that went away, and a full disk.
    let line = format!("run --queue-url {url} --sink");
    let mut child = world.pipeline(&format!("{line} stdout")).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && stderr.contains("stdout was closed"), "{stderr}");
    assert!(!is_empty());

    let mut child = world.pipeline(&format!("{line} jsonl:/dev/full")).spawn().unwrap();
    let stderr = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut lines = std::io::BufRead::lines(stderr).map(Result::unwrap);
    assert!(lines.any(|line| line.contains("record failed") && line.contains("No space left")));
    terminate(&child);
    lines.for_each(drop);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(!is_empty());

    let output = world.output(&format!("run --queue-url {url}")).await;
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_signal_drains() {
    let world = World::new().await;
    let url = world.queue_url().await;
    world.be_quick(&url).await;
    world.json("produce --bucket orders --files 3 --records 10").await;
    let child =
        world.pipeline(&format!("run --queue-url {url} --sink jsonl:out.jsonl")).spawn().unwrap();
    let output = world.finish(&url, child).await;
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
    assert!(stderr.contains("\n4 messages deleted"), "{stderr}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn the_starter_is_a_service() {
    let world = World::new().await;
    let url = world.queue_url().await;
    world.be_quick(&url).await;
    world.json("produce --bucket orders --files 3 --records 10").await;
    let mut starter = world.command(env!("CARGO_BIN_EXE_starter"));
    starter.env("QUEUE_URL", &url).env("AWS_ENDPOINT_URL", world.backend.endpoint_url());
    let output = world.finish(&url, starter.spawn().unwrap()).await;
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && stderr.contains("deleted=4"), "{stderr}");
}
