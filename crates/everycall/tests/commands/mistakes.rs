//! What a person may get wrong before anything is sent.

use crate::site::{Simulator, Site};

/// A site whose provider is never asked.
fn configured(more: &str) -> Site {
    let site = Site::empty();
    let source = "[[sources]]\nname = \"main\"\nprovider = \"highlevel_voice_ai\"\n\
        base_url = \"http://127.0.0.1:9\"\nlocation_id = \"abc\"\nsince = \"2025-10-03\"\n";
    site.write("everycall.toml", &format!("{source}{more}\n"));
    site
}

fn check(arguments: &[&str], sentence: &str, hint: &str) {
    let site = configured("token_file = \"token\"");
    site.write("token", "pit-1");
    site.check_refused(arguments, 2, sentence, hint);
    assert!(!site.path("everycall.db").exists(), "nothing was begun");
}

#[test]
fn in_the_wrong_folder_nothing_is_begun() {
    let commands: [&[&str]; 6] = [
        &["sync"],
        &["status"],
        &["work"],
        &["user", "add", "olga", "--operator"],
        &["serve", "--only-dashboard", "--listen", "127.0.0.1:0"],
        &["statement", "key"],
    ];
    for command in commands {
        let site = Site::empty();
        let database = site.path("").canonicalize().unwrap().join("everycall.db");
        let nothing = format!(
            "there is no configuration at everycall.toml, and no database at {}",
            database.display()
        );
        site.check_refused(command, 2, &nothing, "everycall init");
        assert_eq!(std::fs::read_dir(site.path("")).unwrap().count(), 0, "{command:?}");
    }
}

#[test]
fn a_configuration_that_was_named_must_be_there() {
    let nothing = "there is no configuration at other.toml";
    for command in ["serve", "status", "work"] {
        let site = Site::empty();
        site.check_refused(&["--config", "other.toml", command], 2, nothing, "--config");
        // Neither does a database beside it help, nor one that the environment names.
        site.write("everycall.db", "");
        let named = [
            ("EVERYCALL_CONFIG", "other.toml"),
            ("EVERYCALL_DATABASE_URL", "sqlite://everycall.db"),
        ];
        let said = site.run_with(&[command], &named);
        assert_eq!(said.code, Some(2), "{said:?}");
        assert!(said.stderr.starts_with(&format!("error: {nothing}\n")), "{said:?}");
    }
}

#[test]
fn a_configuration_that_leads_nowhere_is_no_reason_to_begin_anew() {
    let site = Site::empty();
    std::os::unix::fs::symlink("/nowhere/everycall.toml", site.path("everycall.toml")).unwrap();
    let nothing = "there is no configuration at everycall.toml";
    site.check_refused(&["serve", "--listen", "127.0.0.1:0"], 2, nothing, "--config");
    assert!(!site.path("everycall.db").exists());
}

#[test]
fn a_span_that_cannot_be_meant_is_refused() {
    check(&["sync", "--from", "2026-01-01"], "--from is given without --to", "Add --to");
    check(&["sync", "--to", "2026-01-01"], "--to is given without --from", "Add --from");
    check(
        &["sync", "--from", "2026-01-02", "--to", "2026-01-01"],
        "--from 2026-01-02T00:00:00Z does not lie before --to 2026-01-01T00:00:00Z",
        "Swap",
    );
    check(
        &["sync", "--now", "2026-01-01", "--from", "2025-12-01", "--to", "2099-01-01"],
        "--to 2099-01-01T00:00:00Z is in the future; it is 2026-01-01T00:00:00Z",
        "to read up to now",
    );
    check(&["sync", "mian"], "there is no source `mian`", "`main`");
}

#[test]
fn a_day_that_is_none_is_a_mistake_of_usage() {
    let said = configured("").run(&["sync", "--from", "yesterday", "--to", "today"]);
    assert_eq!(said.code, Some(2));
    assert!(said.stderr.contains("`yesterday` is not an instant"), "{said:?}");
}

#[test]
fn a_token_that_is_not_there_is_told_before_anything_is_sent() {
    configured("token_env = \"TEST_TOKEN\"").check_refused(
        &["sync"],
        2,
        "the environment variable TEST_TOKEN, which source `main` needs, is not set",
        "export TEST_TOKEN=",
    );
    let site = configured("token_file = \"token\"");
    site.check_refused(
        &["sync"],
        2,
        "the file token, which source `main` needs, is not there",
        "correct the path",
    );
    site.write("token", "\n");
    site.check_refused(
        &["sync"],
        2,
        "the file token, which source `main` needs, is empty",
        "Put the token into it",
    );
}

#[test]
fn a_configuration_with_a_mistake_is_refused() {
    configured("pagesize = 5\ntoken_file = \"token\"").check_refused(
        &["sync"],
        2,
        "source `main`: there is no setting `pagesize`",
        "`page_size`",
    );
    configured("token = \"pit-1\"").check_refused(
        &["sync"],
        2,
        "source `main` has its `token` in the configuration, where secrets do not belong",
        "token_env",
    );
}

/// What adds a source whose provider is never asked.
const ADD: [&str; 9] = [
    "sources",
    "add",
    "more",
    "--provider",
    "elevenlabs",
    "--since",
    "2026-01-01",
    "--secret-env",
    "ELEVENLABS_KEY",
];

#[test]
fn a_configuration_that_cannot_be_read_is_not_taken_for_an_empty_one() {
    let site = configured("token_file = \"token\"");
    let mut bytes = b"# Caf\xfc\n".to_vec();
    bytes.extend(site.read("everycall.toml").into_bytes());
    std::fs::write(site.path("everycall.toml"), &bytes).unwrap();
    let sentence = "the configuration everycall.toml is not written in UTF-8";
    site.check_refused(&ADD, 2, sentence, "Save it as UTF-8");
    assert_eq!(std::fs::read(site.path("everycall.toml")).unwrap(), bytes);

    let site = Site::empty();
    std::os::unix::fs::symlink("/nowhere/everycall.toml", site.path("everycall.toml")).unwrap();
    site.check_refused(&ADD, 2, "there is no configuration at everycall.toml", "--config");
    assert!(site.path("everycall.toml").is_symlink());
}

#[test]
fn what_is_not_there_is_named() {
    let simulator = Simulator::start(20);
    let site = Site::of(&simulator);
    assert_eq!(site.sync(&[]).code, Some(0));
    let cases: [(&[&str], &str); 5] = [
        (&["runs", "show", "99"], "there is no run 99"),
        (&["calls", "show", "main", "nobody"], "source `main` has no call `nobody`"),
        (&["calls", "--source", "main", "--after", "nobody"], "there is no call `nobody`"),
        (&["assign", "Nobody", "--account", "A"], "there is no account “A”"),
        (&["assign", "Front Dsk – ENG", "--account", "B"], "there is no agent “Front Dsk – ENG”"),
    ];
    assert_eq!(site.run(&["accounts", "add", "B"]).code, Some(0));
    for (arguments, sentence) in cases {
        site.check_refused(arguments, 1, sentence, "");
    }
}
