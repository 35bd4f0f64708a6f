//! Access policies: may this service do this here, on behalf of that source?

use serde_json::{Map, Value};

/// The policy of a queue or topic.
pub(super) struct Policy {
    statements: Vec<Value>,
}

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caller<'a> {
    /// `sns.amazonaws.com`
    pub(super) service: &'a str,
    /// `SQS:SendMessage`
    pub(super) action: &'a str,
    /// The ARN of the topic or bucket.
    pub(super) source: &'a str,
    /// The account of the topic or bucket, where it is known.
    pub(super) account: Option<&'a str>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Allowed,
    /// By a statement that says so.
    Denied,
    /// No statement allows it.
    NotAllowed,
    /// A condition is not one that is understood here.
    Unsure,
}

impl Policy {
    /// No policy allows nothing.
    pub(super) fn parse(text: Option<&str>) -> Self {
        let policy: Value =
            text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let statements = match policy.get("Statement") {
            Some(Value::Array(statements)) => statements.clone(),
            Some(one) => vec![one.clone()],
            None => Vec::new(),
        };
        Self { statements }
    }

    pub(super) fn verdict(&self, caller: Caller<'_>) -> Verdict {
        let mut verdict = Verdict::NotAllowed;
        for statement in self.statements.iter().filter(|one| concerns(one, caller)) {
            match (is_allow(statement), conditions_hold(statement, caller)) {
                (false, Some(true)) => return Verdict::Denied,
                (true, Some(true)) => verdict = Verdict::Allowed,
                (true, None) if verdict == Verdict::NotAllowed => verdict = Verdict::Unsure,
                _ => {}
            }
        }
        verdict
    }

    /// Whether a statement names the service and allows it the action, for whatever source.
    pub(super) fn mentions(&self, service: &str, action: &str) -> bool {
        self.statements.iter().any(|statement| {
            is_allow(statement)
                && texts(&statement["Principal"]["Service"]).any(|named| named == service)
                && has_action(statement, action)
        })
    }

    /// The source ARNs for which a service may act, as they are written.
    pub(super) fn sources(&self, service: &str) -> Vec<String> {
        let allows = |statement: &&Value| is_allow(statement) && is_for(statement, service);
        let mut sources: Vec<String> = Vec::new();
        for statement in self.statements.iter().filter(allows) {
            for (_, key, values) in conditions(statement) {
                if key.eq_ignore_ascii_case("aws:SourceArn") {
                    sources.extend(texts(values).map(str::to_owned));
                }
            }
        }
        sources
    }

    /// Whether everybody may do this.
    pub(super) fn is_open(&self, action: &str) -> bool {
        self.statements.iter().any(|statement| {
            is_allow(statement)
                && is_anybody(statement)
                && has_action(statement, action)
                && conditions(statement).next().is_none()
        })
    }
}

fn is_allow(statement: &Value) -> bool {
    statement["Effect"] == "Allow"
}

fn concerns(statement: &Value, caller: Caller<'_>) -> bool {
    is_for(statement, caller.service) && has_action(statement, caller.action)
}

fn is_for(statement: &Value, service: &str) -> bool {
    is_anybody(statement) || texts(&statement["Principal"]["Service"]).any(|named| named == service)
}

fn is_anybody(statement: &Value) -> bool {
    let principal = &statement["Principal"];
    principal == "*" || texts(&principal["AWS"]).any(|named| named == "*")
}

fn has_action(statement: &Value, action: &str) -> bool {
    let wanted = action.to_ascii_lowercase();
    texts(&statement["Action"]).any(|pattern| fits(&pattern.to_ascii_lowercase(), &wanted))
}

/// `None`: one of them is not understood.
fn conditions_hold(statement: &Value, caller: Caller<'_>) -> Option<bool> {
    let mut known = Some(true);
    for (operator, key, values) in conditions(statement) {
        match condition_holds(operator, key, values, caller) {
            Some(true) => {}
            Some(false) => return Some(false),
            None => known = None,
        }
    }
    known
}

fn condition_holds(operator: &str, key: &str, values: &Value, caller: Caller<'_>) -> Option<bool> {
    let operator = operator.strip_suffix("IfExists").unwrap_or(operator).to_ascii_lowercase();
    let value = match key.to_ascii_lowercase().as_str() {
        "aws:sourcearn" => caller.source,
        "aws:sourceaccount" => caller.account?,
        // AWS's services use TLS.
        "aws:securetransport" => "true",
        _ => return None,
    };
    let any = |fit: fn(&str, &str) -> bool| texts_or_bool(values).any(|wanted| fit(&wanted, value));
    Some(match operator.as_str() {
        "arnequals" | "arnlike" | "stringlike" => any(fits),
        "stringequals" => any(|wanted, value| wanted == value),
        "stringequalsignorecase" | "bool" => {
            any(|wanted, value| wanted.eq_ignore_ascii_case(value))
        }
        "arnnotequals" | "arnnotlike" | "stringnotlike" => !any(fits),
        "stringnotequals" => !any(|wanted, value| wanted == value),
        _ => return None,
    })
}

/// Operator, key and values.
fn conditions(statement: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let operators = statement["Condition"].as_object().into_iter().flat_map(Map::iter);
    operators.flat_map(|(operator, keys)| {
        let keys = keys.as_object().into_iter().flat_map(Map::iter);
        keys.map(|(key, values)| (operator.as_str(), key.as_str(), values))
    })
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let (one, several) = match value {
        Value::Array(several) => (None, several.as_slice()),
        one => (one.as_str(), &[][..]),
    };
    one.into_iter().chain(several.iter().filter_map(Value::as_str))
}

fn texts_or_bool(value: &Value) -> impl Iterator<Item = String> {
    texts(value).map(str::to_owned).chain(value.as_bool().map(|is_so| is_so.to_string()))
}

/// Whether a text fits a pattern, in which `*` is any text and `?` any one character.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once(['*', '?']) {
        None => pattern == text,
        Some((before, after)) => {
            let Some(rest) = text.strip_prefix(before) else { return false };
            let any = pattern.as_bytes()[before.len()] == b'*';
            let mut starts = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
            if any {
                starts.any(|at| fits(after, &rest[at..]))
            } else {
                starts.nth(1).is_some_and(|at| fits(after, &rest[at..]))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TOPIC: &str = "arn:aws:sns:eu-west-1:1:files";

    fn verdict(statements: Value) -> Verdict {
        let policy = Policy::parse(Some(&json!({ "Statement": statements }).to_string()));
        policy.verdict(Caller {
            service: "sns.amazonaws.com",
            action: "SQS:SendMessage",
            source: TOPIC,
            account: Some("1"),
        })
    }

    #[test]
    fn a_statement_is_read_as_aws_reads_it() {
        let service = json!({ "Service": "sns.amazonaws.com" });
        let with = |condition: Value| {
            json!({ "Effect": "Allow", "Principal": service, "Action": "sqs:SendMessage",
                    "Condition": condition })
        };
        for (condition, expected) in [
            (json!({}), Verdict::Allowed),
            (json!({ "ArnEquals": { "aws:SourceArn": TOPIC } }), Verdict::Allowed),
            (
                json!({ "ArnLike": { "AWS:SourceArn": ["x", "arn:aws:sns:*:1:*"] } }),
                Verdict::Allowed,
            ),
            (json!({ "ArnLike": { "aws:SourceArn": "arn:aws:sns:*:2:*" } }), Verdict::NotAllowed),
            (json!({ "StringEquals": { "aws:SourceAccount": "2" } }), Verdict::NotAllowed),
            (json!({ "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } }), Verdict::Unsure),
        ] {
            assert_eq!(verdict(json!([with(condition.clone())])), expected, "{condition}");
        }
        let anybody = |effect: &str, action: &str| {
            let mut statement = json!({ "Principal": "*" });
            statement["Effect"] = effect.into();
            statement["Action"] = action.into();
            statement
        };
        assert_eq!(verdict(json!(anybody("Allow", "sqs:*"))), Verdict::Allowed);
        assert_eq!(verdict(json!([anybody("Allow", "sqs:Receive*")])), Verdict::NotAllowed);
        let denied = json!([anybody("Allow", "sqs:*"), anybody("Deny", "SQS:Send*")]);
        assert_eq!(verdict(denied), Verdict::Denied);
        let plain_http = json!({ "Effect": "Deny", "Principal": { "AWS": "*" }, "Action": "*",
                                 "Condition": { "Bool": { "aws:SecureTransport": false } } });
        assert_eq!(verdict(json!([anybody("Allow", "sqs:*"), plain_http])), Verdict::Allowed);
        assert_eq!(verdict(json!([])), Verdict::NotAllowed);
        assert_eq!(Policy::parse(Some("nonsense")).statements.len(), 0);
    }

    #[test]
    fn a_pattern_has_wildcards() {
        for (pattern, text, expected) in [
            ("a", "a", true),
            ("a*", "abc", true),
            ("*c", "abc", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*b*", "abc", true),
            ("a*d", "abc", false),
            ("?", "ü", true),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }
}
