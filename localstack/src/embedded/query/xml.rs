//! XML as the query protocol has it.

use std::fmt::Write as _;

use bytes::Bytes;

pub(super) const NAMESPACE: &str = "http://sns.amazonaws.com/doc/2010-03-31/";

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

pub(super) fn escape(text: &str) -> String {
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
