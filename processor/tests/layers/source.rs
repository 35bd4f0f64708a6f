//! A source as tokens: without comments, and without what is compiled for tests only.

/// Names, `::`, texts and single signs. Comments, characters and lifetimes are left out.
pub(super) fn tokens(text: &str) -> Vec<&str> {
    let (mut tokens, mut rest) = (Vec::new(), text);
    while let Some(first) = rest.chars().next() {
        let length = length(rest, first);
        let (token, after) = rest.split_at(length);
        let left_out = first.is_whitespace()
            || first == '\''
            || token.starts_with("//")
            || token.starts_with("/*");
        if !left_out {
            tokens.push(token);
        }
        rest = after;
    }
    tokens
}

fn length(rest: &str, first: char) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return block_comment(rest);
    }
    if rest.starts_with("::") {
        return 2;
    }
    match first {
        '"' => text(rest),
        '\'' => character(rest),
        _ if is_word(first) => {
            let word = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            let raw = ["r", "br", "cr"].contains(&&rest[..word]);
            let signs = rest[word..].len() - rest[word..].trim_start_matches('#').len();
            if raw && rest[word + signs..].starts_with('"') {
                let end = format!("\"{}", "#".repeat(signs));
                let start = word + signs + 1;
                return start + rest[start..].find(&end).expect("a text that ends") + end.len();
            }
            word
        }
        _ => first.len_utf8(),
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    loop {
        if rest[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
        } else {
            at += rest[at..].chars().next().expect("a comment that ends").len_utf8();
        }
        if depth == 0 {
            return at;
        }
    }
}

fn text(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    panic!("a text without an end")
}

/// A character (`'a'`, `'\''`), or a lifetime.
fn character(rest: &str) -> usize {
    let mut after = rest.char_indices().skip(1);
    let (_, second) = after.next().expect("a source that goes on");
    if second == '\\' {
        return 3 + rest[3..].find('\'').expect("a character that ends") + 1;
    }
    match after.next() {
        Some((at, '\'')) => at + 1,
        _ => 1 + rest[1..].find(|c| !is_word(c)).unwrap_or(rest.len() - 1),
    }
}

/// What is left without items, fields and statements under `#[cfg(test)]` and its like.
pub(super) fn without_tests<'a>(tokens: &[&'a str]) -> Vec<&'a str> {
    let (mut left, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        let end = if tokens[at] == "#" { attribute(tokens, at) } else { at };
        if for_tests(&tokens[at..end]) {
            if tokens[at + 1] == "!" {
                return left;
            }
            at = item(tokens, end);
        } else {
            left.push(tokens[at]);
            at += 1;
        }
    }
    left
}

/// Where the attribute that begins here has ended; `at` itself if none does.
fn attribute(tokens: &[&str], at: usize) -> usize {
    let open = if tokens.get(at + 1) == Some(&"!") { at + 2 } else { at + 1 };
    if tokens.get(open) == Some(&"[") { group(tokens, open) } else { at }
}

/// Where the group has ended that `open` opens.
pub(super) fn group(tokens: &[&str], open: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match *token {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    panic!("a group without an end: {:?}", &tokens[open..])
}

/// Of `any(..)` each part has to be about tests; `not(..)` never is.
fn for_tests(attribute: &[&str]) -> bool {
    let condition = attribute.iter().skip_while(|token| **token != "cfg").skip(2);
    let mut words = condition.filter(|token| !["(", ")", "]", ","].contains(token)).peekable();
    match words.peek() {
        Some(&&"test") => true,
        Some(&&"all") => words.any(|word| *word == "test"),
        Some(&&"any") => words.skip(1).all(|word| ["test", "fuzzing", "loom"].contains(word)),
        _ => false,
    }
}

/// Where the item, field or statement has ended that begins at `at`, its other attributes first.
fn item(tokens: &[&str], mut at: usize) -> usize {
    while tokens[at] == "#" {
        at = attribute(tokens, at);
    }
    let mut word = at;
    if tokens[word] == "pub" {
        word += 1;
        word = if tokens[word] == "(" { group(tokens, word) } else { word };
    }
    let (is_item, is_field) = (ITEMS.contains(&tokens[word]), tokens[word + 1] == ":");
    let is_list = tokens[word] == "use";
    let mut angles = 0;
    while at < tokens.len() {
        match tokens[at] {
            ";" => return at + 1,
            "," if !is_item && angles == 0 => return at + 1,
            "}" => return at,
            "{" if !is_list && !is_field => return group(tokens, at),
            "(" | "[" | "{" => {
                at = group(tokens, at);
                continue;
            }
            "<" if is_field => angles += 1,
            ">" if is_field => angles -= 1,
            _ => {}
        }
        at += 1;
    }
    at
}

const ITEMS: [&str; 14] = [
    "async",
    "const",
    "enum",
    "extern",
    "fn",
    "impl",
    "macro_rules",
    "mod",
    "static",
    "struct",
    "trait",
    "type",
    "unsafe",
    "use",
];

#[test]
fn comments_and_characters_are_no_tokens_and_texts_are_one() {
    let source = "a::b // c\n/* d /* e */ f */ 'g' '\\'' '\"' \"h \\\" i\" r#\"j \" k\"# <'l, m>.n";
    let texts = ["\"h \\\" i\"", "r#\"j \" k\"#"];
    let expected = ["a", "::", "b", texts[0], texts[1], "<", ",", "m", ">", ".", "n"];
    assert_eq!(tokens(source), expected);
}

#[test]
fn what_is_for_tests_is_left_out() {
    let left = |source| without_tests(&tokens(source)).concat();
    assert_eq!(left("#[cfg(test)] mod tests { use a::{b, c}; } d"), "d");
    assert_eq!(left("#[cfg(test)] #[x] pub(crate) use a::{b, c}; d"), "d");
    assert_eq!(left("#[cfg(any(test, fuzzing))] pub(super) fn a(b: C, d: E) -> F {} g"), "g");
    assert_eq!(left("struct A { #[cfg(test)] b: C<D, E>, f: G }"), "structA{f:G}");
    assert_eq!(left("a(); #[cfg(test)] self.b(c, d); e"), "a();e");
    assert_eq!(left("a #![cfg(test)] b"), "a");
    let kept = "#[cfg(any(test,feature=\"x\"))]moda;#[cfg(not(test))]modb;";
    assert_eq!(left(kept), kept);
}
