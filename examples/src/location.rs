use std::{fmt, str::FromStr};

/// A place on S3: `s3://BUCKET/PREFIX`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Location {
    pub(crate) bucket: String,
    /// Ends with a `/`, unless it is empty.
    pub(crate) prefix: String,
}

impl FromStr for Location {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let rest = text.strip_prefix("s3://").ok_or("give a place such as s3://my-state/orders")?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err("the bucket is missing: give s3://BUCKET/PREFIX".into());
        }
        let prefix = prefix.trim_matches('/');
        let end = if prefix.is_empty() { "" } else { "/" };
        Ok(Self { bucket: bucket.into(), prefix: format!("{prefix}{end}") })
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_bucket_and_a_prefix() {
        for (text, shown) in [
            ("s3://state", "s3://state/"),
            ("s3://state/", "s3://state/"),
            ("s3://state/a/b", "s3://state/a/b/"),
            ("s3://state/a/b/", "s3://state/a/b/"),
        ] {
            let location: Location = text.parse().expect(text);
            assert_eq!(location.to_string(), shown);
        }
        for wrong in ["", "state/a", "s3://", "s3:///a", "https://state/a"] {
            assert!(wrong.parse::<Location>().is_err(), "{wrong}");
        }
    }
}
