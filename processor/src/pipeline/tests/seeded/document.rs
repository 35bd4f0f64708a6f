//! The table as `docs/measured/simulation.md` shows it.

use super::{number, table::Table};
use std::{fs, path::Path};

const BEGIN: &str = "<!-- table: begin -->\n";
const END: &str = "<!-- table: end -->";

/// The table in the document has the rows and columns that the code has; told to, writes the counts
/// there too.
pub(super) fn keep(table: &Table) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/measured/simulation.md");
    let text = fs::read_to_string(&path).expect("docs/measured/simulation.md");
    let (before, rest) = text.split_once(BEGIN).expect("where the table begins");
    let (old, after) = rest.split_once(END).expect("where the table ends");
    let new = table.to_string();
    if number("S3SQS_WRITE_TABLE").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{new}{END}{after}"))
            .expect("docs/measured/simulation.md");
    } else {
        let help = "docs/measured/simulation.md is out of date: see the head of seeded.rs";
        assert_eq!(uncounted(old), uncounted(&new), "{help}");
    }
}

/// What does not change with the number of seeds.
fn uncounted(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit()).collect()
}
