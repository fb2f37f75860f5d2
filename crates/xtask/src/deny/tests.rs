use anyhow::Result;

use super::broken;
use super::rules::Rules;
use crate::metadata::Package;

const RULES: &str = r#"
[licenses]
allow = ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "Unicode-3.0"]
[bans]
deny = [{ crate = "openssl", reason = "needs OpenSSL" }]
[sources]
allow-registry = ["https://github.com/rust-lang/crates.io-index"]
"#;

fn package(name: &str, license: Option<&str>, source: Option<&str>) -> Package {
    Package {
        name: name.to_owned(),
        version: "1.0.0".to_owned(),
        license: license.map(str::to_owned),
        source: source.map(str::to_owned),
        dependencies: Vec::new(),
    }
}

fn check_licence(licence: &str, allowed: bool) -> Result<()> {
    let broken = broken(&Rules::parse(RULES)?, &[package("sample", Some(licence), None)]);
    assert_eq!(broken.is_empty(), allowed, "{licence}: {broken:?}");
    Ok(())
}

fn check_package(package: Package, said: &[&str]) -> Result<()> {
    assert_eq!(broken(&Rules::parse(RULES)?, &[package]), said);
    Ok(())
}

#[test]
fn one_allowed_choice_is_enough() -> Result<()> {
    check_licence("MIT OR GPL-3.0-only", true)?;
    check_licence("GPL-3.0-only OR LGPL-2.1-or-later", false)
}

#[test]
fn all_of_several_must_be_allowed() -> Result<()> {
    check_licence("MIT AND Unicode-3.0", true)?;
    check_licence("MIT AND OpenSSL", false)
}

#[test]
fn and_binds_closer_than_or_unless_there_are_brackets() -> Result<()> {
    check_licence("MIT OR GPL-3.0-only AND OpenSSL", true)?;
    check_licence("(MIT OR GPL-3.0-only) AND OpenSSL", false)?;
    check_licence("(MIT OR GPL-3.0-only) AND Unicode-3.0", true)
}

#[test]
fn an_exception_is_allowed_by_name_only() -> Result<()> {
    check_licence("Apache-2.0 WITH LLVM-exception", true)?;
    check_licence("MIT WITH Classpath-exception-2.0", false)
}

#[test]
fn the_old_slash_means_or() -> Result<()> {
    check_licence("MIT/GPL-3.0", true)?;
    check_licence("GPL-2.0/GPL-3.0", false)
}

#[test]
fn a_licence_nobody_knows_is_refused() -> Result<()> {
    let package = package("sample", Some("Beerware-like"), None);
    check_package(package, &["sample 1.0.0 is under `Beerware-like`, which is no SPDX licence"])
}

#[test]
fn a_crate_without_a_licence_is_refused() -> Result<()> {
    check_package(package("sample", None, None), &["sample 1.0.0 names no licence"])
}

#[test]
fn a_banned_crate_is_refused_with_its_reason() -> Result<()> {
    check_package(
        package("openssl", Some("MIT"), None),
        &["openssl 1.0.0 is banned: needs OpenSSL; `cargo tree -i openssl` shows who asks for it"],
    )
}

#[test]
fn crates_io_is_the_only_source() -> Result<()> {
    let index = "registry+https://github.com/rust-lang/crates.io-index";
    check_package(package("sample", Some("MIT"), Some(index)), &[])?;
    check_package(
        package("sample", Some("MIT"), Some("git+https://example.com/sample#1")),
        &[
            "sample 1.0.0 comes from git+https://example.com/sample#1, which deny.toml does not allow",
        ],
    )
}

#[test]
fn the_rules_of_this_repository_can_be_read() -> Result<()> {
    Rules::parse(include_str!("../../../../deny.toml"))?;
    Ok(())
}
