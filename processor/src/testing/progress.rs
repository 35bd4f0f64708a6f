use crate::{ProgressError, ProgressStore, ProgressTag};
use bytes::Bytes;
use futures::future::join_all;

/// Whether a [`ProgressStore`] does what the pipeline relies on: tries every operation in every
/// order that matters, some of them at once, on the real thing. For the tests of a store of your
/// own. `prefix`: 16 hexadecimal digits, so that runs do not meet each other.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), String> {
/// use s3_sqs_processor::{MemoryProgress, testing::check_progress_store};
///
/// check_progress_store(&MemoryProgress::new(), "0123456789abcdef").await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// What it did, and what it should have done.
pub async fn check_progress_store(store: &impl ProgressStore, prefix: &str) -> Result<(), String> {
    let check = Check { store, prefix };
    check.nothing_is_stored().await?;
    check.what_is_saved_is_loaded().await?;
    check.only_what_was_seen_is_replaced().await?;
    check.what_was_deleted_is_gone().await?;
    check.one_of_many_at_once_is_saved().await?;
    check.a_save_that_nobody_waited_for_happened_or_did_not().await?;
    check.names_are_apart().await
}

struct Check<'a, S> {
    store: &'a S,
    prefix: &'a str,
}

fn must(holds: bool, what: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what.to_owned()) }
}

fn failed(error: &ProgressError) -> String {
    format!("a request failed: {error}")
}

impl<S: ProgressStore> Check<'_, S> {
    fn name(&self, n: u32) -> String {
        format!("{}{n:016x}", self.prefix)
    }

    async fn load(&self, name: &str) -> Result<Option<(Bytes, ProgressTag)>, String> {
        self.store.load(name).await.map_err(|error| failed(&error))
    }

    async fn save(
        &self,
        name: &str,
        bytes: impl Into<Bytes>,
        replaces: Option<&ProgressTag>,
    ) -> Result<ProgressTag, String> {
        self.store.save(name, bytes.into(), replaces).await.map_err(|error| failed(&error))
    }

    async fn conflicts(&self, name: &str, replaces: Option<&ProgressTag>) -> Result<bool, String> {
        match self.store.save(name, "not to be stored".into(), replaces).await {
            Ok(_) => Ok(false),
            Err(error) if error.is_conflict() => Ok(true),
            Err(error) => Err(failed(&error)),
        }
    }

    async fn delete(&self, name: &str) -> Result<(), String> {
        self.store.delete(name).await.map_err(|error| failed(&error))
    }

    async fn nothing_is_stored(&self) -> Result<(), String> {
        let name = &self.name(1);
        must(self.load(name).await?.is_none(), "what was never stored has to be None")?;
        self.delete(name)
            .await
            .map_err(|error| format!("deleting nothing has to work: {error}"))?;
        let tag = ProgressTag::new("\"00000000000000000000000000000000\"");
        let conflicts = self.conflicts(name, Some(&tag)).await?;
        must(conflicts, "to replace what is not there has to be a conflict")
    }

    async fn what_is_saved_is_loaded(&self) -> Result<(), String> {
        for (n, length) in [1, 1_000, 256 << 10].into_iter().enumerate() {
            let name = &self.name(10 + n as u32);
            let bytes: Vec<u8> = (0..length).map(|at: u32| (at * 31 % 251) as u8).collect();
            let tag = self.save(name, bytes.clone(), None).await?;
            let loaded = self.load(name).await?;
            let expected = Some((Bytes::from(bytes), tag));
            must(loaded == expected, "what was saved has to be loaded, with the tag of the save")?;
            self.delete(name).await?;
        }
        Ok(())
    }

    async fn only_what_was_seen_is_replaced(&self) -> Result<(), String> {
        let name = &self.name(20);
        let first = self.save(name, "first", None).await?;
        let conflicts = self.conflicts(name, None).await?;
        must(conflicts, "to save as new what is there has to be a conflict")?;
        let second = self.save(name, "second", Some(&first)).await?;
        must(first != second, "other bytes have to have another tag")?;
        let conflicts = self.conflicts(name, Some(&first)).await?;
        must(conflicts, "to replace what is there no more has to be a conflict")?;
        let loaded = self.load(name).await?;
        let expected = Some((Bytes::from("second"), second));
        must(loaded == expected, "a conflict has to leave what is there")?;
        self.delete(name).await
    }

    async fn what_was_deleted_is_gone(&self) -> Result<(), String> {
        let name = &self.name(30);
        let tag = self.save(name, "first", None).await?;
        self.delete(name).await?;
        must(self.load(name).await?.is_none(), "what was deleted has to be None")?;
        let conflicts = self.conflicts(name, Some(&tag)).await?;
        must(conflicts, "to replace what was deleted has to be a conflict")?;
        self.save(name, "again", None).await?;
        self.delete(name).await
    }

    async fn one_of_many_at_once_is_saved(&self) -> Result<(), String> {
        for (n, there) in [(40, false), (41, true)] {
            let name = &self.name(n);
            let tag = if there { Some(self.save(name, "first", None).await?) } else { None };
            let writers = (0..16).map(|writer| {
                let bytes = format!("by {writer}");
                let replaces = tag.clone();
                async move {
                    let saved =
                        self.store.save(name, bytes.clone().into(), replaces.as_ref()).await;
                    (bytes, saved)
                }
            });
            let mut won = Vec::new();
            for (bytes, saved) in join_all(writers).await {
                match saved {
                    Ok(tag) => won.push((Bytes::from(bytes), tag)),
                    Err(error) if error.is_conflict() => {}
                    Err(error) => return Err(failed(&error)),
                }
            }
            must(won.len() == 1, &format!("{} of 16 writers at once won, not one", won.len()))?;
            must(self.load(name).await? == won.pop(), "what is there has to be of who won")?;
            self.delete(name).await?;
        }
        Ok(())
    }

    /// The answer is lost: whatever is there then, it is one or the other, and its tag is true.
    async fn a_save_that_nobody_waited_for_happened_or_did_not(&self) -> Result<(), String> {
        let name = &self.name(50);
        self.save(name, "first", None).await?;
        for round in 0..20 {
            let Some((before, tag)) = self.load(name).await? else {
                return Err("what was saved is gone".into());
            };
            let bytes = Bytes::from(format!("round {round}"));
            let patience = std::time::Duration::from_micros(300 * round);
            let save = self.store.save(name, bytes.clone(), Some(&tag));
            drop(tokio::time::timeout(patience, save).await);
            let Some((after, new_tag)) = self.load(name).await? else {
                return Err("a save that nobody waited for deleted what was there".into());
            };
            must(after == before || after == bytes, "it has to be the old bytes or the new ones")?;
            // It may still be on its way: then this one or the other wins.
            match self.store.save(name, "next".into(), Some(&new_tag)).await {
                Err(error) if !error.is_conflict() => return Err(failed(&error)),
                _ => {}
            }
        }
        self.delete(name).await
    }

    async fn names_are_apart(&self) -> Result<(), String> {
        let names: Vec<_> = (60..70).map(|n| self.name(n)).collect();
        for name in &names {
            self.save(name, name.clone(), None).await?;
        }
        self.delete(&names[0]).await?;
        for name in &names[1..] {
            let loaded = self.load(name).await?.map(|(bytes, _)| bytes);
            must(loaded.as_deref() == Some(name.as_bytes()), "another name has to stay")?;
            self.delete(name).await?;
        }
        Ok(())
    }
}
