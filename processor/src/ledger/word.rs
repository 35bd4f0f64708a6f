use std::sync::atomic::{AtomicU64, Ordering};

/// The one atomic word that a counter lives in.
///
/// The library counts in an [`AtomicU64`]; the tests put loom's in its place, which tries every interleaving of the threads
/// and every value that the memory orderings allow a load to see.
pub(crate) trait Word {
    fn new(value: u64) -> Self;
    fn load(&self, order: Ordering) -> u64;
    fn swap(&self, value: u64, order: Ordering) -> u64;
    fn fetch_add(&self, value: u64, order: Ordering) -> u64;
    fn fetch_sub(&self, value: u64, order: Ordering) -> u64;
    fn fetch_and(&self, value: u64, order: Ordering) -> u64;
    /// The value before, if `next` gave one to put in its place.
    fn fetch_update(&self, set: Ordering, fetch: Ordering, next: impl FnMut(u64) -> Option<u64>) -> Option<u64>;
}

/// Every operation of [`Word`] is the atomic's own.
macro_rules! word {
    ($atomic:ty) => {
        impl Word for $atomic {
            fn new(value: u64) -> Self {
                <$atomic>::new(value)
            }

            fn load(&self, order: Ordering) -> u64 {
                <$atomic>::load(self, order)
            }

            fn swap(&self, value: u64, order: Ordering) -> u64 {
                <$atomic>::swap(self, value, order)
            }

            fn fetch_add(&self, value: u64, order: Ordering) -> u64 {
                <$atomic>::fetch_add(self, value, order)
            }

            fn fetch_sub(&self, value: u64, order: Ordering) -> u64 {
                <$atomic>::fetch_sub(self, value, order)
            }

            fn fetch_and(&self, value: u64, order: Ordering) -> u64 {
                <$atomic>::fetch_and(self, value, order)
            }

            fn fetch_update(
                &self,
                set: Ordering,
                fetch: Ordering,
                next: impl FnMut(u64) -> Option<u64>,
            ) -> Option<u64> {
                <$atomic>::fetch_update(self, set, fetch, next).ok()
            }
        }
    };
}

word!(AtomicU64);
#[cfg(test)]
word!(loom::sync::atomic::AtomicU64);
