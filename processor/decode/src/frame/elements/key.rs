//! The name of a member, compared as it comes.

use memchr::memchr2;

/// A name in the middle of being read. Escapes are undone at its end, which is rare: what cannot be
/// the name that is looked for is not kept.
#[derive(Debug, Default)]
pub(super) struct Key {
    raw: Vec<u8>,
    is_escaped: bool,
    has_escapes: bool,
    /// It is longer than the name can be.
    is_other: bool,
}

impl Key {
    /// Takes the bytes up to the closing quote. How many, and whether that is there.
    pub(super) fn take(&mut self, bytes: &[u8], name: &str) -> (usize, bool) {
        let mut at = 0;
        while at < bytes.len() {
            if std::mem::take(&mut self.is_escaped) {
                self.keep(&bytes[at..=at], name);
                at += 1;
                continue;
            }
            let end = memchr2(b'"', b'\\', &bytes[at..]).map_or(bytes.len(), |found| at + found);
            self.keep(&bytes[at..end], name);
            at = end;
            match bytes.get(at) {
                Some(b'"') => return (at + 1, true),
                Some(_) => {
                    self.keep(b"\\", name);
                    (self.is_escaped, self.has_escapes) = (true, true);
                    at += 1;
                }
                None => {}
            }
        }
        (at, false)
    }

    /// Whether it is this name.
    pub(super) fn is(&self, name: &str) -> bool {
        match (self.is_other, self.has_escapes) {
            (true, _) => false,
            (false, false) => self.raw == name.as_bytes(),
            (false, true) => unescaped(&self.raw).is_some_and(|key| key == name),
        }
    }

    /// A byte takes six of an escape at most.
    fn keep(&mut self, bytes: &[u8], name: &str) {
        self.is_other |= self.raw.len() + bytes.len() > 6 * name.len();
        if !self.is_other {
            self.raw.extend_from_slice(bytes);
        }
    }
}

/// `None`: it is no JSON string.
fn unescaped(raw: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(raw).ok()?;
    let mut units = Vec::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            units.extend_from_slice(letter.encode_utf16(&mut [0; 2]));
            continue;
        }
        units.push(match letters.next()? {
            letter @ ('"' | '\\' | '/') => letter as u16,
            'b' => 8,
            'f' => 12,
            'n' => 10,
            'r' => 13,
            't' => 9,
            'u' => {
                let mut unit = 0;
                for _ in 0..4 {
                    unit = unit << 4 | letters.next()?.to_digit(16)? as u16;
                }
                unit
            }
            _ => return None,
        });
    }
    String::from_utf16(&units).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_however_it_is_written_and_cut() {
        for (written, name, same) in [
            ("Records", "Records", true),
            ("records", "Records", false),
            ("Record", "Records", false),
            ("Recordss", "Records", false),
            (r"\u0052ecords", "Records", true),
            (r"Rec\u006Frds", "Records", true),
            (r"\u0052\u0065\u0063\u006f\u0072\u0064\u0073", "Records", true),
            (r#"a\"b\\c\/"#, "a\"b\\c/", true),
            (r"\ud83d\ude00", "😀", true),
            (r"\ud83d", "😀", false),
            (r"\x", "x", false),
            (r"\b\f\n\r\t", "\u{8}\u{c}\n\r\t", true),
            ("", "", true),
        ] {
            let bytes = format!("{written}\": 1");
            for cut in 0..bytes.len() {
                let mut key = Key::default();
                let (first, ended) = key.take(&bytes.as_bytes()[..cut], name);
                let rest = &bytes.as_bytes()[first..];
                let end = if ended { first } else { first + key.take(rest, name).0 };
                assert_eq!((end, key.is(name)), (written.len() + 1, same), "{written} {cut}");
                assert!(key.raw.len() <= 6 * name.len());
            }
        }
    }
}
