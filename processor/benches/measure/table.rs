//! The table of figures, a line at a time.

use super::rounds::Spread;

/// What a figure is to reach.
pub enum Target {
    AtLeast(f64),
    AtMost(f64),
    /// Printed for comparison.
    None,
}

pub fn head() {
    line(["", "figure", "value", "rounds", "target", ""]);
    line(["---", "---", "---:", "---:", "---:", "---"]);
}

/// One figure; `unit` follows each number.
pub fn row(name: &str, what: &str, unit: &str, value: impl Into<Spread>, target: Target) {
    let value = value.into();
    let (asked, met) = match target {
        Target::AtLeast(least) => (format!(">= {least}{unit}"), Some(value.median >= least)),
        Target::AtMost(most) => (format!("<= {most}{unit}"), Some(value.median <= most)),
        Target::None => (String::new(), None),
    };
    let met = met.map_or("", |met| if met { "met" } else { "NOT met" });
    let spread = match value {
        Spread { least, most, .. } if least == most => String::new(),
        Spread { least, most, .. } => format!("{} to {}", number(least), number(most)),
    };
    line([name, what, &format!("{}{unit}", number(value.median)), &spread, &asked, met]);
}

/// Three digits, as far as they say something.
fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".into(),
        size if size < 10.0 => format!("{value:.2}"),
        size if size < 100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

fn line([name, what, value, spread, target, met]: [&str; 6]) {
    println!("| {name:<4} | {what:<74} | {value:>9} | {spread:>16} | {target:>10} | {met:<7} |");
}
