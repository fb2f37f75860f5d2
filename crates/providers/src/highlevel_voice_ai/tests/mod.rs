//! What this provider promises, against answers as documented and answers as feared.

mod errors;
mod oauth;
mod records;
mod requests;
mod walk;

use std::sync::Arc;

use domain::RetryPolicy;

use super::{Client, HighlevelVoiceAi, Settings};
use crate::http::budget::{Budgets, Rate};
use crate::testing::{HandClock, Server};
use crate::{Credential, Tuning};

const NOON: &str = "2026-03-01T12:00:00Z";

fn tuning() -> Tuning {
    let retry = RetryPolicy { attempts_max: 2, ..RetryPolicy::default() };
    Tuning { retry, rate: Some(Rate::Unlimited), ..Tuning::default() }
}

fn client(server: &Server, settings: Settings, credential: Credential) -> Client {
    let settings = Settings { base_url: server.url.clone(), ..settings };
    let clock = HandClock::at(NOON);
    Client::new(settings, credential, tuning(), clock, &Budgets::new()).unwrap()
}

fn private(server: &Server, settings: Settings) -> HighlevelVoiceAi {
    HighlevelVoiceAi::new(client(server, settings, Credential::PrivateToken("pit-1".into())))
}

fn connect(server: &Server) -> Arc<HighlevelVoiceAi> {
    Arc::new(private(server, Settings::new("LOC")))
}
