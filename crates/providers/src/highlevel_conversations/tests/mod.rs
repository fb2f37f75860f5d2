//! What this provider promises, against answers as documented and answers as feared.

mod changes;
mod records;
mod requests;
mod walk;

use crate::highlevel_conversations::{Client, HighlevelConversations, Settings};
use crate::http::budget::{Budgets, Rate};
use crate::testing::{HandClock, Server};
use crate::{Credential, Tuning};
use domain::RetryPolicy;

const NOON: &str = "2026-03-01T12:00:00Z";

fn connect(server: &Server, settings: Settings) -> HighlevelConversations {
    let settings = Settings { base_url: server.url.clone(), ..settings };
    let retry = RetryPolicy { attempts_max: 2, ..RetryPolicy::default() };
    let tuning = Tuning { retry, rate: Some(Rate::Unlimited), ..Tuning::default() };
    let credential = Credential::PrivateToken("pit-1".into());
    let clock = HandClock::at(NOON);
    let client = Client::new(settings, credential, tuning, clock, &Budgets::new()).unwrap();
    HighlevelConversations::new(client)
}

fn usual(server: &Server) -> HighlevelConversations {
    connect(server, Settings::new("LOC"))
}
