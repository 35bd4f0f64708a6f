//! What the command line asks for.

/// `cargo figures [--quick] [FIGURE]...`
pub struct Plan {
    quick: bool,
    wanted: Vec<String>,
}

impl Plan {
    pub fn from_args() -> Self {
        let arguments: Vec<_> = std::env::args().skip(1).collect();
        // Only `cargo bench` says so; a test run proves no more than that everything still works.
        let benchmarking = arguments.iter().any(|argument| argument == "--bench");
        let quick = !benchmarking || arguments.iter().any(|argument| argument == "--quick");
        let wanted = arguments.into_iter().filter(|argument| !argument.starts_with('-')).collect();
        Self { quick, wanted }
    }

    pub fn wants(&self, figure: &str) -> bool {
        self.wanted.is_empty()
            || self.wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(figure))
    }

    /// Small data and one round: the figures mean nothing.
    pub fn is_quick(&self) -> bool {
        self.quick
    }

    pub fn rounds(&self) -> usize {
        self.pick(7, 1)
    }

    pub fn pick<T>(&self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }
}
