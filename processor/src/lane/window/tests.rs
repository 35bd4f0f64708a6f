use super::*;
use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    rc::Rc,
};
use tokio::{
    sync::Notify,
    task::yield_now,
    time::{advance, sleep, timeout},
};

const SECOND: Duration = Duration::from_secs(1);

fn window(permits: &Arc<Semaphore>) -> Window {
    Window::new(Arc::clone(permits), Some(10 * SECOND), false)
}

fn limit(permits: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(permits))
}

fn text<T>(verdict: &Tried<T>) -> &'static str {
    match verdict {
        Tried::Returned(_) => "ready",
        Tried::Panicked(_) => "panicked",
        Tried::TimedOut(_) => "timed out",
    }
}

/// Runs the items and says how each ended, by item.
async fn ends<F: Future>(
    window: &mut Window,
    count: usize,
    make: impl Fn(usize) -> F,
) -> Vec<&'static str> {
    let mut ends = vec![""; count];
    let mut report = |item: usize, _: u32, verdict| {
        assert_eq!(std::mem::replace(&mut ends[item], text(&verdict)), "", "reported once");
        After::Settled
    };
    window.run(count, |item, _| make(item), &Stop::new(), &mut report).await;
    ends
}

/// How many are inside at once.
#[derive(Clone, Default)]
struct Gauge(Rc<(Cell<usize>, Cell<usize>)>);

impl Gauge {
    async fn around<T>(self, work: impl Future<Output = T>) -> T {
        self.0.0.set(self.0.0.get() + 1);
        self.0.1.set(self.0.1.get().max(self.0.0.get()));
        let output = work.await;
        self.0.0.set(self.0.0.get() - 1);
        output
    }

    fn most(&self) -> usize {
        self.0.1.get()
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_to_do_is_done_at_once() {
    assert!(ends(&mut window(&limit(1)), 0, |_| async {}).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn ready_suspending_and_mixed_futures_all_end() {
    for permits in [1, 2, 7, 1_000] {
        for waits in [0, 1, 3] {
            let permits = limit(permits);
            let all = permits.available_permits();
            let make = |item: usize| async move {
                for _ in 0..waits * (item % 3) {
                    yield_now().await;
                }
                if waits == 3 && item.is_multiple_of(7) {
                    sleep(Duration::from_millis(item as u64)).await;
                }
            };
            assert_eq!(ends(&mut window(&permits), 500, make).await, ["ready"; 500]);
            assert_eq!(permits.available_permits(), all, "every permit came back");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn permits_are_never_exceeded_over_two_windows_and_both_get_their_share() {
    for count in [1, 2, 5] {
        let permits = limit(count);
        let gauge = Gauge::default();
        let order = RefCell::new(Vec::new());
        let make = |window: char| {
            let (gauge, order) = (&gauge, &order);
            move |_: usize| async move {
                gauge.clone().around(sleep(SECOND)).await;
                order.borrow_mut().push(window);
            }
        };
        let (mut one, mut two) = (window(&permits), window(&permits));
        tokio::join!(ends(&mut one, 40, make('a')), ends(&mut two, 40, make('b')));
        assert_eq!(gauge.most(), count);
        let early = order.borrow()[..40].iter().filter(|window| **window == 'b').count();
        assert!((5..=35).contains(&early), "{count} permits: {early} of the first 40");
    }
}

#[tokio::test(start_paused = true)]
async fn a_window_that_needs_no_more_permits_leaves_them_to_others() {
    let permits = limit(2);
    let (mut one, mut two) = (window(&permits), window(&permits));
    // The first has three: while the last of them waits, it has asked for more than it needs.
    let began = Instant::now();
    let first = ends(&mut one, 3, |item| sleep([1, 2, 9][item] * SECOND));
    let second = async {
        yield_now().await;
        ends(&mut two, 2, |_| sleep(SECOND)).await;
        began.elapsed()
    };
    let (_, second) = tokio::join!(first, second);
    assert!(second <= 5 * SECOND, "{second:?}");
}

#[tokio::test]
async fn a_wake_from_another_thread_is_not_lost() {
    let permits = limit(3);
    let bells: Vec<_> = (0..200).map(|_| Arc::new(Notify::new())).collect();
    let ringers = bells.clone();
    let ringing =
        std::thread::spawn(move || ringers.iter().rev().for_each(|bell| bell.notify_one()));
    let make = |item: usize| {
        let bell = Arc::clone(&bells[item]);
        async move { bell.notified().await }
    };
    let ended = timeout(5 * SECOND, ends(&mut window(&permits), 200, make)).await;
    ringing.join().expect("it rings");
    assert_eq!(ended.expect("none is forgotten"), ["ready"; 200]);
}

#[tokio::test(start_paused = true)]
async fn the_time_out_counts_only_for_those_that_wait_and_frees_their_place() {
    let began = Instant::now();
    let make = |item: usize| async move {
        if item % 2 == 1 {
            std::future::pending::<()>().await;
        }
    };
    let ended = ends(&mut window(&limit(1)), 4, make).await;
    assert_eq!(ended, ["ready", "timed out", "ready", "timed out"]);
    assert_eq!(began.elapsed().as_secs(), 20, "each has the whole time");
}

struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            std::panic::resume_unwind(Box::new("dropped"));
        }
    }
}

fn bang() {
    std::panic::resume_unwind(Box::new("bang"));
}

#[tokio::test(start_paused = true)]
async fn panics_while_made_polled_or_dropped_end_one_item_each() {
    let make = |item: usize| {
        if item == 0 {
            bang();
        }
        async move {
            let _guard = (item == 4 || item == 5).then(|| PanicsWhenDropped);
            match item {
                1 => bang(),
                2 => {
                    sleep(SECOND).await;
                    bang();
                }
                4 => std::future::pending::<()>().await,
                _ => yield_now().await,
            }
        }
    };
    let permits = limit(2);
    let ended = ends(&mut window(&permits), 7, make).await;
    assert_eq!(
        ended,
        ["panicked", "panicked", "panicked", "ready", "timed out", "panicked", "ready"]
    );
    assert_eq!(permits.available_permits(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_window_dropped_in_the_middle_survives_futures_that_panic_when_dropped() {
    let permits = limit(3);
    let mut window = window(&permits);
    let make = |_| async {
        let _guard = PanicsWhenDropped;
        std::future::pending::<()>().await;
    };
    assert!(timeout(SECOND, ends(&mut window, 5, make)).await.is_err());
    drop(window);
    assert_eq!(permits.available_permits(), 3);
}

#[tokio::test(start_paused = true)]
async fn stopping_begins_no_more_and_waits_for_what_runs() {
    let (permits, stop) = (limit(2), Stop::new());
    let mut seen = BTreeSet::new();
    let mut window = window(&permits);
    let mut report = |item: usize, _: u32, _| {
        seen.insert(item);
        After::Settled
    };
    let run = window.run(10, |_, _| sleep(5 * SECOND), &stop, &mut report);
    let began = Instant::now();
    tokio::join!(run, async {
        sleep(SECOND).await;
        stop.cancel();
    });
    assert_eq!((began.elapsed().as_secs(), seen.len()), (5, 2));
}

#[tokio::test(start_paused = true)]
async fn stopping_ends_waiting_for_permits_and_resting_at_once() {
    let (permits, stop) = (limit(1), Stop::new());
    let other = Arc::clone(&permits).try_acquire_owned().expect("it is free");
    let mut report = |_: usize, _: u32, _| After::Again(1_000 * SECOND);
    let began = Instant::now();
    let (mut waits, mut rests) = (window(&permits), window(&permits));
    let cancel = async {
        sleep(SECOND).await;
        stop.cancel();
    };
    let mut none = |_: usize, _: u32, _| After::Settled;
    tokio::join!(waits.run(3, |_, _| async {}, &stop, &mut none), cancel);
    drop(other);
    let stop = Stop::new();
    let cancel = async {
        sleep(SECOND).await;
        stop.cancel();
    };
    tokio::join!(rests.run(3, |_, _| async {}, &stop, &mut report), cancel);
    assert_eq!(began.elapsed().as_secs(), 2);
    assert_eq!(permits.available_permits(), 1);
}

#[tokio::test(start_paused = true)]
async fn attempts_count_from_one_and_rests_hold_a_permit_only_if_told_to() {
    for keep in [false, true] {
        let permits = limit(1);
        let mut tries = Vec::new();
        let mut report = |item: usize, attempt: u32, _| {
            tries.push((item, attempt));
            if item == 0 && attempt < 3 { After::Again(10 * SECOND) } else { After::Settled }
        };
        let mut window = Window::new(Arc::clone(&permits), None, keep);
        window.run(2, |_, _| async {}, &Stop::new(), &mut report).await;
        let expected =
            if keep { [(0, 1), (0, 2), (0, 3), (1, 1)] } else { [(0, 1), (1, 1), (0, 2), (0, 3)] };
        assert_eq!(tries, expected);
        assert_eq!(permits.available_permits(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_item_that_left_keeps_its_permit_until_it_is_given_back() {
    let permits = limit(2);
    let mut window = Window::new(Arc::clone(&permits), None, false);
    let left = Cell::new(0);
    let stop = Stop::new();
    let mut report = |_: usize, _: u32, _| {
        left.set(left.get() + 1);
        After::Left
    };
    let run = window.run(5, |_, _| async {}, &stop, &mut report);
    let free_one_by_one = async {
        for freed in 0..3 {
            sleep(SECOND).await;
            assert_eq!(left.get(), 2 + freed);
            permits.add_permits(1);
        }
    };
    tokio::join!(run, free_one_by_one);
    drop(window);
    assert_eq!((left.get(), permits.available_permits()), (5, 0));
}

#[tokio::test(start_paused = true)]
async fn futures_that_began_to_wait_at_different_times_time_out_at_different_times() {
    let began = Instant::now();
    let permits = limit(1_000);
    let mut window = window(&permits);
    let order = RefCell::new(Vec::new());
    let mut report = |item: usize, attempt: u32, verdict| {
        order.borrow_mut().push((item, text(&verdict), began.elapsed().as_secs()));
        if attempt == 1 && item != 1 {
            After::Again((item as u32 + 1) * SECOND)
        } else {
            After::Settled
        }
    };
    let make = |item: usize, attempt: u32| async move {
        if attempt == 2 || item == 1 {
            sleep([60, 4, 6][item] * SECOND).await;
        }
    };
    window.run(3, make, &Stop::new(), &mut report).await;
    let expected =
        [(0, "ready", 0), (2, "ready", 0), (1, "ready", 4), (2, "ready", 9), (0, "timed out", 11)];
    assert_eq!(*order.borrow(), expected);
}

#[tokio::test]
async fn long_futures_let_others_run() {
    let ticks = Cell::new(0);
    let permits = limit(1);
    let mut window = window(&permits);
    let heavy = ends(&mut window, 20, |_| async { std::thread::sleep(Duration::from_millis(2)) });
    let light = async {
        loop {
            ticks.set(ticks.get() + 1);
            drop(permits.acquire().await);
            yield_now().await;
        }
    };
    tokio::select! {
        biased;
        _ = heavy => {}
        () = light => {}
    }
    assert!(ticks.get() >= 5, "{} turns, with a permit each", ticks.get());
}

/// In real time: the thread is what is shared.
#[tokio::test]
async fn futures_that_are_woken_together_let_others_run_between_them() {
    const FUTURES: usize = 40;
    let go = Rc::new(Notify::new());
    let turns = Cell::new(0);
    let wait_and_work = |_| {
        let go = Rc::clone(&go);
        async move {
            go.notified().await;
            // Longer than a task may run without letting others run.
            std::thread::sleep(2 * SLICE);
        }
    };
    let (limit, mut ended) = (limit(FUTURES), false);
    let mut window = window(&limit);
    let all = ends(&mut window, FUTURES, wait_and_work);
    let others = async {
        yield_now().await;
        go.notify_waiters();
        loop {
            turns.set(turns.get() + 1);
            yield_now().await;
        }
    };
    tokio::select! {
        biased;
        _ = all => ended = true,
        () = others => {}
    }
    assert!(ended && turns.get() >= FUTURES / 4, "{} turns of others", turns.get());
}

#[tokio::test(start_paused = true)]
async fn trap_72_futures_that_are_always_busy_end_a_grace_period_after_the_stop() {
    let (permits, stop) = (limit(2), Stop::new());
    let mut window = Window::new(Arc::clone(&permits), None, false);
    let busy = |_: usize, _: u32| async {
        loop {
            // Longer than a task may run without letting others run.
            advance(2 * SLICE).await;
        }
    };
    let mut none = |_: usize, _: u32, _: Tried<()>| After::Settled;
    let others = async {
        yield_now().await;
        stop.cancel();
        sleep(2 * GRACE).await;
    };
    tokio::select! {
        biased;
        () = window.run(2, busy, &stop, &mut none) => {}
        () = others => panic!("it goes on"),
    }
    drop(window);
    assert_eq!(permits.available_permits(), 2);
}
