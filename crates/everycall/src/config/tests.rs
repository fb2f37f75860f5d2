use std::path::Path;

use providers::{ProviderSettings, highlevel_voice_ai};

use super::*;

/// A source with nothing wrong, without its credential.
const SOURCE: &str = r#"
[[sources]]
name = "main"
provider = "highlevel_voice_ai"
location_id = "abc"
since = "2026-01-01"
"#;

fn read(text: &str) -> Result<Config, Mistake> {
    Config::read(Path::new("everycall.toml"), text)
}

/// What a text is refused with, and what then helps.
fn check(text: &str, sentence: &str, hint: &str) {
    let mistake = read(text).expect_err("the text is wrong");
    assert_eq!(mistake.sentence, sentence);
    assert!(mistake.hint.contains(hint), "{}", mistake.hint);
}

fn check_source(more: &str, sentence: &str, hint: &str) {
    check(&format!("{SOURCE}{more}"), sentence, hint);
}

#[test]
fn the_manual_shows_every_setting_with_its_default() {
    let shown: Vec<&str> = DEFAULT
        .lines()
        .map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).unwrap_or(line))
        .collect();
    let shown = shown.join("\n");
    let config = read(&shown.replace(r#"location_id = """#, r#"location_id = "abc""#));
    let mut config = config.expect("the manual is a configuration");
    let source = config.sources.pop().expect("the manual has a source");
    assert_eq!(config, Config::default());

    let mut usual = highlevel_voice_ai::Settings::new("abc");
    // These two defaults are not numbers in the settings, so that the provider's page keeps them.
    (usual.requests_per_10s, usual.requests_per_day) = (Some(90), Some(190_000));
    assert_eq!(source.provider, ProviderSettings::HighlevelVoiceAi(usual));
    assert_eq!(source.tuning, providers::Tuning::default());
    assert_eq!(source.country, domain::Country::US);
    for key in ["concurrency", "unlimited", "country", "key_file", "lease_seconds", "lag_minutes"] {
        assert!(shown.contains(&format!("\n{key} = ")), "{key} is not in the manual");
    }
}

#[test]
fn the_smallest_configuration_is_enough() {
    let config = read(&format!("{SOURCE}token_env = \"TOKEN\"")).expect("it is right");
    assert_eq!(config.sources[0].provider.scope(), "abc");
    assert_eq!(config.sources[0].since.to_string(), "2026-01-01T00:00:00Z");
}

#[test]
fn an_unknown_key_is_named_with_what_was_meant() {
    check_source(
        "tokn_env = \"A\"",
        "source `main`: there is no setting `tokn_env`",
        "`token_env`",
    );
    check_source("pagesize = 5", "source `main`: there is no setting `pagesize`", "`page_size`");
    check("[databse]", "everycall.toml, line 1: there is no setting `databse`", "`database`");
    check(
        "\n[sync]\nwindows = 1",
        "everycall.toml, line 3: there is no setting `windows`",
        "windows_beside",
    );
}

#[test]
fn a_wrong_type_names_its_key() {
    check_source(
        "page_size = \"many\"\ntoken_env = \"A\"",
        "source `main`, `page_size`: invalid type: string \"many\", expected u32",
        "`page_size`",
    );
    check_source(
        "country = \"Utopia\"\ntoken_env = \"A\"",
        "source `main`, `country`: `Utopia` is not a country code such as US",
        "`country`",
    );
}

#[test]
fn text_that_is_no_toml_names_its_line() {
    let mistake = read("[database]\nurl =").expect_err("the text is wrong");
    assert!(mistake.sentence.starts_with("everycall.toml, line 2: "), "{}", mistake.sentence);
}

#[test]
fn a_source_needs_its_name_place_start_and_provider() {
    let without = |key: &str| -> String {
        let lines = SOURCE.lines().filter(|line| !line.starts_with(key));
        lines.chain(["token_env = \"A\""]).collect::<Vec<&str>>().join("\n")
    };
    check(&without("name"), "source `#1` has no `name`", "name = …");
    check(&without("since"), "source `main` has no `since`", "since = …");
    check(&without("location_id"), "source `main` has no `location_id`", "location_id = …");
    let other = SOURCE.replace("highlevel_voice_ai", "highlevel-voice");
    check(&other, "source `main`: there is no provider `highlevel-voice`", "highlevel_voice_ai");
    let empty = format!("{}token_env = \"A\"", SOURCE.replace("\"abc\"", "\"\""));
    check(&empty, "source `main`: `location_id` is empty", "Id of the sub-account");
}

#[test]
fn a_door_is_opened_in_exactly_one_way() {
    check_source("", "source `main` has no `token_env` and no `token_file`", "token_file");
    check_source(
        "token_env = \"A\"\ntoken_file = \"b\"",
        "source `main` has both `token_env` and `token_file`",
        "one of the two",
    );
    check_source(
        "token_env = \"A\"\n[sources.oauth]\nclient_id = \"c\"",
        "source `main` has both a token and [sources.oauth]",
        "Keep one",
    );
    check_source(
        "[sources.oauth]\nclient_id = \"c\"\nclient_secret_env = \"A\"",
        "source `main` has no `refresh_token_env` and no `refresh_token_file`",
        "refresh_token_file",
    );
}

#[test]
fn a_secret_in_the_configuration_is_refused_and_not_repeated() {
    let sentence =
        "source `main` has its `token` in the configuration, where secrets do not belong";
    check_source("token = \"pit-1\"", sentence, "token_env");
    let mistake = read(&format!("{SOURCE}token_env = \"pit-1\"")).expect_err("no name");
    assert!(!format!("{mistake:?}").contains("pit-1"));
}

#[test]
fn names_are_given_once() {
    let one = format!("{SOURCE}token_env = \"A\"\n");
    check(&format!("{one}{one}"), "two sources are called `main`", "name of its own");
}

#[test]
fn a_number_that_could_never_work_is_refused() {
    check("[sync]\nlease_seconds = 1", "[sync] lease_seconds = 1 is too little", "at least 5");
    check(
        "[sync]\nlease_seconds = 3601",
        "[sync] lease_seconds = 3601 is too much",
        "at most 3600",
    );
    check_source(
        "concurrency = 0\ntoken_env = \"A\"",
        "source `main`: `concurrency` is 0",
        "at least 1",
    );
}

#[test]
fn a_source_is_chosen_by_name() {
    let config = read(&format!("{SOURCE}token_env = \"A\"")).expect("it is right");
    assert_eq!(config.chosen(None).map(|chosen| chosen.len()), Ok(1));
    let mistake = config.chosen(Some("mian")).expect_err("no such source");
    assert_eq!(mistake.hint, "Did you mean `main`?");
    let mistake = Config::default().chosen(None).expect_err("no source");
    assert_eq!(mistake.sentence, "no source is configured");
}

#[test]
fn secrets_are_read_from_files_beside_the_configuration() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let secret = Secret::File("token".into());
    let read = || secret.read(folder.path(), "main").map_err(|mistake| mistake.sentence);
    let place = folder.path().join("token");
    let said = |what: &str| Some(format!("the file {}{what}", place.display()));

    assert_eq!(read().err(), said(", which source `main` needs, is not there"));
    std::fs::write(&place, " \n")?;
    assert_eq!(read().err(), said(", which source `main` needs, is empty"));
    std::fs::write(&place, "one two")?;
    assert_eq!(read().err(), said(", which source `main` needs, holds more than a token"));
    std::fs::write(&place, "Bearer pit-1\n")?;
    assert!(read().is_ok());
    Ok(())
}

#[test]
fn a_configuration_that_is_not_there_is_told_as_such() {
    let mistake = Config::load(Path::new("/nowhere/everycall.toml")).expect_err("nothing there");
    assert_eq!(mistake.sentence, "there is no configuration at /nowhere/everycall.toml");
    assert!(mistake.hint.contains("everycall init"));
}

#[test]
fn times_of_the_day_are_read_in_the_zone_of_the_schedule() {
    let more = "cron = \"0 6 * * mon-fri\"\ntoken_env = \"TOKEN\"\n";
    let zone = "[schedule]\ntime_zone = \"Europe/Berlin\"\n";
    let config = read(&format!("{SOURCE}{more}{zone}")).expect("it is right");
    let rhythm = config.sources[0].rhythm.as_ref().expect("it has times of its own");
    assert_eq!(rhythm.to_string(), "at `0 6 * * mon-fri` Europe/Berlin");
    check_source(
        "cron = \"0 26 * * *\"",
        "source `main`: cron = `0 26 * * *` names no times: its hour `26` is wrong: value must be in range 0..=23; found 26",
        "minute, hour, day of month",
    );
    check_source(
        "cron = \"0 6 * * *\"\nevery_minutes = 5",
        "source `main` has both `every_minutes` and `cron`",
        "Keep the one",
    );
    check(
        "[schedule]\ncron = \"0 6 * *\"",
        "[schedule] cron = `0 6 * *` names no times: it has 4 fields instead of five: minute, hour, day of month, month, day of week",
        "\"0 6 * * mon-fri\"",
    );
    check(
        "[schedule]\ntime_zone = \"Mars/Olympus\"",
        "[schedule] time_zone = `Mars/Olympus` is no time zone",
        "Europe/Berlin",
    );
}

#[test]
fn names_of_hosts_are_bare_and_a_certificate_has_a_key() {
    let config = read("[web]\nhosts = [\"calls.example.com\", \"192.0.2.1\", \"[2001:db8::1]\"]");
    let place = config.expect("it is right").web.place();
    assert_eq!((place.hosts.len(), place.is_tls, place.has_trusted_proxy), (3, false, false));
    for host in ["https://calls.example.com", "calls.example.com:8080", "*.example.com", "", "a/b"]
    {
        check(
            &format!("[web]\nhosts = [\"{host}\"]"),
            &format!("`{host}` in [web] hosts is no name of a host"),
            "without scheme",
        );
    }
    for one in ["certificate", "key"] {
        let text = format!("[web]\n{one} = \"x.pem\"");
        check(&text, "[web] has one of certificate and key", "both files");
    }
    let config = read("[web]\ncertificate = \"no.pem\"\nkey = \"no.key\"").expect("it is right");
    assert!(config.web.place().is_tls);
    let refused = config.web.tls(Path::new("/nowhere")).err().expect("there are no such files");
    assert!(refused.sentence.contains("/nowhere/no.pem"), "{}", refused.sentence);
}

/// An identity provider with nothing wrong.
const SINGLE: &str = r#"
[web]
hosts = ["calls.example.com"]
[web.openid_connect]
issuer = "https://login.example.com/realms/main"
client_id = "everycall"
client_secret_file = "secret"
public_url = "https://calls.example.com"
"#;

#[test]
fn an_identity_provider_needs_its_issuer_our_names_there_and_our_own_address() {
    let config = read(SINGLE).expect("it is right");
    let by = config.web.openid_connect.expect("there is one");
    assert_eq!(
        (by.label.as_str(), &by.scopes[..]),
        ("Sign in with single sign-on", &["email".to_owned()][..])
    );
    let with = |key: &str, value: &str| -> String {
        let lines = SINGLE.lines().filter(|line| !line.starts_with(key));
        lines.map(str::to_owned).chain([value.to_owned()]).collect::<Vec<_>>().join("\n")
    };
    let named = "[web.openid_connect]";
    for (key, value, sentence, hint) in [
        ("issuer", "", "issuer: `` is no address", "openid-configuration"),
        (
            "issuer",
            "issuer = \"login.example.com\"",
            "issuer: `login.example.com` is no address",
            "https://",
        ),
        (
            "issuer",
            "issuer = \"http://login.example.com\"",
            "issuer: `http://login.example.com` is not https, and plain http is only allowed to this machine itself",
            "https://",
        ),
        (
            "issuer",
            "issuer = \"https://login.example.com/?a=b\"",
            "issuer: it has more than a host and a path",
            "https://",
        ),
        ("public_url", "", "public_url: `` is no address", "into their browsers"),
        (
            "public_url",
            "public_url = \"http://calls.example.com\"",
            "public_url: `http://calls.example.com` is not https, and plain http is only allowed to this machine itself",
            "https://",
        ),
        (
            "public_url",
            "public_url = \"https://calls.example.com/here\"",
            "public_url: it has more than a scheme, a host and a port",
            "without a path",
        ),
        (
            "public_url",
            "public_url = \"https://other.example.com\"",
            "public_url names other.example.com, under which the dashboard does not answer",
            "hosts = [\"other.example.com\"]",
        ),
        ("client_id", "", "has no `client_id`", "registered"),
        (
            "client_secret",
            "",
            "has no `client_secret_env` and no `client_secret_file`",
            "NAME_OF_A_VARIABLE",
        ),
    ] {
        check(&with(key, value), &format!("{named} {sentence}"), hint);
    }
    check(
        &with("x", "scopes = [\"email profile\"]"),
        "`email profile` in [web.openid_connect] scopes is no scope",
        "by itself",
    );
    check(
        &with("x", "client_secret = \"hush\""),
        "everycall.toml, line 9: there is no setting `client_secret`",
        "client_secret_",
    );
    for near in
        ["http://127.0.0.1:8080", "http://localhost:8080", "https://CALLS.example.com:8443/"]
    {
        assert!(read(&with("public_url", &format!("public_url = \"{near}\""))).is_ok(), "{near}");
    }
    assert!(read(&with("issuer", "issuer = \"http://127.0.0.1:9000\"")).is_ok());
    for host in ["2001:db8::1", "[2001:db8::1]"] {
        let here = with("public_url", "public_url = \"https://[2001:db8::1]:8443\"");
        let here =
            here.replace("hosts = [\"calls.example.com\"]", &format!("hosts = [\"{host}\"]"));
        assert!(read(&here).is_ok(), "{host}");
    }
}

#[test]
fn the_secret_of_an_identity_provider_is_read_and_never_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = read(SINGLE).expect("it is right");
    let refused = config.web.single_sign_on(folder.path()).expect_err("there is no such file");
    assert!(refused.sentence.contains("is not set, cannot be read or is empty"), "{refused}");
    std::fs::write(folder.path().join("secret"), "hush-hush\n").expect("it is written");
    let single = config.web.single_sign_on(folder.path()).expect("it is there");
    let told = format!("{single:?}");
    assert!(
        told.contains("https://login.example.com/realms/main") && !told.contains("hush"),
        "{told}"
    );
    assert!(
        read("")
            .expect("it is right")
            .web
            .single_sign_on(folder.path())
            .is_ok_and(|none| none.is_none())
    );
}

#[test]
fn mail_that_could_never_be_sent_is_refused() {
    let mail = |more: &str| format!("[mail]\nhost = \"smtp.example.com\"\n{more}");
    let from = "from = \"everycall@example.com\"\n";
    check(
        &mail(""),
        "[mail] sends through smtp.example.com, and from = \"\" is no mail address",
        "from = ",
    );
    check(
        &mail(&format!("{from}encryption = \"none\"")),
        "[mail] encryption = \"none\" would send mail to smtp.example.com in the clear",
        "this machine itself",
    );
    check(
        &mail(&format!("{from}encryption = \"ssl\"")),
        "[mail] encryption = \"ssl\" is not known",
        "starttls",
    );
    let config = read(&mail(from)).expect("it is right");
    let outgoing =
        outgoing(&config.folder, &config.mail, &config.sending).expect("it needs no secret");
    assert_eq!(outgoing.mail.map(|mail| mail.port), Some(587));
}

#[test]
fn what_signs_and_what_opens_the_mail_server_is_in_a_file_or_a_variable() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("secret"), " whisper\n").expect("it is written");
    let told = |text: &str| {
        let config = read(text).expect("it is a configuration");
        outgoing(folder.path(), &config.mail, &config.sending)
    };
    let signs = told("[sending]\nsecret_file = \"secret\"").expect("it is there");
    assert_eq!(signs.secret.as_ref().map(secrecy::ExposeSecret::expose_secret), Some("whisper"));
    assert!(!format!("{signs:?}").contains("whisper"));
    let refused = |text: &str| told(text).expect_err("it cannot be").sentence;
    assert!(refused("[sending]\nsecret_file = \"none\"").contains("cannot be read"));
    assert!(refused("[sending]\nsecret_env = \"sesame open\"").starts_with("the variable that"));
    let half = "[mail]\nhost = \"m.example.com\"\nfrom = \"a@example.com\"\nuser = \"a\"";
    assert_eq!(refused(half), "[mail] has only one of user and password");
}
