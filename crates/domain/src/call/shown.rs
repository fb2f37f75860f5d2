//! How a call shows itself in logs: without what people said, and without whom they called.

use std::fmt;

use super::Call;

/// How long words are that are not shown.
struct Hidden(Option<usize>);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(length) => write!(f, "[{length} bytes]"),
            None => f.write_str("None"),
        }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Whoever adds a field decides here whether it may be shown.
        let Self {
            provider_call_id,
            occurred_at,
            ended_at,
            duration,
            direction,
            status,
            from,
            to,
            agent,
            contact,
            campaign,
            recording,
            transcript,
            summary,
            extracted,
            aliases,
            tags,
            awaits,
        } = self;
        let words = |text: &Option<String>| Hidden(text.as_ref().map(String::len));
        f.debug_struct("Call")
            .field("provider_call_id", provider_call_id)
            .field("occurred_at", occurred_at)
            .field("ended_at", ended_at)
            .field("duration", duration)
            .field("direction", direction)
            .field("status", status)
            .field("from", from)
            .field("to", to)
            .field("agent", agent)
            .field("contact", contact)
            .field("campaign", campaign)
            // An address may open the recording to whoever has it.
            .field("recording", &words(recording))
            .field("transcript", &words(transcript))
            .field("summary", &words(summary))
            .field("extracted", &Hidden(extracted.as_ref().map(|it| it.to_string().len())))
            .field("aliases", aliases)
            .field("tags", tags)
            .field("awaits", awaits)
            .finish()
    }
}
