//! Filter policies of subscriptions: exact values, prefixes, suffixes, ranges, existence,
//! exceptions, nesting.

use serde_json::{Map, Value};

/// Whether this is a policy at all: an object whose leaves are arrays of conditions.
pub(super) fn is_policy(policy: &Value) -> bool {
    policy.as_object().is_some_and(|fields| {
        fields.values().all(|field| match field {
            Value::Array(conditions) => !conditions.is_empty(),
            nested => is_policy(nested),
        })
    })
}

/// Whether a subscription with this filter policy, scope `MessageBody`, lets a message with this
/// body through. An operator that is not known here never holds.
pub fn matches(policy: &Value, document: &Value) -> bool {
    let Some(fields) = policy.as_object() else {
        return false;
    };
    match document {
        // Of an array, one element is enough.
        Value::Array(elements) => elements.iter().any(|element| matches(policy, element)),
        Value::Object(values) => {
            fields.iter().all(|(name, field)| field_matches(name, field, values))
        }
        _ => false,
    }
}

fn field_matches(name: &str, field: &Value, values: &Map<String, Value>) -> bool {
    if name == "$or" {
        return field.as_array().is_some_and(|branches| {
            branches.iter().any(|branch| matches(branch, &Value::Object(values.clone())))
        });
    }
    let value = values.get(name);
    match field {
        Value::Array(conditions) => {
            conditions.iter().any(|condition| condition_holds(condition, value))
        }
        nested => value.is_some_and(|value| matches(nested, value)),
    }
}

fn condition_holds(condition: &Value, value: Option<&Value>) -> bool {
    if let Some(exists) = condition.get("exists") {
        return exists.as_bool() == Some(value.is_some());
    }
    match value {
        None => false,
        Some(Value::Array(elements)) if condition.get("anything-but").is_none() => {
            elements.iter().any(|element| one_holds(condition, element))
        }
        Some(Value::Array(elements)) => {
            elements.iter().all(|element| one_holds(condition, element))
        }
        Some(value) => one_holds(condition, value),
    }
}

fn one_holds(condition: &Value, value: &Value) -> bool {
    let Some((operator, operand)) = condition.as_object().and_then(|fields| fields.iter().next())
    else {
        return equal(condition, value);
    };
    let text = value.as_str();
    match (operator.as_str(), operand) {
        ("prefix", Value::String(start)) => {
            text.is_some_and(|text| text.starts_with(start.as_str()))
        }
        ("suffix", Value::String(end)) => text.is_some_and(|text| text.ends_with(end.as_str())),
        ("equals-ignore-case", Value::String(other)) => {
            text.is_some_and(|text| text.eq_ignore_ascii_case(other))
        }
        ("anything-but", Value::Array(others)) => !others.iter().any(|other| equal(other, value)),
        ("anything-but", Value::Object(_)) => !one_holds(operand, value),
        ("anything-but", other) => !equal(other, value),
        ("numeric", Value::Array(range)) => {
            value.as_f64().is_some_and(|number| in_range(range, number))
        }
        _ => false,
    }
}

fn equal(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

fn in_range(range: &[Value], number: f64) -> bool {
    range.chunks(2).all(|pair| {
        let [Value::String(operator), bound] = pair else {
            return false;
        };
        bound.as_f64().is_some_and(|bound| match operator.as_str() {
            "=" => number == bound,
            "<" => number < bound,
            "<=" => number <= bound,
            ">" => number > bound,
            ">=" => number >= bound,
            _ => false,
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn policies_select_documents() {
        let event =
            json!({"Records": [{"s3": {"object": {"key": "in/a.gz", "size": 12}}}], "kind": "x"});
        let key = |condition: Value| json!({"Records": {"s3": {"object": {"key": [condition]}}}});
        for (policy, expected) in [
            (key(json!({"prefix": "in/"})), true),
            (key(json!({"prefix": "out/"})), false),
            (key(json!({"suffix": ".gz"})), true),
            (key(json!({"anything-but": {"prefix": "in/"}})), false),
            (
                json!({"Records": {"s3": {"object": {
                    "size": [{"numeric": [">", 10, "<=", 12]}],
                }}}}),
                true,
            ),
            (json!({"kind": ["y", "x"]}), true),
            (json!({"kind": ["y"]}), false),
            (json!({"kind": [{"anything-but": ["y", "z"]}]}), true),
            (json!({"absent": [{"exists": false}]}), true),
            (json!({"kind": [{"exists": false}]}), false),
            (json!({"$or": [{"kind": ["y"]}, {"kind": ["x"]}]}), true),
        ] {
            assert_eq!(matches(&policy, &event), expected, "{policy}");
        }
        assert!(!is_policy(&json!({"kind": "x"})));
    }
}
