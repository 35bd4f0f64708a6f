//! `--http`: the status page, the probes and the metrics, as they are scraped and seen.

use super::world::{World, terminate};
use local_aws::Backend;
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command},
    time::Duration,
};

/// A key that would be markup, if it were not shown as text.
const HOSTILE: &str = "<i id=hostile>";

/// A run that is stuck in the middle of a file, because nobody reads what it writes.
struct Stuck {
    child: Child,
    address: String,
    _pipe: fs::File,
}

impl Stuck {
    async fn begin(world: &World, url: &str) -> Self {
        let folder = world.folder.path();
        assert!(Command::new("mkfifo").arg(folder.join("pipe")).status().unwrap().success());
        world.json("produce --bucket orders --files 2 --records 2000").await;
        let s3 = Backend::s3(&world.backend.sdk_config().await);
        s3.put_object()
            .bucket("orders")
            .key(HOSTILE)
            .body(b"{}".to_vec().into())
            .send()
            .await
            .unwrap();
        let line = format!(
            "run --queue-url {url} --sink jsonl:pipe --fail-matching \"sequence\":7, --http \
             127.0.0.1:0"
        );
        let mut child = world.pipeline(&line).spawn().unwrap();
        let mut logs = BufReader::new(child.stderr.take().unwrap());
        let mut pipe = fs::File::open(folder.join("pipe")).unwrap();
        let mut said = String::new();
        while !said.contains("shows what goes on") {
            assert_ne!(logs.read_line(&mut said).unwrap(), 0, "{said}");
        }
        let (_, behind) = said.split_once("http://").expect(&said);
        let address = behind.split_once('/').unwrap().0.to_owned();
        // Nobody may hold it up by not reading its log.
        std::thread::spawn(move || logs.read_to_string(&mut said));
        pipe.read_exact(&mut [0]).unwrap();
        Self { child, address, _pipe: pipe }
    }

    /// The code and the body.
    fn get(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let host = &self.address;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").expect(&answer);
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    /// The status, once it shows that.
    fn status(&self, shows: impl Fn(&Value) -> bool) -> Value {
        loop {
            let (code, body) = self.get("/status.json");
            assert_eq!(code, 200, "{body}");
            let status = serde_json::from_str(&body).unwrap();
            if shows(&status) {
                return status;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Stuck {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The names of the metrics in a scrape, without what histograms append.
fn names(scrape: &str) -> BTreeSet<&str> {
    let types = scrape.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    types.map(|line| line.split(' ').next().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_on_is_shown_to_people_probes_and_prometheus() {
    let world = World::new().await;
    let url = world.queue_url().await;
    let run = Stuck::begin(&world, &url).await;
    let failed = |status: &Value| status["recent_failures"].as_array().unwrap().len() == 1;
    let status = run.status(failed);
    assert_eq!((&status["state"], &status["ready"]), (&"running".into(), &true.into()));
    assert_eq!(status["settings"]["queue_url"], *url);
    let in_flight = status["in_flight"].as_array().unwrap();
    let is_file = |object: &&Value| object["key"].as_str().unwrap().starts_with("20");
    let object = in_flight.iter().find(is_file).expect("a file that was produced");
    assert!(object["waiting_for"].as_array().unwrap().contains(&"jsonl".into()), "{status}");
    let failure = &status["recent_failures"][0];
    assert_eq!((&failure["processor"], &failure["index"]), (&"fail-matching".into(), &7.into()));
    assert_eq!((run.get("/livez").0, run.get("/readyz")), (200, (200, "running\n".into())));

    // Told to the recorder once a second.
    let held = "s3_sqs_messages_held{queue=\"000000000000/orders\"} 3\n";
    let scrape = loop {
        let (code, scrape) = run.get("/metrics");
        assert_eq!(code, 200);
        if scrape.contains(held) {
            break scrape;
        }
        std::thread::sleep(Duration::from_millis(100));
    };
    assert!(scrape.contains("s3_sqs_message_lag_seconds_bucket"), "{scrape}");
    // What is scraped has the names that the document has.
    let document =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/measured/metrics.md"));
    let document = document.unwrap();
    let unknown: Vec<_> = names(&scrape)
        .into_iter()
        .filter(|name| !document.contains(&format!("`{name}`")))
        .collect();
    assert_eq!(unknown, Vec::<&str>::new());

    // The page refers to nothing outside itself.
    let (code, page) = run.get("/");
    assert!(code == 200 && page.contains("status.json") && !page.contains("src="), "{page}");
    in_a_browser(&run, object["key"].as_str().unwrap());

    terminate(&run.child);
    run.status(|status| status["state"] == "draining");
    assert_eq!(run.get("/readyz"), (503, "draining\n".into()));
    assert_eq!(run.get("/livez").0, 200);
}

/// As a browser shows it, where there is one. `S3SQS_SCREENSHOT=FILE` keeps a picture.
fn in_a_browser(run: &Stuck, key: &str) {
    let browser = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| {
        let paths = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&paths).any(|path| path.join(name).exists())
    });
    let Some(browser) = browser else {
        // Not by `eprintln!`, which is captured in a test that passes.
        let line = "the status page is not tried in a browser: there is no Chromium here\n";
        return std::io::stderr().write_all(line.as_bytes()).unwrap();
    };
    let folder = tempfile::tempdir().unwrap();
    let browse = |what: &str| {
        let mut command = Command::new(browser);
        command
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=6000"])
            .arg(format!("--user-data-dir={}", folder.path().display()))
            .args(["--window-size=1100,1250", what])
            .arg(format!("http://{}/", run.address));
        command.output().unwrap()
    };
    let shown = browse("--dump-dom");
    let dom = String::from_utf8_lossy(&shown.stdout);
    for text in ["000000000000/orders", "running", key, "fail-matching", "objects in flight"] {
        assert!(dom.contains(text), "{text}: {dom}");
    }
    assert!(dom.contains("&lt;i id=hostile&gt;") && !dom.contains(HOSTILE), "{dom}");
    if let Some(file) = std::env::var_os("S3SQS_SCREENSHOT") {
        browse(&format!("--screenshot={}", Path::new(&file).display()));
    }
}
