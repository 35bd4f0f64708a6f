//! How many instructions each part of a record's way takes: `cargo instructions [PART]...`.
//!
//! `docs/measured/performance.md` says what it is for. valgrind counts, in a process of its own for
//! each part: this program once more, as `--part PART PASSES`, which works without valgrind too.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and may panic")]

#[path = "../dispatch/dispatch.rs"]
mod dispatch;
#[path = "../measure/measure.rs"]
mod measure;
mod parts;
mod valgrind;

use measure::plan::Plan;
use parts::{PARTS, Part};
use std::process::ExitCode;

/// What is counted is the difference of a run of so many passes and one of twice as many, so that
/// nothing counts that happens once: starting, making the input, first calls.
const PASSES: usize = 2;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if let [option, part, passes, ..] = &arguments[..]
        && option == "--part"
    {
        let part = Part::named(part).expect("a part of the table");
        println!("{}", part.run(passes.parse().expect("a number of passes")));
        return ExitCode::SUCCESS;
    }
    let plan = Plan::from_args();
    let parts = PARTS.iter().filter(|part| plan.wants(part.name));
    if plan.is_quick() {
        parts.for_each(run);
        return ExitCode::SUCCESS;
    }
    match count(parts) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("instructions cannot be counted: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Proves that it still works.
fn run(part: &Part) {
    println!("{}: records and bytes of a pass: {}; not counted", part.name, part.run(1));
}

fn count<'a>(parts: impl Iterator<Item = &'a Part>) -> Result<(), valgrind::Error> {
    line(["", "part", "per record", "per byte", "of LIMIT"]);
    line(["---", "---", "---:", "---:", "---:"]);
    let limit = per_record(&PARTS[0])?.0;
    for part in parts {
        let (record, byte) = per_record(part)?;
        let share = format!("{:.2} %", record / limit * 100.0);
        line([part.name, part.what, &format!("{record:.1}"), &format!("{byte:.3}"), &share]);
    }
    println!("\nThe profiles, for callgrind_annotate: {}", valgrind::profile("PART").display());
    Ok(())
}

/// Instructions per record and per byte of it.
fn per_record(part: &Part) -> Result<(f64, f64), valgrind::Error> {
    let (once, _) = valgrind::count(part.name, PASSES)?;
    let (twice, pass) = valgrind::count(part.name, 2 * PASSES)?;
    let counted = (twice as f64 - once as f64) / PASSES as f64;
    Ok((counted / pass.records as f64, counted / pass.bytes as f64))
}

fn line([name, what, record, byte, share]: [&str; 5]) {
    println!("| {name:<8} | {what:<62} | {record:>10} | {byte:>8} | {share:>9} |");
}
