//! Any bytes as the body of a message: it is parsed or refused, and neither takes more than its
//! size.

use super::{Reader, fixtures};

/// More than this are never taken from one message.
const MOST_OBJECTS: usize = 2_000;

/// The first byte chooses: the rest is the body as it is, or it is edits to the body of a fixture.
///
/// # Panics
/// If something is accepted that cannot be asked for, or is refused in a way that cannot be shown.
pub fn notification(input: &[u8]) {
    match input.split_first() {
        Some((choice, rest)) if choice % 2 == 1 => check_any(&edited(rest)),
        Some((_, rest)) => check_any(&String::from_utf8_lossy(rest)),
        None => check_any(""),
    }
}

/// What is accepted can be asked for; what is refused is said on one short line. By itself and
/// inside of SNS.
pub(super) fn check_any(body: &str) {
    check(body);
    check(&in_sns(body));
}

pub(super) fn in_sns(message: &str) -> String {
    serde_json::json!({"Type": "Notification", "Message": message}).to_string()
}

fn check(body: &str) {
    match Reader::default().read(body) {
        Ok(notification) => {
            assert!(
                notification.objects.len() <= MOST_OBJECTS.min(body.len()),
                "{}",
                notification.objects.len()
            );
            for object in notification.objects {
                assert!(crate::config::may_name_a_bucket(&object.bucket), "{object:?}");
                assert!((1..=1024).contains(&object.key.len()), "{object:?}");
            }
        }
        Err(error) => {
            let said = error.to_string();
            assert!(said.len() < 600 && !said.contains(char::is_control), "{said}");
        }
    }
}

/// Two bytes choose a body of the fixtures; every four that follow replace, remove or insert a
/// byte.
fn edited(input: &[u8]) -> String {
    thread_local! {
        static BODIES: Vec<String> = fixtures::all_bodies();
    }
    let (fixture, edits) = input.split_at(input.len().min(2));
    let mut bytes =
        BODIES.with(|bodies| bodies[number(fixture) % bodies.len()].clone().into_bytes());
    for edit in edits.chunks_exact(4) {
        let at = number(&edit[..2]) % bytes.len();
        match edit[2] % 3 {
            0 => bytes[at] = edit[3],
            1 if bytes.len() > 1 => drop(bytes.remove(at)),
            _ => bytes.insert(at, edit[3]),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn number(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
}
