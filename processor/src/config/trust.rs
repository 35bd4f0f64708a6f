use crate::error::{BuildError, BuildErrorKind};
use std::collections::{BTreeMap, BTreeSet};

/// Which buckets are read. Whoever can send to the queue can name any bucket that the service's
/// role may read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trust {
    /// `None`: any.
    pub(crate) buckets: Option<BTreeSet<String>>,
    /// The account that every bucket read has to belong to, but those in `owners`.
    pub(crate) owner: Option<String>,
    /// By bucket.
    pub(crate) owners: BTreeMap<String, String>,
    /// Whoever reads pays for it.
    pub(crate) requester_pays: bool,
}

impl Trust {
    pub(crate) fn allows(&self, bucket: &str) -> bool {
        self.buckets.as_ref().is_none_or(|buckets| buckets.contains(bucket))
    }

    /// The account that this bucket has to belong to.
    pub(crate) fn owner_of(&self, bucket: &str) -> Option<&str> {
        self.owners.get(bucket).or(self.owner.as_ref()).map(String::as_str)
    }

    pub(crate) fn check(&self) -> Result<(), BuildError> {
        let refuse = |message: String| Err(BuildError::new(BuildErrorKind::Setting, message));
        if self.buckets.as_ref().is_some_and(BTreeSet::is_empty) {
            return refuse(
                "allowed_buckets is empty: name the buckets, or leave it out to allow any".into(),
            );
        }
        if let Some(name) =
            self.buckets.iter().flatten().find(|name| name.len() < 3 || !may_name_a_bucket(name))
        {
            return refuse(format!(
                "allowed_buckets has `{name}`, which no bucket can be called: give names, not ARNs"
            ));
        }
        let is_account = |text: &str| text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
        match self.owner.iter().chain(self.owners.values()).find(|owner| !is_account(owner)) {
            Some(owner) => refuse(format!(
                "expected_bucket_owner is `{owner}`: give the 12 digits of an AWS account id"
            )),
            None => Ok(()),
        }
    }
}

/// Whether a bucket can be called so, as far as its letters say: lower case, digits, dots and
/// hyphens today; older ones may have capitals and underscores, up to 255 (Amazon S3 User Guide,
/// "General purpose bucket naming rules").
pub(crate) fn may_name_a_bucket(name: &str) -> bool {
    name.len() <= 255
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
        && name.bytes().any(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets(names: &[&str]) -> Trust {
        Trust {
            buckets: Some(names.iter().map(|name| (*name).to_owned()).collect()),
            ..Trust::default()
        }
    }

    fn owner(owner: &str) -> Trust {
        Trust { owner: Some(owner.to_owned()), ..Trust::default() }
    }

    #[test]
    fn trap_10_what_names_no_bucket_and_no_account_is_refused() {
        for bad in [
            buckets(&[]),
            buckets(&["arn:aws:s3:::data"]),
            buckets(&["ab"]),
            owner("1234"),
            owner("12345678901x"),
        ] {
            assert!(bad.check().is_err(), "{bad:?}");
        }
        for good in
            [Trust::default(), buckets(&["data", "my.logs-2", "Old_One"]), owner("123456789012")]
        {
            assert!(good.check().is_ok(), "{good:?}");
        }
    }

    #[test]
    fn trap_10_without_a_list_any_bucket_is_allowed_with_one_only_these() {
        assert!(Trust::default().allows("any"));
        assert!(buckets(&["data"]).allows("data"));
        assert!(!buckets(&["data"]).allows("data2"));
    }
}
