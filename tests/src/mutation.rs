//! Faults made by hand, to see that the tests notice them.
//!
//! `cargo run -p integration-tests --bin mutants` puts each into a copy of the sources and runs the
//! tests that name a trap, and the simulations. A fault that no test notices is a hole in the
//! tests.

mod list;

pub use list::ALL;

use std::{fs, io, path::Path};

/// The simulations, as modules of the library's tests: randomized runs against an independent model
/// of what may happen.
pub const SIMULATIONS: [&str; 3] =
    ["tracking::model", "pipeline::tests::seeded", "pipeline::tests::deadlock"];

/// One fault: a text of the sources, and what stands in its place.
#[derive(Debug)]
pub struct Mutation {
    /// What goes wrong, in a few words.
    pub name: &'static str,
    /// The trap that it falls into: a test with this number in its name has to fail.
    pub trap: u8,
    /// Whether a simulation has to notice too; what is parsed, decoded or mapped is not simulated.
    pub simulated: bool,
    /// Whether the seeded simulation of the whole runtime has to notice by itself, within its
    /// default number of seeds.
    pub seeded: bool,
    /// The file, from the workspace's root.
    pub file: &'static str,
    /// Stands in the file exactly once.
    pub text: &'static str,
    /// Stands there instead.
    pub fault: &'static str,
}

impl Mutation {
    /// The file with the fault in it.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or if [`text`](Self::text) does not stand in it exactly once:
    /// the list is out of date.
    pub fn apply(&self, root: &Path) -> io::Result<String> {
        let source = fs::read_to_string(root.join(self.file))?;
        match source.matches(self.text).count() {
            1 => Ok(source.replacen(self.text, self.fault, 1)),
            count => Err(io::Error::other(format!(
                "{}: {:?} stands {count} times in {}: adapt the list in tests/src/mutation",
                self.name, self.text, self.file
            ))),
        }
    }
}
