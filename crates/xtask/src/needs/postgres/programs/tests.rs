use std::fs;

use anyhow::Result;

use super::debian_folders;

#[test]
fn the_newest_version_comes_first_by_number() -> Result<()> {
    let base = tempfile::tempdir()?;
    for version in ["9", "15", "16", "not-a-version"] {
        fs::create_dir_all(base.path().join(version).join("bin"))?;
    }
    let found: Vec<_> = debian_folders(base.path()).collect();
    let expected = ["16", "15", "9"].map(|version| base.path().join(version).join("bin"));
    assert_eq!(found, expected);
    Ok(())
}

#[test]
fn a_machine_without_postgresql_has_no_folders() -> Result<()> {
    let base = tempfile::tempdir()?;
    assert_eq!(debian_folders(&base.path().join("absent")).count(), 0);
    Ok(())
}
