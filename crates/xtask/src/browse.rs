//! `cargo xtask browse`: a real browser walks through the dashboard of the demo; `cargo xtask
//! screenshots`: and takes a picture of each page.

use std::fs;
use std::io::{BufRead as _, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;

use crate::needs::apt::Apt;
use crate::needs::mariadb::Mariadb;
use crate::needs::{self, Choice};
use crate::{environment, metadata, run};

const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// What to do there.
#[derive(Args)]
pub struct BrowseArguments {
    /// How many calls the demo's first provider has
    #[arg(long, default_value_t = 400)]
    calls: u32,
}

/// Where to put what is seen there.
#[derive(Args)]
pub struct ScreenshotsArguments {
    #[command(flatten)]
    browse: BrowseArguments,
    /// The folder of the pictures, made where there is none
    #[arg(long, default_value = "target/screenshots")]
    folder: PathBuf,
}

/// Walks; fails where a step does, and where the browser complains of anything.
pub fn browse(arguments: &BrowseArguments) -> Result<()> {
    walk(arguments, None)
}

/// Walks, and takes a picture of each page at a desk and of some on a phone and in the dark.
pub fn screenshots(arguments: &ScreenshotsArguments) -> Result<()> {
    fs::create_dir_all(&arguments.folder)?;
    let folder = arguments.folder.canonicalize()?;
    walk(&arguments.browse, Some(&folder))?;
    println!("The pictures are in {}.", folder.display());
    Ok(())
}

fn walk(arguments: &BrowseArguments, pictures: Option<&Path>) -> Result<()> {
    // One of the demo's providers is a database of its own.
    let mariadb = needs::provide(&Mariadb, Choice::Found)?;
    let chromium = program(&BROWSERS, "chromium")?;
    let node = program(&["node"], "nodejs")?;
    let script = script()?;
    run::run(
        Command::new("cargo")
            .args(["build", "--workspace", "--bins"])
            .current_dir(environment::workspace_root()),
    )?;
    let everycall = metadata::read()?.target_directory.join("debug/everycall");
    let mut demo = Command::new(&everycall);
    demo.args(["demo", "--listen", "127.0.0.1:0", "--calls", &arguments.calls.to_string()]);
    let mut demo = Service::start(demo.envs(mariadb.variables()))?;
    let (address, name, password) = demo.way_in()?;
    println!("The demo is at {address}.");
    let folder = tempfile::tempdir()?;
    let mut new = Command::new(&everycall);
    let mut new =
        Service::start(new.args(["serve", "--listen", "127.0.0.1:0"]).current_dir(&folder))?;
    let (new_address, code) = new.way_to_set_up()?;
    let mut walking = Command::new(node);
    walking.arg("walk.mjs").current_dir(&script);
    walking.env("ADDRESS", address).env("NAME", name).env("PASSWORD", password);
    walking.env("NEW", new_address).env("CODE", code).env("CHROMIUM", chromium);
    if let Some(folder) = pictures {
        walking.env("PICTURES", folder);
    }
    run::run(&mut walking)
}

/// The demo or another service, ended with whoever started it.
struct Service {
    child: Child,
    says: Lines<BufReader<ChildStdout>>,
}

impl Service {
    fn start(command: &mut Command) -> Result<Self> {
        let mut child = command
            .stdout(Stdio::piped())
            .stdin(Stdio::null())
            .spawn()
            .context("the program did not start")?;
        let out = child.stdout.take().context("the program says nothing")?;
        Ok(Self { child, says: BufReader::new(out).lines() })
    }

    /// What it says after these words, which it says before it ends.
    fn after(&mut self, words: &str) -> Result<String> {
        for line in &mut self.says {
            if let Some((_, rest)) = line?.split_once(words) {
                return Ok(rest.trim().to_owned());
            }
        }
        bail!("the program ended before it said \"{words}\"")
    }

    /// Where the demo is, and how to come in: it says so once everything is read.
    fn way_in(&mut self) -> Result<(String, String, String)> {
        let address = self.after("as a page: ")?;
        let address = address.split_whitespace().next().context("it says no address")?;
        let words = self.after("Sign in as ")?;
        let (name, password) = words.split_once(" with ").context("it says no password")?;
        Ok((address.to_owned(), name.to_owned(), password.to_owned()))
    }

    /// Where a service is at which nobody can sign in yet, and the code with which it is set up.
    fn way_to_set_up(&mut self) -> Result<(String, String)> {
        let words = self.after("Set up at ")?;
        let (address, _) = words.split_once("/set-up").context("it says no address")?;
        Ok((address.to_owned(), self.after("  ")?))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Whether it has ended already makes no difference.
        self.child.kill().unwrap_or_default();
        self.child.wait().map(drop).unwrap_or_default();
    }
}

/// A folder with the walk and what it needs.
fn script() -> Result<PathBuf> {
    let folder = metadata::read()?.target_directory.join("e2e");
    let source = environment::workspace_root().join("e2e");
    fs::create_dir_all(&folder)?;
    for file in ["package.json", "walk.mjs"] {
        fs::copy(source.join(file), folder.join(file)).with_context(|| file.to_owned())?;
    }
    if !is_installed(&folder)? {
        let npm = program(&["npm"], "npm")?;
        let mut install = Command::new(npm);
        install.args(["install", "--no-package-lock", "--no-audit", "--no-fund", "--silent"]);
        run::run(install.current_dir(&folder))?;
        ensure!(
            is_installed(&folder)?,
            "npm installed another playwright-core than package.json says"
        );
    }
    Ok(folder)
}

/// Whether the version that is wanted is there.
fn is_installed(folder: &Path) -> Result<bool> {
    let version = |file: &Path, pointer: &str| -> Result<Option<String>> {
        let Ok(text) = fs::read_to_string(file) else { return Ok(None) };
        let json: serde_json::Value = serde_json::from_str(&text)?;
        Ok(json.pointer(pointer).and_then(|it| it.as_str()).map(str::to_owned))
    };
    let wanted = version(&folder.join("package.json"), "/dependencies/playwright-core")?;
    let there = version(&folder.join("node_modules/playwright-core/package.json"), "/version")?;
    Ok(wanted.is_some() && wanted == there)
}

/// One of these programs, installed where there is none.
fn program(names: &[&str], package: &str) -> Result<PathBuf> {
    let find = || names.iter().find_map(|name| environment::program_on_path(name));
    if let Some(found) = find() {
        return Ok(found);
    }
    let apt = Apt::allowed(package)?;
    apt.update()?;
    apt.install(package)?;
    find().with_context(|| format!("{package} was installed and cannot be found"))
}
