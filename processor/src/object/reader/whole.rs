use crate::{
    notification::NotifiedObject,
    port::{Checksum, PortError, PortErrorKind, StoredObject},
};

/// Whether an object was read whole: what its first answer said of all its bytes, and what came of
/// them over all connections.
pub(super) struct Whole {
    /// How many bytes the object has, where that is known.
    size: Option<u64>,
    /// Of what was read so far; open to the reader only because a fault of the list of mutants
    /// takes it away there.
    pub(super) checksum: Option<Box<dyn Checksum>>,
    read: u64,
    /// What is wrong with it, once that is known: it stays wrong.
    wrong: Option<String>,
}

impl Whole {
    /// Of an object that begins to be read.
    pub(super) fn of(stored: &mut StoredObject, notified: &NotifiedObject) -> Self {
        let size = stored.size.or_else(|| announced_size(stored, notified));
        Self { size, checksum: stored.checksum.take(), read: 0, wrong: None }
    }

    /// How many bytes came so far.
    pub(super) fn read(&self) -> u64 {
        self.read
    }

    /// Nothing is missing.
    pub(super) fn has_all(&self) -> bool {
        self.size == Some(self.read)
    }

    /// The next bytes came.
    pub(super) fn add(&mut self, bytes: &[u8]) -> Result<(), PortError> {
        self.read += bytes.len() as u64;
        if let Some(size) = self.size.filter(|size| *size < self.read) {
            self.wrong = Some(format!("the body goes on after {size} bytes, where it should end"));
            return self.check();
        }
        if let Some(checksum) = &mut self.checksum {
            checksum.update(bytes);
        }
        Ok(())
    }

    /// No more comes. A body that ends early is not an error to every layer below.
    pub(super) fn end(&mut self) -> Result<(), PortError> {
        self.check()?;
        if let Some(size) = self.size.filter(|size| *size != self.read) {
            let message = format!("the body ended at byte {} of {size}", self.read);
            return Err(PortError::new(PortErrorKind::Transient, message));
        }
        if let Some(Err(wrong)) = self.checksum.take().map(Checksum::finish) {
            self.wrong = Some(format!("the body is not what S3 holds: {wrong}"));
        }
        self.check()
    }

    fn check(&self) -> Result<(), PortError> {
        let wrong = |wrong: &String| Err(PortError::new(PortErrorKind::Fatal, wrong));
        self.wrong.as_ref().map_or(Ok(()), wrong)
    }
}

/// A store that told no size may still have told that this is the object that was announced. The
/// ETag decides where both are known, because it is of the bytes; else the version does.
fn announced_size(stored: &StoredObject, notified: &NotifiedObject) -> Option<u64> {
    let is_announced = match notified.etag.as_deref().filter(|_| !stored.etag.is_empty()) {
        Some(etag) => etag == stored.etag,
        None => notified.version_id.is_some() && notified.version_id == stored.version_id,
    };
    notified.size.filter(|_| is_announced)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::Body;
    use bytes::Bytes;
    use futures::future::BoxFuture;

    struct Nothing;

    impl Body for Nothing {
        fn next(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, PortError>> {
            Box::pin(async { Ok(None) })
        }
    }

    /// Knows what it wants to see.
    struct Wants(&'static [u8], Vec<u8>);

    impl Checksum for Wants {
        fn update(&mut self, bytes: &[u8]) {
            self.1.extend_from_slice(bytes);
        }

        fn finish(self: Box<Self>) -> Result<(), String> {
            if self.0 == self.1 { Ok(()) } else { Err("another".into()) }
        }
    }

    fn whole(size: Option<u64>, checksum: Option<&'static [u8]>) -> Whole {
        let checksum = checksum.map(|wanted| Box::new(Wants(wanted, Vec::new())) as Box<_>);
        Whole { size, checksum, read: 0, wrong: None }
    }

    fn read_all(mut whole: Whole, chunks: &[&[u8]]) -> Result<(), (PortErrorKind, String)> {
        let named = |error: PortError| (error.kind, error.to_string());
        chunks.iter().try_for_each(|chunk| whole.add(chunk)).map_err(named)?;
        whole.end().map_err(named)
    }

    #[test]
    fn trap_12_a_body_of_another_length_is_an_error_though_its_connection_ended_well() {
        let short = read_all(whole(Some(7), None), &[b"abc", b"def"]);
        let text = "the body ended at byte 6 of 7".to_owned();
        assert_eq!(short, Err((PortErrorKind::Transient, text)), "the rest is asked for");
        let long = read_all(whole(Some(5), None), &[b"abc", b"def"]);
        let text = "the body goes on after 5 bytes, where it should end".to_owned();
        assert_eq!(long, Err((PortErrorKind::Fatal, text)));
        for size in [Some(6), None] {
            assert_eq!(read_all(whole(size, None), &[b"abc", b"def"]), Ok(()));
        }
    }

    #[test]
    fn trap_12_the_checksum_of_the_whole_object_is_compared_at_its_end() {
        for size in [Some(6), None] {
            assert_eq!(read_all(whole(size, Some(b"abcdef")), &[b"abc", b"def"]), Ok(()));
            let wrong = read_all(whole(size, Some(b"abcdef")), &[b"abc", b"dEf"]);
            let text = "the body is not what S3 holds: another".to_owned();
            assert_eq!(wrong, Err((PortErrorKind::Fatal, text)));
            let mut asked_twice = whole(size, Some(b"abcdef"));
            asked_twice.add(b"abcdeF").unwrap();
            assert!(asked_twice.end().is_err() && asked_twice.end().is_err(), "it stays wrong");
        }
        let short = read_all(whole(Some(6), Some(b"abcdef")), &[b"abc"]);
        assert_eq!(short.map_err(|(kind, _)| kind), Err(PortErrorKind::Transient), "not yet read");
    }

    #[test]
    fn trap_64_an_announced_size_counts_if_what_was_announced_is_read() {
        let size = |told, stored: (&str, Option<&str>), announced: (Option<&str>, Option<&str>)| {
            let mut stored = StoredObject {
                etag: stored.0.into(),
                version_id: stored.1.map(str::to_owned),
                size: told,
                description: Default::default(),
                checksum: None,
                body: Box::new(Nothing),
            };
            let notified = NotifiedObject {
                bucket: "b".into(),
                key: "k".into(),
                version_id: announced.1.map(str::to_owned),
                etag: announced.0.map(str::to_owned),
                size: Some(7),
                sequencer: None,
                event_time: None,
                event_name: String::new(),
                region: None,
                replay: None,
            };
            Whole::of(&mut stored, &notified).size
        };
        assert_eq!(size(Some(9), ("e", None), (Some("e"), None)), Some(9), "the store knows best");
        assert_eq!(size(None, ("e", None), (Some("e"), None)), Some(7));
        assert_eq!(size(None, ("", Some("v")), (Some("e"), Some("v"))), Some(7));
        assert_eq!(size(None, ("e", Some("v")), (None, Some("v"))), Some(7));
        for (stored, announced) in [
            (("e", None), (Some("f"), None)),
            (("e", Some("v")), (Some("f"), Some("v"))),
            (("", None), (Some("e"), None)),
            (("", None), (None, None)),
            (("e", None), (None, None)),
            (("e", Some("v")), (None, Some("w"))),
            (("e", None), (None, Some("v"))),
        ] {
            assert_eq!(size(None, stored, announced), None, "{stored:?} {announced:?}");
        }
    }
}
