//! The service for an HTTP bulk interface, beside one that is busy, fails, and refuses.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should end")]

#[path = "../src/bulk.rs"]
mod bulk;

use axum::{Json, Router, http::StatusCode, response::IntoResponse as _, routing::post};
use s3_sqs_processor::testing::Harness;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

/// A bulk interface: what it stores, and how often it was asked.
#[derive(Default)]
struct Store {
    documents: BTreeMap<String, Value>,
    requests: usize,
    largest: usize,
}

impl Store {
    /// The first request fails as a whole. Later every tenth document is too much at its first try,
    /// and one that says so is never taken.
    fn take(&mut self, body: &str) -> Option<Value> {
        self.requests += 1;
        if self.requests == 1 {
            return None;
        }
        let lines: Vec<Value> =
            body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let items = lines.chunks(2).map(|pair| {
            let id = pair[0]["index"]["_id"].as_str().unwrap();
            let (number, tried) = (pair[1]["number"].as_u64(), self.documents.contains_key(id));
            let status = match number {
                None => 400,
                Some(number) if number % 10 == 3 && !tried => 429,
                Some(_) => 201,
            };
            if number.is_some() {
                // One that is too much leaves a mark, so that it is taken the next time.
                let stored = if status == 201 { pair[1].clone() } else { Value::Null };
                self.documents.insert(id.to_owned(), stored);
            }
            json!({ "index": { "_id": id, "status": status, "error": { "type": "mapping" } } })
        });
        let items: Vec<_> = items.collect();
        self.largest = self.largest.max(items.len());
        Some(json!({ "items": items }))
    }
}

async fn serve(store: Arc<Mutex<Store>>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/_bulk", listener.local_addr().unwrap());
    let take = async move |body: String| match store.lock().unwrap().take(&body) {
        Some(answer) => Json(answer).into_response(),
        None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    };
    let router = Router::new().route("/_bulk", post(take));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

#[test]
fn each_record_is_settled_by_its_own_answer() {
    let server = tokio::runtime::Runtime::new().unwrap();
    let store = Arc::new(Mutex::new(Store::default()));
    let url = server.block_on(serve(Arc::clone(&store)));
    let records = |from: u64| (from..from + 300).map(|number| json!({ "number": number }));
    let good: Vec<_> = records(0).map(|record| record.to_string()).collect();
    let mut bad: Vec<_> = records(300).map(|record| record.to_string()).collect();
    bad[7] = "{\n\"never\": \"taken\"\n}".to_owned();
    let report = Harness::new()
        .real_time()
        .visibility_timeout(Duration::from_secs(2))
        .max_receives(1)
        .records("good", good)
        .records("bad", bad)
        .run(|builder| builder.deferred_processor("bulk", bulk::Bulk::new(&url).unwrap()));
    assert!(report.message("good").deleted, "{report:?}");
    assert!(report.message("bad").dead_lettered, "{report:?}");
    assert_eq!(report.failures.len(), 1, "{report:?}");
    assert!(format!("{report:?}").contains("status 400"), "{report:?}");
    let store = store.lock().unwrap();
    assert_eq!(store.documents.len(), 599);
    assert!(store.documents.values().all(|document| document["number"].is_u64()));
    assert!(store.largest > 1 && store.requests < 100, "{} requests", store.requests);
}
