//! The query protocol: forms in, XML out. SNS and STS speak it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use bytes::Bytes;

use crate::embedded::fault::Fault;
use crate::embedded::route::Answer;
use crate::embedded::{Shared, ids, sns};

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

/// An error of SNS or STS.
#[derive(Debug)]
pub(crate) struct QueryError {
    status: u16,
    code: String,
    message: String,
}

impl QueryError {
    pub(crate) fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into() }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidParameter", message)
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(404, "NotFound", format!("{what} does not exist"))
    }

    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn into_answer(self, request_id: &str) -> Answer {
        let fault = if self.status < 500 { "Sender" } else { "Receiver" };
        let body = format!(
            "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>{fault}</Type>\
             <Code>{}</Code><Message>{}</Message></Error>\
             <RequestId>{request_id}</RequestId></ErrorResponse>",
            escape(&self.code),
            escape(&self.message),
        );
        Answer { status: self.status, body: body.into(), query_error: None }
    }
}

const NAMESPACE: &str = "http://sns.amazonaws.com/doc/2010-03-31/";

/// Carries out one action; the answer is what goes between the tags of its result.
pub(crate) fn handle(shared: &Shared, form: &Form, faults: &[Fault]) -> Result<String, QueryError> {
    if form.action() == "GetCallerIdentity" {
        let mut xml = String::new();
        element(&mut xml, "Arn", &format!("arn:aws:iam::{}:root", ids::ACCOUNT));
        element(&mut xml, "UserId", ids::ACCOUNT);
        element(&mut xml, "Account", ids::ACCOUNT);
        return Ok(xml);
    }
    sns::handle(shared, form, faults)
}

pub(crate) fn render(action: &str, result: &str, request_id: &str) -> Bytes {
    let action = escape(action);
    let xml = format!(
        "<{action}Response xmlns=\"{NAMESPACE}\"><{action}Result>{result}</{action}Result>\
         <ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>\
         </{action}Response>"
    );
    xml.into()
}

/// Appends `<name>text</name>`.
pub(crate) fn element(xml: &mut String, name: &str, text: &str) {
    let _ = write!(xml, "<{name}>{}</{name}>", escape(text));
}

/// Appends a map as the protocol has it: `<name><entry><key/><value/></entry>...</name>`.
pub(crate) fn map<'a>(
    xml: &mut String,
    name: &str,
    entries: impl IntoIterator<Item = (&'a str, &'a str)>,
) {
    let _ = write!(xml, "<{name}>");
    for (key, value) in entries {
        xml.push_str("<entry>");
        element(xml, "key", key);
        element(xml, "value", value);
        xml.push_str("</entry>");
    }
    let _ = write!(xml, "</{name}>");
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\r' => escaped.push_str("&#13;"),
            c => escaped.push(c),
        }
    }
    escaped
}
