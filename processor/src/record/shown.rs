use std::fmt::{self, Display, Write};

/// Shows something on one line, whatever is in it: characters that would end the line, move the
/// cursor of a terminal or turn the direction of writing are written as `\u{..}`.
///
/// Names of objects come from whoever may write to the bucket or send to the queue; a log must not
/// be theirs to write.
pub(crate) struct Shown<T>(pub(crate) T);

impl<T: Display> Display for Shown<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping(f), "{}", self.0)
    }
}

struct Escaping<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut from = 0;
        for (at, c) in text.char_indices().filter(|(_, c)| is_unfit(*c)) {
            self.0.write_str(&text[from..at])?;
            write!(self.0, "{}", c.escape_unicode())?;
            from = at + c.len_utf8();
        }
        self.0.write_str(&text[from..])
    }
}

/// Controls, line and paragraph separators, and the marks, embeddings, overrides and isolates of
/// right-to-left writing.
fn is_unfit(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_forge_a_line_is_escaped_and_nothing_else() {
        for (text, shown) in [
            ("a\nWARN b\r", "a\\u{a}WARN b\\u{d}"),
            ("\u{1b}[2J\0\u{7f}\u{9b}", "\\u{1b}[2J\\u{0}\\u{7f}\\u{9b}"),
            ("gpj.\u{202e}exe\u{2028}", "gpj.\\u{202e}exe\\u{2028}"),
            ("clé/日本 \"quoted\" back\\slash", "clé/日本 \"quoted\" back\\slash"),
            ("", ""),
        ] {
            assert_eq!(Shown(text).to_string(), shown);
            assert_eq!(Shown(format_args!("{text}{text}")).to_string(), shown.repeat(2));
        }
    }
}
