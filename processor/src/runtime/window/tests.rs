use super::{Next, Verdict, Window};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    future::{Future, pending, poll_fn},
    panic::resume_unwind,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    sync::{Notify, Semaphore},
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

const SECOND: Duration = Duration::from_secs(1);

fn window(limit: &Arc<Semaphore>, timeout: Option<Duration>) -> Window {
    Window::new(Arc::clone(limit), timeout, false)
}

fn limit(permits: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(permits))
}

/// Runs `count` futures, and says how each ended.
async fn run<F: Future>(mut window: Window, count: usize, make: impl Fn(usize) -> F) -> BTreeMap<usize, String> {
    let ends = RefCell::new(BTreeMap::new());
    let mut report = |i: usize, _: u32, verdict: Verdict<F::Output>| {
        let end = match verdict {
            Verdict::Ready(_) => "ready".to_owned(),
            Verdict::Panicked(message) => format!("panicked: {message}"),
            Verdict::TimedOut(after) => format!("timed out: {after:?}"),
        };
        assert_eq!(ends.borrow_mut().insert(i, end), None, "{i} ended twice");
        Next::Settled
    };
    window.run(count, |i, _, _| make(i), &CancellationToken::new(), &mut report).await;
    ends.into_inner()
}

fn all(count: usize, end: &str) -> BTreeMap<usize, String> {
    (0..count).map(|i| (i, end.to_owned())).collect()
}

fn panic_with(text: &str) -> ! {
    // Without the hook's noise.
    resume_unwind(Box::new(text.to_owned()))
}

#[tokio::test(start_paused = true)]
async fn futures_that_are_ready_need_one_permit_and_no_time() {
    let limit = limit(1);
    let began = Instant::now();
    assert_eq!(run(window(&limit, Some(SECOND)), 1_000, |_| async {}).await, all(1_000, "ready"));
    assert_eq!((began.elapsed(), limit.available_permits()), (Duration::ZERO, 1));
    assert_eq!(run(window(&limit, None), 0, |_| async {}).await, all(0, "ready"));
}

#[tokio::test(start_paused = true)]
async fn as_many_wait_at_once_as_there_are_permits() {
    for permits in [1, 3, 100] {
        let (limit, began) = (limit(permits), Instant::now());
        let (waiting, most) = (Cell::new(0), Cell::new(0));
        let make = |_| async {
            waiting.set(waiting.get() + 1);
            most.set(most.get().max(waiting.get()));
            sleep(SECOND).await;
            waiting.set(waiting.get() - 1);
        };
        assert_eq!(run(window(&limit, None), 30, make).await, all(30, "ready"));
        assert_eq!(most.get(), permits.min(30));
        assert_eq!(began.elapsed().as_secs(), 30_u64.div_ceil(permits as u64));
        assert_eq!(limit.available_permits(), permits);
    }
}

#[tokio::test(start_paused = true)]
async fn those_that_are_ready_pass_those_that_wait() {
    let order = RefCell::new(Vec::new());
    let make = |i: usize| {
        let order = &order;
        async move {
            if i.is_multiple_of(3) {
                sleep(SECOND).await;
            }
            order.borrow_mut().push(i);
        }
    };
    assert_eq!(run(window(&limit(10), None), 9, make).await, all(9, "ready"));
    assert_eq!(order.into_inner()[..6], [1, 2, 4, 5, 7, 8]);
}

#[tokio::test(start_paused = true)]
async fn only_what_waits_is_timed_and_its_permit_comes_back() {
    let limit = limit(1);
    let make = |i: usize| async move { if i == 1 { pending().await } else { sleep(SECOND).await } };
    let ends = run(window(&limit, Some(5 * SECOND)), 3, make).await;
    assert_eq!(ends[&1], "timed out: 5s");
    assert_eq!((ends[&0].as_str(), ends[&2].as_str(), limit.available_permits()), ("ready", "ready", 1));
}

#[tokio::test(start_paused = true)]
async fn the_time_out_counts_from_the_first_wait_of_each() {
    let make = |i: usize| async move { sleep(if i == 2 { 6 * SECOND } else { 4 * SECOND }).await };
    let ends = run(window(&limit(1), Some(5 * SECOND)), 3, make).await;
    assert_eq!(ends.values().collect::<Vec<_>>(), ["ready", "ready", "timed out: 5s"]);
}

/// Panics where it is told to.
struct Panics(&'static str, bool);

impl Future for Panics {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match (self.0, self.1) {
            ("poll", _) => panic_with("in poll"),
            ("later", true) => panic_with("in a later poll"),
            ("later" | "drop", false) => {
                self.1 = true;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            _ => Poll::Ready(()),
        }
    }
}

impl Drop for Panics {
    fn drop(&mut self) {
        if self.0 == "drop" {
            panic_with("in drop");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn trap_49_a_panic_anywhere_ends_one_future_and_leaves_no_permit_behind() {
    let limit = limit(2);
    let kinds = ["fine", "make", "poll", "later", "drop", "fine"];
    let make = |i: usize| if kinds[i] == "make" { panic_with("in make") } else { Panics(kinds[i], false) };
    let ends = run(window(&limit, Some(SECOND)), kinds.len(), make).await;
    let ends: Vec<_> = ends.values().map(String::as_str).collect();
    assert_eq!(
        ends,
        ["ready", "panicked: in make", "panicked: in poll", "panicked: in a later poll", "panicked: in drop", "ready"]
    );
    assert_eq!(limit.available_permits(), 2);
}

#[tokio::test(start_paused = true)]
async fn no_wake_is_lost() {
    // Woken while it is polled, from another task, several times, and after another one took its place.
    let notify = Notify::new();
    let make = |i: usize| {
        let notify = &notify;
        let mut turns = i % 5;
        poll_fn(move |cx| {
            if turns == 0 {
                return Poll::Ready(());
            }
            turns -= 1;
            (0..=turns).for_each(|_| cx.waker().wake_by_ref());
            let waker = cx.waker().clone();
            tokio::spawn(async move { waker.wake() });
            notify.notify_one();
            Poll::Pending
        })
    };
    assert_eq!(run(window(&limit(7), None), 500, make).await, all(500, "ready"));
}

#[tokio::test(start_paused = true)]
async fn a_limit_is_shared_and_no_permit_is_kept_for_nothing() {
    let limit = limit(2);
    let slow = {
        let limit = Arc::clone(&limit);
        let times = [1, 2, 1_000];
        let make = move |i: usize| sleep(times[i] * SECOND);
        tokio::spawn(async move { run_sent(window(&limit, None), 3, make).await })
    };
    sleep(SECOND / 2).await;
    let began = Instant::now();
    assert_eq!(run(window(&limit, None), 5, |_| async {}).await, all(5, "ready"));
    assert_eq!(began.elapsed(), SECOND * 3 / 2, "as soon as the second of the slow ones is done");
    slow.await.unwrap();
    assert_eq!(limit.available_permits(), 2);
}

/// Like [`run`], for another task.
async fn run_sent<F: Future<Output = ()> + Send>(mut window: Window, count: usize, make: impl Fn(usize) -> F + Send) {
    window
        .run(count, |i, _, _| make(i), &CancellationToken::new(), &mut |_: usize, _: u32, _: Verdict<F::Output>| {
            Next::Settled
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn after_a_stop_nothing_is_begun_and_what_waits_is_waited_for() {
    let (limit, stop) = (limit(2), CancellationToken::new());
    let (begun, ended) = (Cell::new(0), Cell::new(0));
    let mut window = window(&limit, None);
    let make = |_| {
        begun.set(begun.get() + 1);
        sleep(10 * SECOND)
    };
    let mut report = |_: usize, _: u32, _: Verdict<()>| {
        ended.set(ended.get() + 1);
        Next::Settled
    };
    let running = window.run(5, |i, _, _| make(i), &stop, &mut report);
    let stopping = async {
        sleep(3 * SECOND).await;
        stop.cancel();
    };
    let began = Instant::now();
    tokio::join!(running, stopping);
    assert_eq!((began.elapsed(), begun.get(), ended.get()), (10 * SECOND, 2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_stop_reaches_a_window_that_waits_for_its_first_permit() {
    let (limit, stop) = (limit(1), CancellationToken::new());
    let taken = limit.acquire().await.unwrap();
    let (mut window, stopped) = (window(&limit, None), stop.clone());
    // A task of its own: nothing but the stop wakes it.
    let running = tokio::spawn(async move {
        window
            .run(5, |_, _, _| async {}, &stopped, &mut |_: usize, _: u32, _: Verdict<()>| panic!("none was begun"))
            .await;
    });
    sleep(SECOND).await;
    stop.cancel();
    tokio::time::timeout(SECOND, running).await.expect("it heard of it").unwrap();
    drop(taken);
    assert_eq!(limit.available_permits(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_window_that_is_dropped_gives_its_permits_back() {
    let limit = limit(3);
    let running = run(window(&limit, None), 10, |_| pending::<()>());
    assert!(tokio::time::timeout(SECOND, running).await.is_err());
    assert_eq!(limit.available_permits(), 3);
}
