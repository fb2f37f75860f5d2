//! The faults any provider can have: answers replaced, late, cut off or lost.

use std::borrow::Cow;

use crate::faults::What;

use super::Provider;
use super::line::{Cut, Line};
use super::message::{Answer, Asked};

/// What goes wrong with one answer outside the provider's logic.
#[derive(Debug)]
pub(super) struct Breakage<'a> {
    whats: &'a [What],
    pub(super) hangs: bool,
    pub(super) slow_ms: u64,
}

impl<'a> Breakage<'a> {
    pub(super) fn of(whats: &'a [What]) -> Self {
        let slow = whats.iter().map(|what| match what {
            What::Slow(ms) => *ms,
            _ => 0,
        });
        Self {
            whats,
            hangs: whats.iter().any(|what| matches!(what, What::Hang)),
            slow_ms: slow.sum(),
        }
    }

    /// The answer sent instead of the provider's, which is then not even asked.
    pub(super) fn instead(&self, provider: &dyn Provider) -> Option<Answer> {
        self.whats.iter().find_map(|what| replacement(what, provider))
    }

    /// The request as a provider hears it that is deaf to some parameters.
    pub(super) fn heard<'r>(&self, asked: &'r Asked) -> Cow<'r, Asked> {
        let unheard = self.whats.iter().flat_map(|what| match what {
            What::DeafTo(names) => *names,
            _ => &[],
        });
        let unheard: Vec<String> = unheard.map(|name| (*name).to_owned()).collect();
        asked.without_params(&unheard)
    }

    /// Plans where the connection ends, when it is to end inside a body of this length.
    pub(super) fn cut(&self, line: &Line, body_bytes: usize) {
        let half = body_bytes / 2;
        for what in self.whats {
            match what {
                What::HalfBody => line.cut_after(half, Cut::Close),
                What::CloseMidBody => line.cut_after(half, Cut::Reset),
                What::LoseResponseAfterEffect | What::Hang => line.cut_after(0, Cut::Close),
                _ => {}
            }
        }
    }

    /// Spoils the answer's bytes.
    pub(super) fn damage(&self, mut answer: Answer) -> Answer {
        for what in self.whats {
            match what {
                What::EmptyBody => answer.body.clear(),
                What::WrongContentLength => {
                    // The surplus would be the start of the next answer, hence no next answer.
                    answer.body.truncate(answer.body.len() - answer.body.len().min(17));
                    answer.headers.push(("connection", "close".to_owned()));
                }
                What::RawControlCharacters => answer.body = with_control_characters(&answer.body),
                _ => {}
            }
        }
        answer
    }
}

fn replacement(what: &What, provider: &dyn Provider) -> Option<Answer> {
    match what {
        What::Status { code, body, retry_after } => {
            let mut answer = Answer::json(*code, body.clone());
            let wait = retry_after.iter().map(|wait| ("retry-after", wait.clone()));
            answer.headers.extend(wait);
            Some(answer)
        }
        What::Html(code) => {
            let page = format!(
                "<html>\r\n<head><title>{code} error</title></head>\r\n<body>\r\n\
                 <center><h1>{code} error</h1></center>\r\n<hr><center>cloudflare</center>\r\n\
                 </body>\r\n</html>\r\n"
            );
            Some(Answer::of_type(*code, "text/html", page))
        }
        What::TooMany429 { retry_after, with_headers } => {
            let mut answer =
                Answer::json(429, r#"{"statusCode":429,"message":"Too Many Requests"}"#);
            if *with_headers {
                answer.headers.extend(provider.limit_headers());
            }
            let wait = retry_after.iter().map(|wait| ("retry-after", wait.to_string()));
            answer.headers.extend(wait);
            Some(answer)
        }
        What::ErrorBodyWith200 => {
            Some(Answer::json(200, r#"{"statusCode":500,"message":"Internal server error"}"#))
        }
        _ => None,
    }
}

/// Turns escaped line breaks into real ones, which says the same to whoever reads them.
fn with_control_characters(body: &[u8]) -> bytes::Bytes {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body.iter().copied();
    while let Some(byte) = rest.next() {
        match (byte, byte == b'\\') {
            (_, false) => out.push(byte),
            (_, true) => match rest.next() {
                Some(b'n') => out.push(b'\n'),
                Some(escaped) => out.extend_from_slice(&[b'\\', escaped]),
                None => out.push(b'\\'),
            },
        }
    }
    out.into()
}
