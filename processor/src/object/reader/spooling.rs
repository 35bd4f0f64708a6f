use super::{
    asking::Refusal,
    chunks::{Arrived, Chunks, Source},
    cut::Cut,
    opened::{Opened, Ready, Unopened},
    reading::{Exit, Reading},
    resumed::Resumed,
};
use crate::{
    breaker::OutageClass,
    object::{
        blocks::{Blocks, Buffer},
        name::Name,
        spool::{Room, Space},
        task::Task,
    },
    port::{DiskFile, PortError, PortErrorKind},
    progress::Fingerprint,
    runtime::{Shared, Stop, report::spool},
    tracking::ObjectEnd,
};
use bytes::Bytes;
use futures::{future::BoxFuture, lock::Mutex};
use std::{io, sync::Arc};

impl Task {
    /// Downloads the object to a disk, where that is wanted, and reads it through while it comes:
    /// then it is known to be whole, and that it can be cut into records to its end.
    pub(super) async fn spooled(&self, mut opened: Opened<Resumed>) -> Result<Ready, Unopened> {
        // Of one that is read for its failed records nothing is handed on before its end.
        let spool = self.treatment.spool.as_ref().filter(|_| self.collecting.is_none());
        let Some(space) = spool.and_then(|spool| self.engine.spools.space(spool)) else {
            let Opened { found, blocks, source } = opened;
            return Ok(Opened { found, blocks, source: Box::new(source) });
        };
        // One of unknown size may take all there is.
        let size = opened.found.size.unwrap_or(space.most());
        if size > space.most() {
            let (dir, most) = (space.dir().display(), space.most());
            let why = format!(
                "it has {size} bytes, and the spool in {dir} takes {most}: give it more \
                 (Spool::bytes), or read such objects by a route without a spool"
            );
            self.report_unreadable("TooLargeToSpool", &why);
            return Err(Unopened::End(ObjectEnd::Failed { retry_after: None }));
        }
        let room = match space.try_room(size) {
            Some(room) => room,
            None => {
                let (back, room) = self.wait_for_room(opened, &space, size).await?;
                opened = back;
                room
            }
        };
        let shared = self.engine.shared.clone();
        let creating = shared.env.disk().create(space.dir(), opened.found.size.unwrap_or(0));
        let created = self.unless_handed_back(creating).await?;
        let disk = Disk { shared: shared.clone(), space, name: self.name() };
        let file = created.map_err(|error| self.unread(disk.refusal(&error).into()))?;
        self.read_through(opened, Spooled { file, left: size, disk, _room: room }).await
    }

    /// Who waits for room on a disk holds neither a connection nor bytes.
    async fn wait_for_room(
        &self,
        opened: Opened<Resumed>,
        space: &Space,
        size: u64,
    ) -> Result<(Opened<Resumed>, Room), Unopened> {
        let Opened { found, blocks, mut source } = opened;
        source.disconnect();
        drop(blocks);
        spool::waits(&self.message.message_id, &self.name(), space.dir(), size);
        let waiting = self.engine.shared.capacity.wait();
        let room = self.unless_handed_back(space.room(size)).await?;
        let place = self.unless_handed_back(self.engine.budget.place()).await?;
        drop(waiting);
        let blocks = self.blocks(found.size, place);
        Ok((Opened { found, blocks, source }, room))
    }

    async fn read_through(
        &self,
        opened: Opened<Resumed>,
        spooled: Spooled,
    ) -> Result<Ready, Unopened> {
        let Opened { found, blocks, source } = opened;
        let (of, shared) = (spooled.disk.space.of.clone(), spooled.disk.shared.clone());
        let spooled = Arc::new(Mutex::new(spooled));
        let copy = Copying { from: source, to: Arc::clone(&spooled) };
        let rehearsal = Rehearsal { blocks: Arc::clone(&blocks), stop: self.stop.clone() };
        let reading = Reading::new(self, Arc::new(rehearsal), found.size);
        let reading = reading.run(Chunks::of(Box::new(copy), found.size), None);
        self.unless_handed_back(reading).await?.map_err(|cut| self.unread(cut))?;
        shared.gate.succeeded(&of);
        spool::spooled(&shared.counters, &self.message.message_id, &self.name());
        Ok(Opened { found, blocks, source: Box::new(Rest(spooled)) })
    }

    fn unread(&self, cut: Cut) -> Unopened {
        if cut.is_damage() {
            self.saving.iter().for_each(|saving| saving.progress.spoil());
        }
        match cut {
            Cut::Stopped => Unopened::End(ObjectEnd::Cancelled),
            Cut::Down(of) => Unopened::Down(of),
            cut => {
                self.report_unreadable(&cut.reason(), &cut);
                Unopened::End(ObjectEnd::Failed { retry_after: None })
            }
        }
    }
}

/// An object on a disk.
struct Spooled {
    file: Box<dyn DiskFile>,
    /// So many bytes more may be written.
    left: u64,
    disk: Disk,
    /// Behind the file, which goes first.
    _room: Room,
}

/// Who is told what a disk refuses.
struct Disk {
    shared: Shared,
    space: Arc<Space>,
    name: Name,
}

impl Disk {
    /// A disk that fails one object fails all: it is down at once, and the object is held. But one
    /// may be too large for any file.
    fn refusal(&self, error: &io::Error) -> Refusal {
        let Self { shared: Shared { gate, .. }, space, name } = self;
        if error.kind() == io::ErrorKind::FileTooLarge {
            let dir = space.dir().display();
            let text = format!("it is larger than a file in {dir} may be ({error})");
            return Refusal::Error(PortError::new(PortErrorKind::Fatal, text));
        }
        gate.failed(&space.of, OutageClass::Disk, &name.to_string(), &error.to_string());
        Refusal::Down(space.of.clone())
    }
}

impl Spooled {
    async fn write(&mut self, bytes: Bytes) -> Result<(), Refusal> {
        let left = self.left.checked_sub(bytes.len() as u64).ok_or_else(|| {
            let text = "it is larger than the spool; its size was not told before";
            Refusal::Error(PortError::new(PortErrorKind::Fatal, text))
        });
        self.left = left?;
        self.file.write(bytes).await.map_err(|error| self.disk.refusal(&error))
    }

    async fn rewind(&mut self) -> Result<(), Refusal> {
        self.file.rewind().await.map_err(|error| self.disk.refusal(&error))
    }

    async fn read(&mut self) -> Arrived {
        self.file.read().await.map_err(|error| self.disk.refusal(&error))
    }
}

/// Writes to the disk what it reads.
struct Copying {
    from: Resumed,
    to: Arc<Mutex<Spooled>>,
}

impl Source for Copying {
    fn next(&mut self) -> BoxFuture<'_, Arrived> {
        Box::pin(async {
            let next = self.from.next().await?;
            let mut to = self.to.lock().await;
            match &next {
                Some(bytes) => to.write(bytes.clone()).await?,
                None => to.rewind().await?,
            }
            Ok(next)
        })
    }
}

/// What is on the disk.
struct Rest(Arc<Mutex<Spooled>>);

impl Source for Rest {
    fn next(&mut self) -> BoxFuture<'_, Arrived> {
        Box::pin(async { self.0.lock().await.read().await })
    }
}

/// Takes what is found in an object, and does nothing with it. What is wrong with single records is
/// told when they are processed.
struct Rehearsal {
    blocks: Arc<Blocks>,
    stop: Stop,
}

impl Exit for Rehearsal {
    fn is_open(&self) -> bool {
        !self.stop.is_cancelled()
    }

    fn blocks(&self) -> &Blocks {
        &self.blocks
    }

    fn hand_on(&self, block: Buffer) {
        self.blocks.give_back(block);
    }

    fn reached(&self, _: &mut Fingerprint) {}

    fn decoded(&self, _: u64, _: u64) {}
}
