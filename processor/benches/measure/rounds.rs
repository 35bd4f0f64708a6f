//! Rounds in which all sides take their turn.

/// What each side measured, by round.
pub struct Rounds<const N: usize>(Vec<[f64; N]>);

/// A median, and the least and most beside it.
#[derive(Clone, Copy)]
pub struct Spread {
    pub median: f64,
    pub least: f64,
    pub most: f64,
}

/// Lets every side measure once per round. In every other round the order is turned round, so that
/// no side always follows the same one.
pub fn rounds<const N: usize>(count: usize, mut sides: [&mut dyn FnMut() -> f64; N]) -> Rounds<N> {
    let round = |number: usize| {
        let mut measured = [0.0; N];
        for at in 0..N {
            let at = if number.is_multiple_of(2) { at } else { N - 1 - at };
            measured[at] = sides[at]();
        }
        measured
    };
    Rounds((0..count).map(round).collect())
}

impl<const N: usize> Rounds<N> {
    /// Computes a value per round, from what the sides measured in it.
    pub fn spread(&self, value: impl Fn([f64; N]) -> f64) -> Spread {
        Spread::of(self.0.iter().map(|measured| value(*measured)))
    }
}

impl Spread {
    /// Of one value or more.
    pub fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<_> = values.collect();
        values.sort_by(f64::total_cmp);
        Self { median: values[values.len() / 2], least: values[0], most: values[values.len() - 1] }
    }
}

/// A value that does not vary.
impl From<f64> for Spread {
    fn from(value: f64) -> Self {
        Self { median: value, least: value, most: value }
    }
}
