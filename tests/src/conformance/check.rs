use super::{Case, Kind, Subject, all, differences};
use futures::{FutureExt, StreamExt};
use std::panic::AssertUnwindSafe;

/// So many cases of an area at once: most of them wait for a second or two to pass.
const AT_ONCE: usize = 4;

/// Plays the cases of an area, each on a subject of its own, and fails with all that was not as
/// declared.
pub async fn check(kind: Kind, area: &str, subject: impl AsyncFn() -> Subject) {
    let cases: Vec<_> =
        all().into_iter().filter(|case| case.area == area && case.runs_on(kind)).collect();
    let wrong = futures::stream::iter(&cases)
        .map(|case| async { one(kind, case, subject().await).await })
        .buffer_unordered(AT_ONCE)
        .filter_map(async |wrong| wrong);
    let mut wrong: Vec<_> = wrong.collect().await;
    wrong.sort_unstable();
    assert!(
        wrong.is_empty(),
        "{kind}, {area}: {} of {} cases\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

/// What is wrong with it.
async fn one(kind: Kind, case: &Case, subject: Subject) -> Option<String> {
    let seen = match AssertUnwindSafe(case.play(subject)).catch_unwind().await {
        Ok(seen) => seen,
        Err(panic) => {
            let said = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or(panic.downcast_ref::<&str>().copied());
            format!("the scene could not be played: {}", said.unwrap_or("a panic"))
        }
    };
    let difference = differences().find(|one| one.kind == kind && one.case == case.name);
    let as_declared = match difference {
        None => seen == case.aws,
        Some(difference) => seen == difference.does,
    };
    (!as_declared).then(|| {
        let declared = difference
            .map(|difference| format!("\n    declared: {:?}", difference.does))
            .unwrap_or_default();
        format!("  {}\n    seen:     {seen:?}\n    on AWS:   {:?}{declared}", case.name, case.aws)
    })
}
