use std::fs;

use anyhow::{Context, Result};

use super::crates::Map;
use super::database::{self, Page};
use super::named_tests::{GUARANTEES, SCENARIOS, missing};
use super::settings;
use crate::environment::workspace_root;
use crate::metadata::{self, Dependency, Package};

const TABLE: &str = "
Some words.

| crate | lives there | may depend on | only crate allowed to use |
|---|---|---|---|
| `domain` | rules | – | – |
| `store` | all SQL | `domain` | `sqlx` |
| `testkit` | builders | `domain`, `store` | – |
| `everycall` | the binary | all | `clap`, `inquire` |
";

fn read(name: &str) -> Result<String> {
    fs::read_to_string(workspace_root().join(name)).with_context(|| format!("{name} is missing"))
}

/// `store: domain, dev testkit` becomes a package with two dependencies.
fn package(line: &str) -> Package {
    let (name, dependencies) = line.split_once(": ").unwrap_or((line, ""));
    let dependencies = dependencies.split(", ").filter(|word| !word.is_empty());
    Package {
        name: name.to_owned(),
        version: "0.1.0".to_owned(),
        license: None,
        source: None,
        dependencies: dependencies
            .map(|word| match word.strip_prefix("dev ") {
                Some(name) => Dependency { name: name.to_owned(), kind: Some("dev".to_owned()) },
                None => Dependency { name: word.to_owned(), kind: None },
            })
            .collect(),
    }
}

fn check(lines: &[&str], said: &[&str]) -> Result<()> {
    let packages: Vec<Package> = lines.iter().map(|line| package(line)).collect();
    let packages: Vec<&Package> = packages.iter().collect();
    assert_eq!(Map::parse(TABLE)?.differences(&packages), said);
    Ok(())
}

#[test]
fn crates_that_keep_to_the_table_pass() -> Result<()> {
    check(
        &[
            "domain: serde",
            "store: domain, sqlx",
            "testkit: domain, store",
            "everycall: domain, store, clap",
        ],
        &[],
    )
}

#[test]
fn an_arrow_that_points_back_is_found() -> Result<()> {
    check(
        &["domain: store", "store", "testkit", "everycall"],
        &["`domain` may not depend on `store`"],
    )
}

#[test]
fn only_for_tests_every_crate_may_use_the_testkit() -> Result<()> {
    check(&["domain: dev testkit", "store", "testkit", "everycall"], &[])?;
    check(
        &["domain: testkit", "store", "testkit", "everycall"],
        &["`domain` may not depend on `testkit`"],
    )
}

#[test]
fn a_reserved_crate_is_not_used_elsewhere_even_for_tests() -> Result<()> {
    check(
        &["domain: inquire", "store: reqwest", "testkit: sqlx", "everycall: dev sqlx"],
        &[
            "`domain` may not depend on `inquire`",
            "`store` may not depend on `reqwest`",
            "`everycall` may not depend on `sqlx`",
        ],
    )
}

#[test]
fn table_and_workspace_hold_the_same_crates() -> Result<()> {
    check(
        &["domain", "store", "testkit", "voice"],
        &[
            "the table has `everycall`, the workspace does not",
            "the workspace has `voice`, the table does not",
        ],
    )
}

fn check_refused(row: &str, said: &str) {
    let text = format!("{TABLE}{row}\n");
    let refused = Map::parse(&text).err().map(|error| error.to_string());
    assert_eq!(refused.as_deref(), Some(said));
}

#[test]
fn a_table_we_cannot_read_is_refused() {
    check_refused(
        "| `web` | pages | some | – |",
        "`some` should be `all`, `–` or names in backticks",
    );
    check_refused("| web | pages | – | – |", "`web` should hold one name in backticks");
    check_refused("| `store` | more | – | – |", "`store` has two rows");
    check_refused("| `web` | pages | – | `sqlx` |", "the table gives `sqlx` to `web`");
}

#[test]
fn a_document_without_the_table_is_refused() {
    assert!(Map::parse("| crate | may depend on |\n|---|---|\n| `a` | – |").is_err());
}

/// A repository with one crate, one test and one file outside.
fn check_named(test: &str, said: &[&str]) -> Result<()> {
    let root = tempfile::tempdir()?;
    let source = root.path().join("crates/domain/src/coverage");
    fs::create_dir_all(&source)?;
    fs::write(source.join("tests.rs"), "#[test]\nfn a_hole_is_one_gap() {}\n")?;
    fs::create_dir_all(root.path().join("e2e"))?;
    fs::write(root.path().join("e2e/first-run.mjs"), "")?;
    let document = format!("| promise | test |\n|---|---|\n| nothing is lost | {test} |\n");
    assert_eq!(missing(&document, &GUARANTEES, root.path())?, said);
    Ok(())
}

#[test]
fn a_named_test_or_file_that_exists_passes() -> Result<()> {
    check_named("`domain::coverage::a_hole_is_one_gap`", &[])?;
    check_named("`domain::a_hole_is_one_gap`, `e2e/first-run.mjs`", &[])
}

#[test]
fn a_named_test_that_does_not_exist_is_found() -> Result<()> {
    for name in ["domain::a_hole", "store::a_hole_is_one_gap", "e2e/gone.mjs"] {
        let said = format!("`nothing is lost` names `{name}`, which does not exist");
        check_named(&format!("`{name}`"), &[&said])?;
    }
    Ok(())
}

#[test]
fn a_promise_without_a_test_is_found() -> Result<()> {
    check_named("–", &["`nothing is lost` names no test in backticks"])
}

#[test]
fn an_id_given_twice_is_found() -> Result<()> {
    let root = tempfile::tempdir()?;
    fs::write(root.path().join("Cargo.toml"), "")?;
    let row = "| L1 | a page is cut | `./Cargo.toml` |\n";
    let text = format!("| id | how it happens | test |\n|---|---|---|\n{row}{row}");
    assert_eq!(missing(&text, &SCENARIOS, root.path())?, ["two rows for `L1`"]);
    Ok(())
}

/// The page as far as two features go: what is needed is listed, of the others it is said.
fn check_database(row: &str, nothing: &str, sql: &str, said: &[&str]) -> Result<()> {
    let text = read("docs/operating.md")?;
    let text = text.replace("`SELECT … FOR SHARE`", row).replace("`SKIP LOCKED`", nothing);
    let used = database::statements(workspace_root())?.replace("FOR SHARE", sql);
    assert_eq!(Page::parse(&text)?.differences(&used), said);
    Ok(())
}

#[test]
fn what_a_database_must_have_and_the_page_lacks_is_found() -> Result<()> {
    check_database("FOR SHARE", "SKIP LOCKED", "FOR SHARE", &[])?;
    check_database(
        "a lock",
        "SKIP LOCKED",
        "FOR SHARE",
        &["`FOR SHARE` is used, and no row has it"],
    )
}

#[test]
fn what_a_database_need_not_have_is_found_when_it_is_used_or_missing_from_the_page() -> Result<()> {
    check_database(
        "FOR SHARE",
        "SKIP LOCKED",
        "FOR SHARE SKIP LOCKED",
        &[
            "`SKIP LOCKED` is used, and no row has it",
            "`SKIP LOCKED` is used, and is said not to be",
        ],
    )?;
    check_database(
        "FOR SHARE",
        "–",
        "FOR SHARE",
        &["`SKIP LOCKED` is not used, which is not said"],
    )?;
    check_database(
        "FOR SHARE",
        "SKIP LOCKED",
        "",
        &["a row has `FOR SHARE`, which is not used", "`FOR SHARE` is not used, which is not said"],
    )
}

/// A provider with two keys and this page.
fn check_page(page: &str, said: &[&str]) -> Result<()> {
    let root = tempfile::tempdir()?;
    let source = root.path().join("crates/providers/src/acme");
    fs::create_dir_all(&source)?;
    fs::create_dir_all(root.path().join("docs/providers"))?;
    let keys = "    pub host: String,\n    pub requests_per_10s: u32,\n";
    fs::write(source.join("settings.rs"), format!("pub struct Settings {{\n{keys}}}\n"))?;
    fs::write(root.path().join("docs/providers/acme.md"), page)?;
    assert_eq!(settings::missing(root.path())?, said);
    Ok(())
}

#[test]
fn a_key_that_its_providers_page_does_not_name_is_found() -> Result<()> {
    check_page("| `host`, `requests_per_10s` | – |", &[])?;
    check_page(
        "The `host`, and requests_per_10s.",
        &["docs/providers/acme.md does not name `requests_per_10s`"],
    )
}

#[test]
fn the_crates_are_as_architecture_md_says() -> Result<()> {
    let map = Map::parse(&read("ARCHITECTURE.md")?)?;
    let metadata = metadata::read()?;
    let ours: Vec<&Package> = metadata.ours().collect();
    assert_eq!(map.differences(&ours), [""; 0]);
    Ok(())
}

#[test]
fn every_guarantee_names_a_test_that_exists() -> Result<()> {
    let text = read("docs/guarantees.md")?;
    assert_eq!(missing(&text, &GUARANTEES, workspace_root())?, [""; 0]);
    Ok(())
}

#[test]
fn every_scenario_names_a_test_that_exists() -> Result<()> {
    let text = read("docs/scenarios.md")?;
    assert_eq!(missing(&text, &SCENARIOS, workspace_root())?, [""; 0]);
    Ok(())
}

#[test]
fn what_a_database_must_have_is_what_store_uses() -> Result<()> {
    let page = Page::parse(&read("docs/operating.md")?)?;
    assert_eq!(page.differences(&database::statements(workspace_root())?), [""; 0]);
    Ok(())
}

#[test]
fn every_key_of_a_provider_stands_on_its_page() -> Result<()> {
    assert_eq!(settings::missing(workspace_root())?, [""; 0]);
    Ok(())
}
