/// The case, what is seen, and why.
pub(super) type Entry = (&'static str, &'static str, &'static str);
