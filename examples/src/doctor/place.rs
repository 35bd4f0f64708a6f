//! Where the pipeline itself writes.

use super::{
    look::Look,
    report::{Finding, Report},
};

pub(super) async fn look(look: &Look<'_>, report: &mut Report) {
    let places = [("--progress", &look.args.progress), ("--quarantine", &look.args.quarantine)];
    for (flag, place) in places {
        let Some(place) = place else { continue };
        report.add(match look.s3.head_bucket().bucket(&place.bucket).send().await {
            Ok(_) => Finding::ok(format!("{flag} {place}: the bucket is there")),
            Err(error) => {
                let refused = crate::aws::refused(&format!("reach {place} ({flag})"), &error);
                Finding::wrong(refused.to_string()).so(
                    "nothing can be kept there: see \"Permissions\" in docs/operations.md",
                    "make the bucket, and allow s3:GetObject, s3:PutObject, s3:DeleteObject and \
                     s3:ListBucket there",
                )
            }
        });
    }
    if let Some(folder) = &look.args.spool
        && !folder.is_dir()
    {
        let what = format!("--spool {}: there is no such directory", folder.display());
        report.add(Finding::wrong(what).so(
            "no file can be downloaded; the pipeline waits until it can",
            "make the directory, on a disk with room",
        ));
    }
}
