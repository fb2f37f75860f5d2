//! Tokens on the command line: given out, listed and taken back.

use crate::site::Site;

/// A site that reads nothing yet.
fn site() -> Site {
    let site = Site::empty();
    site.write("everycall.toml", "");
    site
}

#[test]
fn a_token_is_shown_once_and_listed_without_its_secret() {
    let site = site();
    site.run(&["accounts", "add", "Maple"]);
    let said =
        site.run(&["token", "add", "crm", "--account", "Maple", "--expires", "30", "--json"]);
    let given = &said.json()[0];
    let secret = given["token"].as_str().unwrap();
    assert!(secret.starts_with("evc_") && secret.len() == 47, "{given}");
    assert_eq!((&given["role"], &given["account"]), (&"member".into(), &"Maple".into()));
    assert_eq!((&given["mayWrite"], &given["state"]), (&false.into(), &"holds".into()));
    let operator = site.run(&["token", "add", "ops", "--write"]);
    assert!(operator.stdout.contains("for an operator, to read and write."), "{operator:?}");
    let shown = operator.stdout.lines().find(|line| line.contains("evc_")).unwrap().trim();

    let listed = site.run(&["token", "list", "--json"]);
    for secret in [secret, shown] {
        assert!(!listed.stdout.contains(secret), "{listed:?}");
        assert!(!is_kept(&site, secret), "{secret}");
    }
    assert!(is_kept(&site, "an operator, to read and write"), "the history is");
    let names: Vec<_> = listed.json().iter().map(|row| row["name"].clone()).collect();
    assert_eq!(names, ["crm", "ops"]);
    let table = site.run(&["token", "list"]).stdout;
    assert!(table.contains("holds until ") && table.contains("never"), "{table}");
    let history = site.run(&["accounts", "show", "Maple"]).stdout;
    assert!(history.contains("gave out the token crm for Maple, to read"), "{history}");
}

/// Whether a text stands in any file of the site, the database's among them.
fn is_kept(site: &Site, text: &str) -> bool {
    let files: Vec<_> = std::fs::read_dir(site.path("")).unwrap().collect();
    assert!(files.len() > 1, "there is a database");
    files.into_iter().any(|file| {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        bytes.windows(text.len()).any(|part| part == text.as_bytes())
    })
}

#[test]
fn a_token_is_revoked_once_and_its_name_is_never_used_again() {
    let site = site();
    site.run(&["token", "add", "ops"]);
    let revoked = site.run(&["token", "revoke", "ops"]);
    assert_eq!(revoked.stdout, "Revoked ops; its next request is refused.\n");
    let again = site.run(&["token", "revoke", "ops", "--json"]).json();
    assert_eq!((&again[0]["changed"], &again[0]["state"]), (&false.into(), &"revoked".into()));
    let taken = "there is a token “ops”, or there was one, and a name is never used again";
    site.check_refused(&["token", "add", "ops"], 1, taken, "another name");
    site.check_refused(&["token", "revoke", "none"], 1, "there is no token “none”", "token list");
    site.check_refused(
        &["token", "add", " "],
        2,
        "a token needs a name of at most 100 letters on one line",
        "crm-import",
    );
    let absent = ["token", "add", "x", "--account", "Maple"];
    site.check_refused(&absent, 1, "there is no account “Maple”", "accounts add Maple");
}
