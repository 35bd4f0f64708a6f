use crate::{
    port::{PortErrorKind, Queue, Receive, Received},
    testing::{Fault, MemoryQueue, Op, Place, QueueSettings, Trace},
    tracking::{Answer, Entry, MessageKey},
};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

const SECOND: Duration = Duration::from_secs(1);

fn queue(max_receives: Option<u32>) -> MemoryQueue {
    MemoryQueue::new(QueueSettings { max_receives, ..QueueSettings::default() }, Trace::new())
}

fn wanted(max: usize) -> Receive {
    Receive { max, visibility_timeout: 30 * SECOND, wait: 20 * SECOND }
}

async fn receive(queue: &MemoryQueue) -> Vec<Received> {
    queue.receive(wanted(10)).await.expect("no fault")
}

fn entry(receipt: &str, term: Duration) -> Entry {
    Entry { key: MessageKey::default(), delivery: 0, receipt: receipt.into(), term }
}

async fn change(queue: &MemoryQueue, receipt: &str, term: Duration) -> Answer {
    queue.change_visibility(vec![entry(receipt, term)]).await.expect("no fault")[0]
}

async fn delete(queue: &MemoryQueue, receipt: &str) -> Answer {
    queue.delete(vec![entry(receipt, Duration::ZERO)]).await.expect("no fault")[0]
}

#[tokio::test(start_paused = true)]
async fn a_lease_hides_until_it_ends_and_only_the_newest_receipt_is_good() {
    let queue = queue(None);
    let id = queue.send("a");
    let first = receive(&queue).await.remove(0);
    assert_eq!((queue.place(&id), first.receive_count), (Place::InFlight, 1));
    let began = Instant::now();
    let second = loop {
        if let Some(message) = receive(&queue).await.pop() {
            break message;
        }
    };
    assert_eq!(began.elapsed(), 30 * SECOND, "a long poll wakes when a lease ends");
    assert_eq!(second.receive_count, 2);
    assert_ne!(first.receipt, second.receipt);
    assert_eq!(change(&queue, &first.receipt, SECOND).await, Answer::Lost);
    assert_eq!(delete(&queue, &first.receipt).await, Answer::Lost);
    assert_eq!(delete(&queue, &second.receipt).await, Answer::Done);
    assert_eq!(queue.place(&id), Place::Deleted);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_visible_again_is_not_in_flight() {
    let queue = queue(None);
    queue.send("a");
    let message = receive(&queue).await.remove(0);
    sleep(31 * SECOND).await;
    assert_eq!(change(&queue, &message.receipt, SECOND).await, Answer::Lost);
    assert_eq!(
        delete(&queue, &message.receipt).await,
        Answer::Done,
        "until it is received again it may be deleted"
    );
}

#[tokio::test(start_paused = true)]
async fn twelve_hours_are_a_total() {
    let queue = queue(None);
    queue.send("a");
    let message = receive(&queue).await.remove(0);
    assert_eq!(change(&queue, &message.receipt, 12 * 3600 * SECOND).await, Answer::Done);
    sleep(SECOND).await;
    assert_eq!(change(&queue, &message.receipt, 12 * 3600 * SECOND).await, Answer::Refused);
    assert_eq!(queue.violations().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_long_poll_wakes_on_arrival_release_and_the_end_of_a_delay() {
    let queue = queue(None);
    let began = Instant::now();
    let sender = queue.clone();
    tokio::spawn(async move {
        sleep(3 * SECOND).await;
        sender.send("a");
    });
    let message = receive(&queue).await.remove(0);
    assert_eq!(began.elapsed(), 3 * SECOND);
    assert_eq!(change(&queue, &message.receipt, Duration::ZERO).await, Answer::Done);
    let message = receive(&queue).await.remove(0);
    assert_eq!(began.elapsed(), 3 * SECOND);
    delete(&queue, &message.receipt).await;
    let delayed = queue.send_after(5 * SECOND, "b");
    assert_eq!(queue.place(&delayed), Place::Delayed);
    receive(&queue).await;
    assert_eq!(began.elapsed(), 8 * SECOND);
    assert!(receive(&queue).await.is_empty(), "empty after the wait");
    assert_eq!(began.elapsed(), 28 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn what_was_received_too_often_goes_to_the_dead_letter_queue() {
    let queue = queue(Some(2));
    let id = queue.send("a");
    for _ in 0..2 {
        let message = receive(&queue).await.remove(0);
        change(&queue, &message.receipt, Duration::ZERO).await;
    }
    assert!(receive(&queue).await.is_empty());
    assert_eq!((queue.place(&id), queue.receives(&id)), (Place::Dead, 2));
}

#[tokio::test(start_paused = true)]
async fn faults_come_in_their_order() {
    let queue = queue(None);
    (0..2).for_each(|n| drop(queue.send(n.to_string())));
    queue.fail_next(Op::Receive, Fault::Refuse(PortErrorKind::Throttled));
    queue.fail_next(Op::Receive, Fault::Lost);
    assert_eq!(queue.receive(wanted(10)).await.unwrap_err().kind, PortErrorKind::Throttled);
    assert!(timeout(60 * SECOND, queue.receive(wanted(10))).await.is_err());
    let receipts: Vec<_> =
        receive(&queue).await.into_iter().map(|message| message.receipt).collect();
    let entries =
        || receipts.iter().map(|receipt| entry(receipt, Duration::ZERO)).collect::<Vec<_>>();
    queue.fail_next(Op::Delete, Fault::Entries(vec![0]));
    assert_eq!(queue.delete(entries()).await.unwrap(), [Answer::Refused, Answer::Done]);
    queue.fail_next(Op::Delete, Fault::Unanswered(SECOND));
    assert!(timeout(SECOND / 2, queue.delete(entries())).await.is_err());
    assert_eq!(queue.in_place(Place::InFlight).len(), 1);
    sleep(SECOND).await;
    assert!(queue.is_finished(), "it takes effect although nobody heard of it");
}

#[tokio::test(start_paused = true)]
async fn a_receive_whose_answer_is_lost_hides_the_message_all_the_same() {
    let queue = queue(None);
    let id = queue.send("a");
    queue.fail_next(Op::Receive, Fault::Unanswered(Duration::ZERO));
    assert!(timeout(SECOND, queue.receive(wanted(10))).await.is_err());
    assert_eq!(queue.place(&id), Place::InFlight);
}

#[tokio::test(start_paused = true)]
async fn duplicates_come_in_one_receive_and_while_in_flight() {
    let queue = queue(None);
    let id = queue.send("a");
    queue.fail_next(Op::Receive, Fault::Duplicate);
    let twice = receive(&queue).await;
    assert_eq!(
        twice.iter().map(|message| message.receipt.as_str()).collect::<Vec<_>>(),
        ["m0#1", "m0#2"]
    );
    queue.deliver_again(&id);
    assert_eq!(receive(&queue).await[0].receipt, "m0#3");
}

#[tokio::test(start_paused = true)]
async fn two_requests_at_once_about_one_message_are_noticed() {
    let queue = queue(None);
    queue.send("a");
    let message = receive(&queue).await.remove(0);
    queue.fail_next(Op::Change, Fault::Slow { there: SECOND, back: SECOND });
    let both = async {
        tokio::join!(change(&queue, &message.receipt, SECOND), delete(&queue, &message.receipt))
    };
    both.await;
    assert_eq!(queue.violations(), ["two requests at once about m0: Delete m0#1"]);
}
