//! What went wrong, in a sentence, with what to do about it on a line of its own.

use std::io;
use std::process::ExitCode;

use crate::output::{Style, aside};

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// All is well.
    Done,
    /// A run did a part of its work, or its accounts do not balance.
    Incomplete,
    /// It did not work.
    Failed,
    /// It was asked the wrong way, or is configured the wrong way.
    Usage,
    /// Ctrl-C.
    Stopped,
}

impl Exit {
    /// The number a shell sees.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Incomplete => 3,
            Self::Stopped => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

/// A person's mistake: what is wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct Mistake {
    /// What is wrong.
    pub sentence: String,
    /// What to do.
    pub hint: String,
    /// How the program ends over it.
    pub exit: Exit,
}

impl Mistake {
    /// A mistake in the configuration or in what was typed.
    pub fn new(sentence: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), hint: hint.into(), exit: Exit::Usage }
    }

    /// Something named that is not there.
    pub fn missing(sentence: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { exit: Exit::Failed, ..Self::new(sentence, hint) }
    }
}

/// Prints an error on stderr and says how the program ends over it.
pub fn tell(error: &anyhow::Error) -> Exit {
    if is_closed_pipe(error) {
        // Whoever read our output has read enough, as `head` does.
        return Exit::Done;
    }
    let (sentence, hint, exit) = if let Some(mistake) = error.downcast_ref::<Mistake>() {
        (mistake.sentence.clone(), Some(mistake.hint.clone()), mistake.exit)
    } else {
        let (sentence, hint) = sentence_and_hint(&whole(error));
        (sentence, hint, Exit::Failed)
    };
    let style = Style::of_stderr();
    aside(&format!("{} {sentence}", style.red("error:")));
    if let Some(hint) = hint {
        aside(&format!("{} {hint}", style.bold("hint:")));
    }
    exit
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<io::Error>();
        io.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}

/// The error with its causes, each said once.
fn whole(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// Our crates' errors say what happened and then, in further sentences, what to do. A full stop
/// inside brackets belongs to somebody else's words.
pub fn sentence_and_hint(text: &str) -> (String, Option<String>) {
    let mut depth = 0_i32;
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            '.' if depth == 0 && text[at..].starts_with(". ") => {
                return (text[..at].to_owned(), Some(text[at + 2..].to_owned()));
            }
            _ => {}
        }
    }
    (text.to_owned(), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, sentence: &str, hint: Option<&str>) {
        assert_eq!(sentence_and_hint(text), (sentence.to_owned(), hint.map(str::to_owned)));
    }

    #[test]
    fn what_to_do_follows_the_first_full_stop() {
        check("It broke", "It broke", None);
        check("It broke. Mend it. Soon", "It broke", Some("Mend it. Soon"));
        check(
            "page 1: refused (401 No. Not you.). Ask",
            "page 1: refused (401 No. Not you.)",
            Some("Ask"),
        );
        check("services.example.com is away", "services.example.com is away", None);
    }
}
