use proptest::{collection::vec, prelude::*, sample::select};

use super::model::{levels, scan};

proptest! {
    #[test]
    fn instruction_sets_and_cuts_agree(
        bytes in vec(select(&b"{}[]\"\"\\\\ a1\n"[..]), 0..400),
        mut ends in vec(0usize..400, 0..5),
    ) {
        ends.sort_unstable();
        // Within a value, so that most of the bytes are looked at in groups of 64; and where the
        // innermost brackets fill a word.
        for front in ["", "[[[[[[[[[[[[", &"{[".repeat(31)] {
            let bytes = [front.as_bytes(), &bytes].concat();
            let expected = scan(levels()[0], &bytes, &(0..=bytes.len()).collect::<Vec<_>>());
            for level in levels() {
                prop_assert_eq!(scan(level, &bytes, &ends), expected.clone(), "{:?}", level);
            }
        }
    }
}

#[test]
fn runs_of_backslashes_across_groups_are_counted() {
    for level in levels() {
        for before in 0..70 {
            for run in 0..70 {
                let value = ["[\"", &"a".repeat(before), &"\\".repeat(run), "\"]"].concat();
                let bytes = [&value, "\"]{}"].concat();
                // An odd run hides the quote, and the string goes on to the second one.
                let end = if run % 2 == 0 { value.len() } else { value.len() + 2 };
                let (spans, _) = scan(level, bytes.as_bytes(), &[]);
                assert_eq!(
                    spans[0],
                    (0, end as u32),
                    "{level:?}: {run} backslashes after {before}"
                );
            }
        }
    }
}
