//! The ledger at the end: what was written, and what is where.

use crate::world::{Produced, World};
use rusqlite::Connection;
use s3_sqs_processor::RecordId;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// What the sinks hold.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) records: u64,
    /// How often they were written, over all consumers.
    pub(crate) deliveries: u64,
    /// Those beyond the first of each record, in files where nothing was made to fail: what the
    /// faults cost.
    pub(crate) duplicates: u64,
}

/// A row: key, index, payload.
type Row = (String, u64, String);

/// Looks everything up; every mismatch is added to `problems`.
pub(crate) async fn check(
    world: &World,
    produced: &[Produced],
    problems: &mut Vec<String>,
) -> Kept {
    // The ids are computed here, from what was written.
    let expected: BTreeMap<String, Row> =
        produced.iter().flat_map(|file| rows(&world.bucket, file)).collect();
    let poison: BTreeSet<&str> =
        produced.iter().filter(|file| file.poison).map(|file| file.key.as_str()).collect();
    let mut kept = Kept::default();
    for service in &world.services {
        let found = stored(&service.database);
        kept.records += found.len() as u64;
        for (_, (key, ..), deliveries) in &found {
            kept.deliveries += deliveries;
            kept.duplicates += if poison.contains(key.as_str()) { 0 } else { deliveries - 1 };
        }
        compare(service.name, &expected, &found, problems);
    }
    // After that: two processes that close a database in the same moment leave its log to whoever
    // opens it next.
    nothing_is_left(world, problems);
    for (number, service) in world.services.iter().enumerate() {
        let left = world.backlog(number).await;
        if left > 0 {
            problems.push(format!("{}: {left} messages are left on the queue", service.name));
        }
        let failing = if service.fails.is_some() { poison.clone() } else { BTreeSet::new() };
        let dead = world.dead_lettered(number).await;
        let bodies = world.dead_letters(number, dead as usize).await;
        // The keys are plain, so they stand in the bodies as they are, whatever is around them.
        let keys: BTreeSet<&str> = produced
            .iter()
            .map(|file| file.key.as_str())
            .filter(|key| bodies.iter().any(|body| body.contains(&format!("{key}\\\""))))
            .collect();
        if keys != failing || dead != failing.len() as u64 {
            problems.push(format!(
                "{}: {dead} dead letters, of {keys:?}; expected {}, of {failing:?}",
                service.name,
                failing.len()
            ));
        }
    }
    kept
}

fn rows<'a>(bucket: &'a str, file: &'a Produced) -> impl Iterator<Item = (String, Row)> + 'a {
    file.records.iter().enumerate().map(move |(index, (offset, payload))| {
        let id = RecordId::of(bucket, &file.key, None, &file.etag, *offset);
        (id.to_string(), (file.key.clone(), index as u64, payload.clone()))
    })
}

/// How many records a sink holds so far.
pub(crate) fn count(database: &Path) -> u64 {
    let connection = Connection::open(database).unwrap();
    // There is no table before the first consumer has started.
    connection
        .query_row("SELECT count(*) FROM records", [], |row| row.get::<_, i64>(0))
        .unwrap_or(0) as u64
}

/// Each row with its id, and how often it was written.
fn stored(database: &Path) -> Vec<(String, Row, u64)> {
    let connection = Connection::open(database).unwrap();
    let mut statement =
        connection.prepare("SELECT id, key, \"index\", payload, deliveries FROM records").unwrap();
    let rows = statement.query_map([], |row| {
        let (index, deliveries): (i64, i64) = (row.get(2)?, row.get(4)?);
        Ok((row.get(0)?, (row.get(1)?, index as u64, row.get(3)?), deliveries as u64))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

fn compare(
    name: &str,
    expected: &BTreeMap<String, Row>,
    found: &[(String, Row, u64)],
    problems: &mut Vec<String>,
) {
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for (id, row, _) in found {
        if !seen.insert(id) {
            wrong.push(format!("twice: {id}"));
        }
        match expected.get(id) {
            Some(expected) if expected == row => {}
            Some((key, index, _)) => wrong.push(format!("not as written: record {index} of {key}")),
            None => {
                wrong
                    .push(format!("never written: {id}, said to be record {} of {}", row.1, row.0));
            }
        }
    }
    let missing = expected.iter().filter(|(id, _)| !seen.contains(id));
    wrong.extend(missing.map(|(_, (key, index, _))| format!("missing: record {index} of {key}")));
    if !wrong.is_empty() {
        let first = &wrong[..wrong.len().min(5)];
        problems.push(format!(
            "{name}: {} of {} records are wrong: {first:#?}",
            wrong.len(),
            expected.len()
        ));
    }
}

/// No temporary file, no log of a database, no process.
fn nothing_is_left(world: &World, problems: &mut Vec<String>) {
    let names = |folder: &Path| -> BTreeSet<String> {
        fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    };
    let databases: BTreeSet<String> =
        world.services.iter().map(|service| format!("{}.db", service.name)).collect();
    for (folder, expected) in [(world.sinks(), databases), (world.temporary(), BTreeSet::new())] {
        let found = names(&folder);
        if found != expected {
            problems.push(format!("in {} is {found:?}; expected {expected:?}", folder.display()));
        }
    }
    let folder = world.folder().display().to_string();
    // Where there is no /proc, waiting for each of them has to do.
    for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let line = fs::read(process.path().join("cmdline")).unwrap_or_default();
        if String::from_utf8_lossy(&line).contains(&folder) {
            problems.push(format!("process {} is left", process.file_name().display()));
        }
    }
}
