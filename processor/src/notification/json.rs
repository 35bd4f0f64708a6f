//! JSON read strictly: an object is an object, and a name given twice is an error.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;

use super::error::NotificationError;

/// Reads `text` as a JSON object with the fields of `T`; other fields are passed over.
pub(super) fn object<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, NotificationError> {
    match serde_json::from_str::<Object<T>>(text) {
        Ok(Object(value)) => Ok(value),
        Err(error) if error.classify() == Category::Data => {
            Err(NotificationError::malformed(&error.to_string()))
        }
        Err(error) => Err(NotificationError::not_json(&error)),
    }
}

/// A `T` that is written as a JSON object.
///
/// A derived `Deserialize` also takes a list of its fields' values, which would let a body pass
/// that nobody meant.
#[derive(Debug)]
pub(super) struct Object<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }

        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

/// The text of a value, if it is one. Any other value is passed over, however large: other formats
/// may use the field's name for something else.
#[derive(Debug)]
pub(super) struct Mark(pub(super) Option<String>);

impl<'de> Deserialize<'de> for Mark {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MarkVisitor;

        impl<'de> Visitor<'de> for MarkVisitor {
            type Value = Mark;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("anything")
            }

            fn visit_str<E>(self, text: &str) -> Result<Mark, E> {
                Ok(Mark(Some(text.to_owned())))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Mark, E> {
                Ok(Mark(None))
            }

            fn visit_u64<E>(self, _: u64) -> Result<Mark, E> {
                Ok(Mark(None))
            }

            fn visit_i64<E>(self, _: i64) -> Result<Mark, E> {
                Ok(Mark(None))
            }

            fn visit_f64<E>(self, _: f64) -> Result<Mark, E> {
                Ok(Mark(None))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Mark, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Mark(None))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Mark, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Mark(None))
            }
        }

        deserializer.deserialize_any(MarkVisitor)
    }
}
