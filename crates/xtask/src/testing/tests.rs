use super::cargo_test_runs;

fn check(extra: &str, expected: &[&str]) {
    let extra: Vec<String> = extra.split_whitespace().map(str::to_owned).collect();
    let runs: Vec<String> = cargo_test_runs(&extra).iter().map(|words| words.join(" ")).collect();
    assert_eq!(runs, expected);
}

#[test]
fn without_arguments_everything_runs() {
    check("", &["test --workspace --all-targets", "test --workspace --doc"]);
}

#[test]
fn a_filter_searches_the_whole_workspace() {
    check("a_late_call -- --nocapture", &["test --workspace a_late_call -- --nocapture"]);
}

#[test]
fn a_named_package_is_tested_alone() {
    check("-p store", &["test -p store"]);
    check("--package=store x", &["test --package=store x"]);
}

#[test]
fn what_follows_the_dashes_names_no_package() {
    check("-- -pretty", &["test --workspace -- -pretty"]);
}
