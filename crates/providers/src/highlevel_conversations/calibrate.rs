//! What is asked of known calls, because nothing documents it: whether ranges filter exactly and
//! by the time a message was made, and whether `channel=Call` holds every kind of call.

use std::collections::HashSet;
use std::time::Duration;

use domain::Window;

use super::client::{Client, Listing};
use super::settings::Channel;
use super::wire::Listed;
use crate::highlevel::learnt::Learnt;
use crate::{Identity, Probe, ProbeOutcome, SourceError};

use ProbeOutcome::{Notable, Right};

pub(super) const MINUTE: Duration = Duration::from_mins(1);

/// The fewest messages a page may hold.
pub(super) const SMALL_PAGE: u32 = 10;

/// What was learnt.
#[derive(Debug, Default)]
pub(super) struct Calibration {
    is_exact: Learnt,
    channel_is_whole: Learnt,
}

impl Calibration {
    /// The margin requests need, given the one for when nothing is known.
    pub(super) fn margin(&self, unknown: Duration) -> Duration {
        self.is_exact.margin(unknown)
    }

    /// Which messages the export is asked for. A channel that has not shown that it holds more than
    /// plain calls is not asked for: reading everything costs requests, and no call.
    pub(super) fn channel(&self, set: Channel) -> Channel {
        if self.channel_is_whole.is_so() == Some(true) { set } else { Channel::All }
    }

    /// Asks again, unless that was done within a day.
    pub(super) async fn renew(&self, client: &Client) -> Result<Option<Probe>, SourceError> {
        let channel = self.renew_channel(client).await?;
        let ranges = self.renew_ranges(client).await?;
        let is_trouble = |probe: &Probe| probe.outcome != Right;
        Ok(channel.filter(|told| is_trouble(told) || ranges.is_none()).or(ranges))
    }

    async fn renew_channel(&self, client: &Client) -> Result<Option<Probe>, SourceError> {
        let now = client.now();
        let whole = &self.channel_is_whole;
        if whole.is_fresh(now) || client.settings().channel == Channel::All {
            return Ok(None);
        }
        let Kinds { is_whole, probe } = kinds(client).await?;
        match is_whole {
            None => whole.learn_nothing(now),
            // Once calls were left out, nothing but a person's setting brings trust back.
            Some(is_whole) => whole.learn(is_whole && whole.is_so() != Some(false), now),
        }
        Ok(Some(probe))
    }

    async fn renew_ranges(&self, client: &Client) -> Result<Option<Probe>, SourceError> {
        let now = client.now();
        if self.is_exact.is_fresh(now) || !client.settings().tries_ranges {
            return Ok(None);
        }
        let channel = client.settings().channel;
        let newest = client.export_first(Listing::newest(channel, SMALL_PAGE)).await?;
        let Some(call) = telling(&newest.messages) else { return Ok(None) };
        let ranges = filter(client, call).await?;
        self.is_exact.learn(ranges.outcome == Right, now);
        Ok(Some(ranges))
    }
}

/// The call that tells most: one that was written long after it was made.
pub(super) fn telling(messages: &[Listed]) -> Option<&Listed> {
    let calls = messages.iter().filter(|message| message.record.identity.is_ok());
    calls.max_by_key(|message| {
        let made = message.record.identity.as_ref().ok().map(|identity| identity.occurred_at);
        let late = made.zip(message.updated_at).map(|(made, updated)| updated.since(made));
        late.unwrap_or_default()
    })
}

/// Whether a range around a call's own time lists it, and nothing from elsewhere.
pub(super) async fn filter(client: &Client, call: &Listed) -> Result<Probe, SourceError> {
    let said = |outcome, sentence: &str| Probe {
        name: "filter",
        outcome,
        sentence: sentence.to_owned(),
        hint: None,
    };
    let Ok(Identity { id, occurred_at: at }) = &call.record.identity else {
        return Ok(said(Notable, "There is no call yet to try the filters on"));
    };
    let Ok(window) = Window::new(*at - MINUTE, *at + MINUTE) else {
        return Ok(said(Notable, "The newest call has no usable time"));
    };
    let channel = client.settings().channel;
    let page = client.export_first(Listing::of(window, channel, client.settings().page_size));
    let page = page.await?;
    let identities =
        || page.messages.iter().filter_map(|message| message.record.identity.as_ref().ok());
    if !identities().any(|other| other.id == *id) {
        return Ok(said(
            Notable,
            "A call is not listed in the two minutes around its own time: HighLevel reads ranges \
             in another zone, or filters by when a call was last written. Requests are wider, \
             which covers the first; set `filters_by` to \"updated\" for the second",
        ));
    }
    let is_inside = |other: &Identity| {
        other.occurred_at.since(*at) <= MINUTE && at.since(other.occurred_at) <= MINUTE
    };
    let strangers = identities().filter(|other| !is_inside(other)).count();
    if strangers > 0 {
        let sentence = format!("{strangers} messages outside a range were listed in it");
        return Ok(said(Notable, &sentence));
    }
    Ok(said(Right, "The range filters messages by `dateAdded`, exactly and in UTC"))
}

/// What the newest messages show of `channel=Call`.
pub(super) struct Kinds {
    /// Whether it holds every kind of call; `None` when nothing shows it.
    pub(super) is_whole: Option<bool>,
    /// The same in a sentence.
    pub(super) probe: Probe,
}

/// The kind that nobody doubts the channel holds.
const PLAIN: &str = "TYPE_CALL";

/// Whether the newest calls among all messages are in `channel=Call` too. Only a call of another
/// kind than the plain one can show that it holds other kinds.
pub(super) async fn kinds(client: &Client) -> Result<Kinds, SourceError> {
    let size = client.settings().page_size;
    let all = client.export_first(Listing::newest(Channel::All, size)).await?;
    // The very newest may have come between our two questions.
    let until = client.now() - MINUTE;
    let calls = all.messages.iter().filter(|it| it.is_call);
    let identified = calls.filter_map(|it| Some((it, it.record.identity.as_ref().ok()?)));
    let calls: Vec<_> = identified.filter(|(_, identity)| identity.occurred_at < until).collect();
    let times = || calls.iter().map(|(_, identity)| identity.occurred_at);
    let window = times().min().zip(times().max());
    let window = window.and_then(|(first, last)| Window::new(first - MINUTE, last + MINUTE).ok());
    let Some(window) = window else { return Ok(untold(0)) };
    let named = client.export_first(Listing::of(window, Channel::Call, size)).await?;
    let ids = named.messages.iter().filter_map(|it| it.record.identity.as_ref().ok());
    let ids: HashSet<&str> = ids.map(|identity| identity.id.0.as_str()).collect();
    let (in_channel, left_out): (Vec<_>, Vec<_>) =
        calls.iter().partition(|(_, identity)| ids.contains(identity.id.0.as_str()));
    let is_other =
        |call: &Listed| call.kind.as_deref().is_some_and(|kind| !kind.eq_ignore_ascii_case(PLAIN));
    let is_cut = named.next.is_some();
    Ok(match left_out.first() {
        Some(_) if is_cut => untold(calls.len()),
        Some((example, _)) => lacking(left_out.len(), calls.len(), example),
        None if in_channel.iter().any(|(call, _)| is_other(call)) => {
            let sentence = format!(
                "The newest {} calls are all in the channel `Call`, other kinds than plain calls \
                 among them",
                calls.len()
            );
            told(Some(true), Right, sentence, None)
        }
        None => untold(calls.len()),
    })
}

fn told(
    is_whole: Option<bool>,
    outcome: ProbeOutcome,
    sentence: String,
    hint: Option<String>,
) -> Kinds {
    Kinds { is_whole, probe: Probe { name: "channel", outcome, sentence, hint } }
}

fn lacking(left_out: usize, calls: usize, example: &Listed) -> Kinds {
    let sentence = format!(
        "The channel `Call` leaves out {left_out} of the newest {calls} calls, such as one of the \
         kind {}; every message is read instead",
        example.kind.as_deref().unwrap_or("without a name"),
    );
    let hint = "Set `channel` to \"all\" and read everything again with `everycall sync`";
    told(Some(false), Notable, sentence, Some(hint.to_owned()))
}

fn untold(calls: usize) -> Kinds {
    let sentence = format!(
        "Of the newest {calls} calls none shows that the channel `Call` holds other kinds than \
         plain calls, so every message is read"
    );
    told(None, Notable, sentence, None)
}
