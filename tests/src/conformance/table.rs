//! The tables of `docs/measured/servers.md`.

use super::{Case, Kind, all, differences};
use std::fmt::Write as _;

/// What the document has to contain, word by word: how many cases of each area are run where, and
/// each difference.
pub fn documented() -> String {
    let cases = all();
    format!("{}\n{}", areas(&cases), differing(&cases))
}

fn head(first: &str) -> String {
    let kinds = Kind::ALL.map(|kind| kind.to_string()).join(" | ");
    format!(
        "{first} | {kinds} |\n{}---|---|---|---|\n",
        "|---".repeat(first.matches('|').count()) + "|"
    )
}

fn areas(cases: &[Case]) -> String {
    let mut table = head("| area | cases");
    for area in cases.chunk_by(|one, next| one.area == next.area) {
        let run = Kind::ALL.map(|kind| area.iter().filter(|case| case.runs_on(kind)).count());
        let run = run
            .map(|count| if count == 0 { "not run".to_owned() } else { count.to_string() })
            .join(" | ");
        let _ = writeln!(table, "| {} | {} | {run} |", area[0].area.replace('_', " "), area.len());
    }
    table
}

fn differing(cases: &[Case]) -> String {
    let mut table = head("| what | AWS (page)");
    for case in cases.iter().filter(|case| differences().any(|one| one.case == case.name)) {
        let cells = Kind::ALL.map(|kind| cell(case, kind)).join(" | ");
        let _ =
            writeln!(table, "| {} | {} (*{}*) | {cells} |", case.name, text(case.aws), case.page);
    }
    table
}

fn cell(case: &Case, kind: Kind) -> String {
    let difference = differences().find(|one| one.kind == kind && one.case == case.name);
    match difference {
        Some(difference) => format!("{}: {}", text(difference.does), difference.why),
        None if case.runs_on(kind) => "as AWS".to_owned(),
        None => "not run".to_owned(),
    }
}

/// As the suite sees it.
fn text(seen: &str) -> String {
    if seen.is_empty() { "nothing".to_owned() } else { format!("`{}`", seen.trim_end()) }
}
