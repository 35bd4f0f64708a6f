//! One sweep: points along an axis, several measurements at each, round by round.

use crate::measure::plan::Plan;
use std::{fmt::Write, path::Path};

/// Rounds of a full run. In each, every point is measured once.
const ROUNDS: usize = 3;

/// What is measured at every point, and under which names it is printed and written.
pub(crate) struct Sweep<const N: usize> {
    pub(crate) name: &'static str,
    /// What changes from point to point.
    pub(crate) axis: &'static str,
    pub(crate) columns: [&'static str; N],
}

impl<const N: usize> Sweep<N> {
    /// Measures all points in turn, in the opposite order every other round, prints their medians
    /// and writes them to a file beside the script that plots them.
    pub(crate) fn run(
        &self,
        plan: &Plan,
        points: &[usize],
        mut measure: impl FnMut(usize) -> [f64; N],
    ) {
        let mut measured = vec![Vec::new(); points.len()];
        for round in 0..plan.pick(ROUNDS, 1) {
            for at in 0..points.len() {
                let at = if round % 2 == 0 { at } else { points.len() - 1 - at };
                measured[at].push(measure(points[at]));
            }
        }
        let medians: Vec<_> = measured.iter().map(|rounds| median(rounds)).collect();
        self.print(points, &medians);
        if !plan.is_quick() {
            let plots = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/measured/plots"));
            std::fs::write(plots.join(format!("{}.csv", self.name)), self.csv(points, &medians))
                .unwrap();
        }
    }

    fn print(&self, points: &[usize], medians: &[[f64; N]]) {
        let line = |cells: Vec<String>| println!("| {} |", cells.join(" | "));
        println!("\n{}", self.name);
        line([self.axis].into_iter().chain(self.columns).map(str::to_owned).collect());
        line(vec!["---:".into(); N + 1]);
        for (point, medians) in points.iter().zip(medians) {
            line([point.to_string()].into_iter().chain(medians.map(number)).collect());
        }
    }

    fn csv(&self, points: &[usize], medians: &[[f64; N]]) -> String {
        // The names have commas.
        let names: Vec<_> =
            [self.axis].into_iter().chain(self.columns).map(|name| format!("\"{name}\"")).collect();
        let mut csv = names.join(",") + "\n";
        for (point, medians) in points.iter().zip(medians) {
            writeln!(csv, "{point},{}", medians.map(number).join(",")).unwrap();
        }
        csv
    }
}

fn median<const N: usize>(rounds: &[[f64; N]]) -> [f64; N] {
    std::array::from_fn(|column| {
        let mut values: Vec<_> = rounds.iter().map(|round| round[column]).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    })
}

/// Three digits, as far as they say something.
fn number(value: f64) -> String {
    match value.abs() {
        size if size < 10.0 => format!("{value:.2}"),
        size if size < 100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}
