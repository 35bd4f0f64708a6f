use super::*;
use crate::embedded::sqs::{self, Draft, manage, queue::IN_FLIGHT_LIMIT};

fn ask(max: i64, wait: i64) -> Receive {
    let text = format!(
        r#"{{"QueueUrl":"http://h/{}/q","MaxNumberOfMessages":{max},"WaitTimeSeconds":{wait}}}"#,
        ids::ACCOUNT
    );
    serde_json::from_str(&text).unwrap()
}

/// AWS documents that a short poll gets `OverLimit` then, and a long poll no error.
#[tokio::test]
async fn more_than_the_messages_that_may_be_in_flight_stay_visible() {
    let shared = Shared::new("http://h".into());
    manage::create(&shared, &serde_json::from_str(r#"{"QueueName":"q"}"#).unwrap()).unwrap();
    let body: Arc<str> = "m".into();
    for _ in 0..=IN_FLIGHT_LIMIT {
        assert!(sqs::deliver(&shared, "q", Draft::of_service(Arc::clone(&body))));
    }
    let mut handle = String::new();
    for _ in 0..IN_FLIGHT_LIMIT / 10 {
        let mut received = receive(&shared, ask(10, 0), &[]).await.unwrap().messages;
        assert_eq!(received.len(), 10);
        handle = received.remove(0).receipt_handle;
    }
    let error = receive(&shared, ask(10, 0), &[]).await.unwrap_err();
    assert_eq!(error.kind(), "OverLimit");
    assert_eq!(error.into_answer().status, 400);
    assert!(receive(&shared, ask(10, 1), &[]).await.unwrap().messages.is_empty());

    // Room made during a long poll ends it.
    let look = shared.sqs.snapshot("q", shared.clock.now()).unwrap();
    assert_eq!((look.visible, look.in_flight), (1, IN_FLIGHT_LIMIT));
    let poll = receive(&shared, ask(10, 20), &[]);
    let delete = async {
        while shared.sqs.snapshot("q", shared.clock.now()).unwrap().waiting == 0 {
            tokio::task::yield_now().await;
        }
        let mut state = lock(&shared.sqs.0);
        state.by_name.get_mut("q").unwrap().delete(&handle, sqs::StaleDeletes::Rejected).unwrap();
    };
    let (received, ()) = tokio::join!(poll, delete);
    assert_eq!(received.unwrap().messages.len(), 1);
}
