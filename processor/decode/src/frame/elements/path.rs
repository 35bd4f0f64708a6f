//! The way to a list in a JSON value.

use std::fmt;

/// So many names at most.
const LONGEST: usize = 16;

/// The names of the members that lead to a list; none: the value itself is the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path(Vec<String>);

impl Path {
    /// # Errors
    /// What is wrong with the text.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let list = text.strip_suffix("[]");
        let text = list.unwrap_or(text);
        let mut rest = text.strip_prefix('.').unwrap_or(text);
        let mut names = Vec::new();
        if rest.is_empty() && list.is_some() {
            return Ok(Self(names));
        }
        loop {
            let (name, behind) = first_name(rest)?;
            names.push(name);
            if names.len() > LONGEST {
                return Err(format!("it has more than {LONGEST} names"));
            }
            if behind.is_empty() {
                return Ok(Self(names));
            }
            rest =
                behind.strip_prefix('.').ok_or("a name is followed by something else than `.`")?;
        }
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn name(&self, at: usize) -> &str {
        &self.0[at]
    }
}

/// The name in front, and what follows it.
fn first_name(text: &str) -> Result<(String, &str), String> {
    if let Some(quoted) = text.strip_prefix('"') {
        let mut name = String::new();
        let mut letters = quoted.char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => return Ok((name, &quoted[at + 1..])),
                '\\' => name.extend(letters.next().map(|(_, letter)| letter)),
                letter => name.push(letter),
            }
        }
        return Err("a quoted name has no end".to_owned());
    }
    let end = text.find('.').unwrap_or(text.len());
    let (name, behind) = text.split_at(end);
    if name.is_empty() {
        return Err("a name is missing".to_owned());
    }
    match name.find(is_special) {
        Some(_) if name.contains("[]") => {
            Err("`[]` may stand at its end only: one list has the records".to_owned())
        }
        Some(_) => Err(format!("the name `{name}` needs quotes: \"{name}\"")),
        None => Ok((name.to_owned(), behind)),
    }
}

fn is_special(letter: char) -> bool {
    matches!(letter, '.' | '[' | ']' | '"' | '\\') || letter.is_whitespace() || letter.is_control()
}

/// In one way, whichever it was given in.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("[]");
        }
        for (at, name) in self.0.iter().enumerate() {
            f.write_str(if at > 0 { "." } else { "" })?;
            if name.is_empty() || name.contains(is_special) {
                write!(f, "\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))?;
            } else {
                f.write_str(name)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_in_any_way_and_shown_in_one() {
        for (given, shown) in [
            ("Records", "Records"),
            (".Records", "Records"),
            ("Records[]", "Records"),
            (".a.b[]", "a.b"),
            ("[]", "[]"),
            (".[]", "[]"),
            ("\"a.b\".c", "\"a.b\".c"),
            ("\"plain\"", "plain"),
            ("\"\"", "\"\""),
            ("\"a \\\"b\\\\\"", "\"a \\\"b\\\\\""),
            ("clé.日本", "clé.日本"),
        ] {
            let path = Path::parse(given).unwrap_or_else(|error| panic!("{given}: {error}"));
            assert_eq!(path.to_string(), shown, "{given}");
            assert_eq!(Path::parse(shown), Ok(path), "{given}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused_with_what_is_wrong() {
        for (given, says) in [
            ("", "a name is missing"),
            (".", "a name is missing"),
            ("a..b", "a name is missing"),
            ("a.", "a name is missing"),
            ("a[].b[]", "at its end only"),
            ("a b", "needs quotes"),
            ("a[0]", "needs quotes"),
            ("\"a", "has no end"),
            ("\"a\"b", "something else than `.`"),
            ("a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q", "more than 16 names"),
        ] {
            let error = Path::parse(given).expect_err(given);
            assert!(error.contains(says), "{given}: {error}");
        }
    }
}
