//! JSON read strictly: an object is an object, and a name given twice is an error.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::error::Category;

use super::error::NotificationError;

/// Reads `text` as a JSON object with the fields of `T`; other fields are passed over.
pub(super) fn object<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, NotificationError> {
    match serde_json::from_str::<Object<T>>(text) {
        Ok(Object(value)) => Ok(value),
        Err(error) if error.classify() == Category::Data => Err(NotificationError::malformed(&error.to_string())),
        Err(error) => Err(NotificationError::not_json(&error)),
    }
}

/// A `T` that is written as a JSON object.
///
/// A derived `Deserialize` also takes a list of its fields' values, which would let a body pass that nobody meant.
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
