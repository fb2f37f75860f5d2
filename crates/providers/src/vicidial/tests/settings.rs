use secrecy::SecretString;

use super::*;
use crate::connect::ProviderOwn as _;
use crate::http::budget::Budgets;
use crate::testing::HandClock;
use crate::vicidial::{Client, Settings};
use crate::{Credential, Tuning};

fn made(settings: Settings, password: &str, api: Option<&str>) -> Result<Client, String> {
    let secret = |text: &str| SecretString::from(text.to_owned());
    let credential =
        Credential::Password { password: secret(password), api_password: api.map(secret) };
    let clock = HandClock::at("2026-03-31T12:00:00Z");
    Client::new(settings, credential, Tuning::default(), clock, &Budgets::new())
        .map_err(|error| error.to_string())
}

fn settings() -> Settings {
    Settings::new("db.example.com", "everycall", "UTC0")
}

fn check(change: impl FnOnce(&mut Settings), says: &str) {
    let mut settings = settings();
    change(&mut settings);
    let error = made(settings, "secret", None).err().unwrap();
    assert!(error.contains(says), "{error}");
}

#[test]
fn impossible_values_are_refused_by_name() {
    check(|it| it.connections = 0, "`connections`");
    check(|it| it.slice_rows_max = 0, "`slice_rows_max`");
    check(|it| it.window_days_max = 0, "`window_days_max`");
    check(|it| it.host = " ".to_owned(), "`host`");
    check(|it| it.timezone = "Mars/Olympus".to_owned(), "`timezone`");
    check(|it| it.api_user = Some("everycall".to_owned()), "`api_url`");
    check(|it| it.api_url = Some("dialer".to_owned()), "`api_url`");
}

#[test]
fn the_password_every_installation_has_is_refused() {
    let cron = || Settings { user: "cron".to_owned(), ..settings() };
    assert!(made(cron(), "1234", None).err().unwrap().contains("SELECT"));
    assert!(made(cron(), "another", None).is_ok());
}

#[test]
fn a_user_of_the_api_needs_a_password() {
    let url = Some("https://dialer.example.com/vicidial/non_agent_api.php".to_owned());
    let with = || Settings { api_url: url.clone(), api_user: Some("api".to_owned()), ..settings() };
    assert!(made(with(), "secret", None).err().unwrap().contains("api_password_env"));
    assert!(made(with(), "secret", Some("other")).is_ok());
}

#[test]
fn a_token_is_no_password() {
    let credential = Credential::PrivateToken("token".into());
    let clock = HandClock::at("2026-03-31T12:00:00Z");
    let made = Client::new(settings(), credential, Tuning::default(), clock, &Budgets::new());
    assert!(made.err().unwrap().to_string().contains("password_env"));
}

#[test]
fn a_cluster_stays_the_same_source_on_another_host() {
    assert_eq!(settings().scope(), "db.example.com");
    let named = Settings { cluster: Some("east".to_owned()), ..settings() };
    assert_eq!(named.scope(), "east");
}

#[test]
fn unknown_keys_are_refused() {
    let read = |more: &str| {
        let text = format!("host = 'h'\nuser = 'u'\ntimezone = 'UTC0'\n{more}");
        toml::from_str::<Settings>(&text)
    };
    assert!(read("").is_ok());
    assert!(read("campaigns = []").is_err());
}

#[test]
fn margins_and_lags_are_as_documented() {
    let able = settings().capabilities();
    assert_eq!(able.window_max, Duration::from_hours(7 * 24));
    assert_eq!(able.lag, Duration::from_mins(15));
    assert_eq!(able.patience, Duration::from_hours(24));
}
