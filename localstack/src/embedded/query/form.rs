//! A request as a form.

use std::collections::BTreeMap;

use super::QueryError;

/// The fields of a request.
#[derive(Debug)]
pub(crate) struct Form(BTreeMap<String, String>);

impl Form {
    pub(crate) fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    pub(crate) fn action(&self) -> &str {
        self.optional("Action").unwrap_or("")
    }

    pub(crate) fn optional(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(crate) fn required(&self, name: &str) -> Result<&str, QueryError> {
        self.optional(name).ok_or_else(|| {
            QueryError::invalid(format!("Invalid parameter: {name}: the request must contain it"))
        })
    }

    /// The fields of each `list.member.N`, in their order.
    pub(crate) fn members(&self, list: &str) -> Vec<Form> {
        let members = self.numbered(&format!("{list}.member."));
        let form = |fields: BTreeMap<&str, &str>| {
            Form(
                fields
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect(),
            )
        };
        members.into_iter().map(form).collect()
    }

    /// The entries of `list.entry.N`: each maps what follows to its value (`key`, `Value.DataType`,
    /// ...).
    pub(crate) fn entries(&self, list: &str) -> Vec<BTreeMap<&str, &str>> {
        self.numbered(&format!("{list}.entry."))
    }

    fn numbered(&self, prefix: &str) -> Vec<BTreeMap<&str, &str>> {
        let mut entries: BTreeMap<u32, BTreeMap<&str, &str>> = BTreeMap::new();
        for (name, value) in self.0.range(prefix.to_owned()..) {
            let Some(rest) = name.strip_prefix(prefix) else {
                break;
            };
            if let Some((number, field)) = rest.split_once('.')
                && let Ok(number) = number.parse()
            {
                entries.entry(number).or_default().insert(field, value);
            }
        }
        entries.into_values().collect()
    }
}
