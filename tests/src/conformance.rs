//! What SQS, S3 and SNS do, as far as this project leans on it: one suite for the embedded AWS, the
//! ports in memory, LocalStack and ministack.
//!
//! A [case](Case) plays a scene and says in a few words what it saw; beside it stands what AWS
//! documents. Where one of the four is known to do something else, that is a [`Difference`]: the
//! suite then checks that it does exactly that, so that a server that was mended is noticed.
//! `docs/measured/servers.md` has the differences as a [table](documented).
#![allow(clippy::unwrap_used, reason = "a failed step of a test is a failed test")]

mod aws;
mod case;
mod cases;
mod check;
mod checksums;
mod differences;
mod kind;
mod subject;
mod table;

pub use aws::Aws;
pub use case::{Case, Needs};
pub use cases::all;
pub use check::check;
pub use differences::{Difference, differences};
pub use kind::Kind;
pub use subject::Subject;
pub use table::documented;

/// One test for each area of the suite: `conformance_areas!(#[tokio::test] run)` calls
/// `run("visibility").await` in a test `visibility`, and so on. `AREAS` are their names.
#[macro_export]
macro_rules! conformance_areas {
    (#[$attribute:meta] $run:path) => {
        $crate::conformance_areas! {
            #[$attribute] $run:
            visibility receipts batches receive_counts redrive polls attributes limits
            ranges preconditions versions missing stored uploads
            envelopes keys events topics filters
        }
    };
    (#[$attribute:meta] $run:path: $($area:ident)*) => {
        /// The areas that are tested here.
        pub(crate) const AREAS: &[&str] = &[$(stringify!($area)),*];
        $(
            #[$attribute]
            async fn $area() {
                $run(stringify!($area)).await;
            }
        )*
    };
}
