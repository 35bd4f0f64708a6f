use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// The one atomic word that a counter, or what happened to a record, lives in.
///
/// The library uses the atomics of the standard library; the tests put loom's in their place, which
/// try every interleaving of the threads and every value that the memory orderings allow a load to
/// see.
pub(crate) trait Word<V> {
    fn new(value: V) -> Self;
    fn load(&self, order: Ordering) -> V;
    fn store(&self, value: V, order: Ordering);
    fn swap(&self, value: V, order: Ordering) -> V;
    fn fetch_add(&self, value: V, order: Ordering) -> V;
    fn fetch_sub(&self, value: V, order: Ordering) -> V;
    fn fetch_and(&self, value: V, order: Ordering) -> V;
    fn fetch_or(&self, value: V, order: Ordering) -> V;
    fn compare_exchange(&self, now: V, new: V, done: Ordering, not: Ordering) -> Result<V, V>;
}

/// Every operation of [`Word`] is the atomic's own.
macro_rules! word {
    ($atomic:ty, $value:ty) => {
        impl Word<$value> for $atomic {
            #[inline]
            fn new(value: $value) -> Self {
                <$atomic>::new(value)
            }

            #[inline]
            fn load(&self, order: Ordering) -> $value {
                <$atomic>::load(self, order)
            }

            #[inline]
            fn store(&self, value: $value, order: Ordering) {
                <$atomic>::store(self, value, order);
            }

            #[inline]
            fn swap(&self, value: $value, order: Ordering) -> $value {
                <$atomic>::swap(self, value, order)
            }

            #[inline]
            fn fetch_add(&self, value: $value, order: Ordering) -> $value {
                <$atomic>::fetch_add(self, value, order)
            }

            #[inline]
            fn fetch_sub(&self, value: $value, order: Ordering) -> $value {
                <$atomic>::fetch_sub(self, value, order)
            }

            #[inline]
            fn fetch_and(&self, value: $value, order: Ordering) -> $value {
                <$atomic>::fetch_and(self, value, order)
            }

            #[inline]
            fn fetch_or(&self, value: $value, order: Ordering) -> $value {
                <$atomic>::fetch_or(self, value, order)
            }

            #[inline]
            fn compare_exchange(
                &self,
                now: $value,
                new: $value,
                done: Ordering,
                not: Ordering,
            ) -> Result<$value, $value> {
                <$atomic>::compare_exchange(self, now, new, done, not)
            }
        }
    };
}

word!(AtomicU64, u64);
word!(AtomicU8, u8);
#[cfg(test)]
word!(loom::sync::atomic::AtomicU64, u64);
#[cfg(test)]
word!(loom::sync::atomic::AtomicU8, u8);
