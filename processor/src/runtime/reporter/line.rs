use std::{array, fmt};
use tracing::{
    Event, Metadata, Span, Value,
    dispatcher::get_default,
    field::{DisplayValue, Field, Visit, display},
};

/// Lines of this library and of the SDK have fewer fields.
const FIELDS: usize = 32;

/// A log line on its way from one thread to another.
pub(super) struct Line {
    metadata: &'static Metadata<'static>,
    fields: Fields,
    /// What it is about.
    span: Option<Span>,
}

#[derive(Default)]
struct Fields(Vec<(Field, Kept)>);

/// A field's value, apart from what it was borrowed from.
enum Kept {
    Text(String),
    /// What was given by `%` or `?`.
    Shown(DisplayValue<String>),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Bool(bool),
}

impl Line {
    pub(super) fn of(event: &Event<'_>, span: Option<Span>) -> Self {
        let mut fields = Fields::default();
        event.record(&mut fields);
        Self { metadata: event.metadata(), fields, span }
    }

    /// Gives it to this thread's subscriber, if that one wants it.
    pub(super) fn write(&self) {
        let all = self.metadata.fields();
        // Fields without a value are left out.
        let Some(any) = all.iter().next() else { return };
        if !get_default(|subscriber| subscriber.enabled(self.metadata)) {
            return;
        }
        let kept = &self.fields.0;
        let values: [(&Field, Option<&dyn Value>); FIELDS] =
            array::from_fn(|n| match kept.get(n) {
                Some((field, value)) => (field, Some(value.as_value())),
                None => (&any, None),
            });
        let values = all.value_set(&values);
        match self.span.as_ref().and_then(Span::id) {
            Some(span) => Event::child_of(span, self.metadata, &values),
            None => Event::dispatch(self.metadata, &values),
        }
    }
}

impl Kept {
    fn as_value(&self) -> &dyn Value {
        match self {
            Self::Text(text) => text,
            Self::Shown(text) => text,
            Self::Unsigned(number) => number,
            Self::Signed(number) => number,
            Self::Float(number) => number,
            Self::Bool(is) => is,
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.push((field.clone(), Kept::Shown(display(format!("{value:?}")))));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.push((field.clone(), Kept::Text(value.to_owned())));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.push((field.clone(), Kept::Unsigned(value)));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.push((field.clone(), Kept::Signed(value)));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.0.push((field.clone(), Kept::Float(value)));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.push((field.clone(), Kept::Bool(value)));
    }
}

#[cfg(test)]
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, (field, value)) in self.fields.0.iter().enumerate() {
            let space = if n > 0 { " " } else { "" };
            write!(f, "{space}{field}=")?;
            match value {
                Kept::Text(text) => write!(f, "{text:?}"),
                Kept::Shown(text) => write!(f, "{text}"),
                Kept::Unsigned(number) => write!(f, "{number}"),
                Kept::Signed(number) => write!(f, "{number}"),
                Kept::Float(number) => write!(f, "{number}"),
                Kept::Bool(is) => write!(f, "{is}"),
            }?;
        }
        Ok(())
    }
}
