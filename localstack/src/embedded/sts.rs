//! STS: who the caller is.

use crate::embedded::ids;
use crate::embedded::query::element;

/// The one action there is.
pub(crate) const CALLER: &str = "GetCallerIdentity";

/// What goes between the tags of its result.
pub(crate) fn caller() -> String {
    let mut xml = String::new();
    element(&mut xml, "Arn", &format!("arn:aws:iam::{}:root", ids::ACCOUNT));
    element(&mut xml, "UserId", ids::ACCOUNT);
    element(&mut xml, "Account", ids::ACCOUNT);
    xml
}
