//! A service that sends records to an HTTP bulk interface, such as search engines have, and settles
//! each record by its own answer.
//!
//! ```sh
//! QUEUE_URL=... BULK_URL=http://127.0.0.1:9200/orders/_bulk cargo run -p examples --example bulk
//! ```
//!
//! Records of all files go into one request. What the interface is too busy for is sent again, with
//! pauses; what it does not take is rejected. A record's id is the document's, so that one that
//! comes twice is stored once.

use reqwest::{Client, StatusCode, header::CONTENT_TYPE};
use s3_sqs_processor::{
    Ack, Context, DeferredProcessor, Pipeline, ProcessError, Record, stop_signal,
};
use serde::Deserialize;
use serde_json::Value;
use std::{error::Error, time::Duration};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// So many records go into one request. While it is under way, the next ones gather.
const RECORDS: usize = 500;
/// So many requests are under way at once.
const REQUESTS: usize = 4;
/// So often a record is sent, before its message goes back to the queue.
const TRIES: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const TIMEOUT: Duration = Duration::from_secs(30);

/// Hands records to those who send them.
pub(crate) struct Bulk(Sender<Document>);

/// A record on its way: two lines of a request, and the duty to say what became of it.
struct Document {
    lines: String,
    ack: Ack,
}

/// What the interface answers: one item for each document, in order.
#[derive(Deserialize)]
struct Answer {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    index: Outcome,
}

#[derive(Deserialize)]
struct Outcome {
    status: u16,
    #[serde(default)]
    error: Value,
}

impl Bulk {
    /// To be called on the runtime that is to send the requests.
    pub(crate) fn new(url: &str) -> Result<Self, reqwest::Error> {
        let client = Client::builder().timeout(TIMEOUT).build()?;
        let (sender, receiver) = channel(RECORDS * REQUESTS);
        tokio::spawn(send_all(receiver, client, url.to_owned()));
        Ok(Self(sender))
    }
}

impl DeferredProcessor for Bulk {
    async fn accept(&self, record: Record<'_>, _cx: &Context, ack: Ack) {
        // In one line, whatever the record looks like. Nothing of the record itself is kept.
        let document = match record.json::<Value>() {
            Ok(document) => document,
            Err(error) => return ack.fail(ProcessError::reject(error)),
        };
        let lines = format!("{{\"index\":{{\"_id\":\"{}\"}}}}\n{document}\n", record.id());
        // While all requests are under way this waits, and with it the reading of the file.
        let _ = self.0.send(Document { lines, ack }).await;
    }
}

async fn send_all(mut documents: Receiver<Document>, client: Client, url: String) {
    let mut requests = tokio::task::JoinSet::new();
    loop {
        let mut batch = Vec::new();
        if documents.recv_many(&mut batch, RECORDS).await == 0 {
            break;
        }
        requests.spawn(send(batch, client.clone(), url.clone()));
        if requests.len() >= REQUESTS {
            requests.join_next().await;
        }
    }
    while requests.join_next().await.is_some() {}
}

/// Sends documents until each has its verdict. Dropped half-way, it fails those that have none:
/// their messages come back.
async fn send(mut documents: Vec<Document>, client: Client, url: String) {
    let mut pause = FIRST_PAUSE;
    for attempt in 1..=TRIES {
        let is_last = attempt == TRIES;
        let body: String = documents.iter().map(|document| document.lines.as_str()).collect();
        documents = match post(&client, &url, body).await {
            Ok(answer) if answer.items.len() == documents.len() => {
                settle(documents, answer.items, is_last)
            }
            Ok(_) if is_last => return fail(documents, "the answer is not of these documents"),
            Err(error) if is_last => return fail(documents, &error.to_string()),
            // Nothing is known of any of them. To store one twice changes nothing.
            Ok(_) | Err(_) => documents,
        };
        if documents.is_empty() {
            return;
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
}

async fn post(client: &Client, url: &str, body: String) -> Result<Answer, reqwest::Error> {
    let request = client.post(url).header(CONTENT_TYPE, "application/x-ndjson").body(body);
    let answer = request.send().await?.error_for_status()?;
    answer.json().await
}

/// Gives verdicts; what is to be sent again is left.
fn settle(documents: Vec<Document>, items: Vec<Item>, is_last: bool) -> Vec<Document> {
    let mut again = Vec::new();
    for (document, Item { index: Outcome { status, error } }) in documents.into_iter().zip(items) {
        let busy = status == StatusCode::TOO_MANY_REQUESTS.as_u16() || status >= 500;
        match status {
            200..=299 => document.ack.done(),
            _ if busy && !is_last => again.push(document),
            _ if busy => document.ack.fail(ProcessError::retry(format!("status {status}"))),
            _ => document.ack.fail(ProcessError::reject(format!("status {status}: {error}"))),
        }
    }
    again
}

fn fail(documents: Vec<Document>, why: &str) {
    for document in documents {
        document.ack.fail(ProcessError::retry(why.to_owned()));
    }
}

#[tokio::main]
#[allow(dead_code, reason = "its test has a pipeline of its own")]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let url = |name| std::env::var(name).map_err(|_| format!("set {name}"));
    let pipeline = Pipeline::builder()
        .queue_url(url("QUEUE_URL")?)
        .deferred_processor("bulk", Bulk::new(&url("BULK_URL")?)?)
        .build()?;
    pipeline.run_until(stop_signal()).await?;
    Ok(())
}
