use super::rung::Rung;
use futures::task::AtomicWaker;
use std::{
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Wake, Waker},
};

/// Reused places for values, each with a waker of its own, so that only what was woken is looked
/// at.
pub(super) struct Slots<S> {
    places: Vec<Cell<S>>,
    free: Vec<usize>,
    woken: Vec<usize>,
    shared: Arc<Woken>,
}

struct Cell<S> {
    value: S,
    bell: Arc<Bell>,
    waker: Waker,
    occupied: bool,
}

/// Who was woken, and whom that wakes.
#[derive(Default)]
struct Woken {
    task: AtomicWaker,
    woken: Mutex<Vec<usize>>,
}

struct Bell {
    place: usize,
    rung: Rung,
    shared: Arc<Woken>,
}

impl<S> Slots<S> {
    pub(super) fn new() -> Self {
        Self { places: Vec::new(), free: Vec::new(), woken: Vec::new(), shared: Arc::default() }
    }

    /// Wakes `task` from now on when a place is woken.
    pub(super) fn watch(&mut self, task: &Context<'_>) {
        self.shared.task.register(task.waker());
        let mut woken = self.shared.woken.lock().unwrap_or_else(PoisonError::into_inner);
        if self.woken.is_empty() {
            std::mem::swap(&mut self.woken, &mut woken);
        } else {
            self.woken.append(&mut woken);
        }
    }

    /// An occupied place that was woken and not looked at since.
    pub(super) fn next_woken(&mut self) -> Option<usize> {
        while let Some(at) = self.woken.pop() {
            let place = &self.places[at];
            place.bell.rung.look();
            if place.occupied {
                return Some(at);
            }
        }
        None
    }

    /// Occupies a free place, or a new one.
    #[inline]
    pub(super) fn take(&mut self, new: impl FnOnce() -> S) -> usize {
        let at = self.free.pop().unwrap_or_else(|| {
            let place = self.places.len();
            let bell =
                Arc::new(Bell { place, rung: Rung::new(), shared: Arc::clone(&self.shared) });
            let waker = Waker::from(Arc::clone(&bell));
            self.places.push(Cell { value: new(), bell, waker, occupied: false });
            place
        });
        self.places[at].occupied = true;
        at
    }

    #[inline]
    pub(super) fn get(&mut self, at: usize) -> (&mut S, &Waker) {
        let place = &mut self.places[at];
        (&mut place.value, &place.waker)
    }

    #[inline]
    pub(super) fn free(&mut self, at: usize) {
        self.places[at].occupied = false;
        self.free.push(at);
    }

    /// Frees every occupied place whose value is such.
    pub(super) fn free_all(&mut self, such: impl Fn(&S) -> bool) {
        for at in self.occupied() {
            if such(&self.places[at].value) {
                self.free(at);
            }
        }
    }

    /// The places that are occupied.
    pub(super) fn occupied(&self) -> Vec<usize> {
        (0..self.places.len()).filter(|at| self.places[*at].occupied).collect()
    }

    /// How many places are occupied.
    #[inline]
    pub(super) fn waiting(&self) -> usize {
        self.places.len() - self.free.len()
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.rung.ring() {
            self.shared.woken.lock().unwrap_or_else(PoisonError::into_inner).push(self.place);
            self.shared.task.wake();
        }
    }
}
