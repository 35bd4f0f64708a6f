//! Receipt handles: which receive of which message of which queue.

use crate::embedded::ids::mix;

const PREFIX: &str = "AQEB";

/// What a receipt handle stands for. Every receive of a message makes a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Receipt {
    pub(super) queue: u64,
    pub(super) message: u64,
    pub(super) receive: u64,
}

impl Receipt {
    fn check(self) -> u64 {
        mix(mix(mix(self.queue) ^ self.message) ^ self.receive)
    }

    pub(super) fn to_handle(self) -> String {
        let check = self.check();
        format!("{PREFIX}{:016x}{:016x}{:016x}{check:016x}", self.queue, self.message, self.receive)
    }

    /// `None` for text that no receive has ever given out.
    pub(super) fn parse(handle: &str) -> Option<Self> {
        let digits =
            handle.strip_prefix(PREFIX).filter(|digits| digits.len() == 64 && digits.is_ascii())?;
        let number = |at: usize| u64::from_str_radix(&digits[16 * at..16 * (at + 1)], 16).ok();
        let receipt = Self { queue: number(0)?, message: number(1)?, receive: number(2)? };
        (receipt.check() == number(3)?).then_some(receipt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_given_out_is_understood() {
        let receipt = Receipt { queue: 1, message: 2, receive: 3 };
        let handle = receipt.to_handle();
        assert_eq!(Receipt::parse(&handle), Some(receipt));
        assert_eq!(Receipt::parse(&handle.replacen('2', "4", 1)), None);
        assert_eq!(Receipt::parse("rubbish"), None);
        assert_eq!(Receipt::parse(""), None);
    }
}
