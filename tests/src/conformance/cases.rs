//! The cases, by area.

mod attributes;
mod batches;
mod envelopes;
mod events;
mod filters;
mod keys;
mod limits;
mod missing;
mod polls;
mod preconditions;
mod ranges;
mod receipts;
mod receive_counts;
mod redrive;
mod stored;
mod topics;
mod uploads;
mod versions;
mod visibility;

use super::Case;

/// Every case, in the order of the areas.
pub fn all() -> Vec<Case> {
    let areas = [
        ("visibility", visibility::cases()),
        ("receipts", receipts::cases()),
        ("batches", batches::cases()),
        ("receive_counts", receive_counts::cases()),
        ("redrive", redrive::cases()),
        ("polls", polls::cases()),
        ("attributes", attributes::cases()),
        ("limits", limits::cases()),
        ("ranges", ranges::cases()),
        ("preconditions", preconditions::cases()),
        ("versions", versions::cases()),
        ("missing", missing::cases()),
        ("stored", stored::cases()),
        ("uploads", uploads::cases()),
        ("envelopes", envelopes::cases()),
        ("keys", keys::cases()),
        ("events", events::cases()),
        ("topics", topics::cases()),
        ("filters", filters::cases()),
    ];
    areas
        .into_iter()
        .flat_map(|(area, cases)| cases.into_iter().map(move |case| Case { area, ..case }))
        .collect()
}
