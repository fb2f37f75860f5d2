//! A folder with a configuration, and the real program run in it.

use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, PipeWriter, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// The program, with nothing of the tester's own environment that could lead it elsewhere.
fn everycall(folder: &Path) -> Command {
    alone(Command::new(env!("CARGO_BIN_EXE_everycall")), folder)
}

fn alone(mut command: Command, folder: &Path) -> Command {
    command.current_dir(folder).stdin(Stdio::null());
    command.env_remove("EVERYCALL_CONFIG").env_remove("EVERYCALL_DATABASE_URL");
    command.env_remove("TEST_TOKEN").env("NO_COLOR", "1");
    command
}

/// `everycall simulate` as a program of its own; dropping it ends it.
pub struct Simulator {
    child: Child,
    pub base_url: String,
    pub location_id: String,
    pub token: String,
}

/// The instant at which every simulated world ends.
pub const END: &str = "2026-01-01T00:00:00Z";

impl Simulator {
    pub fn start(calls: u32) -> Self {
        Self::start_with(calls, 0)
    }

    /// … that takes its time, so that there is a middle of a run to be killed in.
    pub fn slow(calls: u32) -> Self {
        Self::start_with(calls, 10)
    }

    fn start_with(calls: u32, latency_ms: u32) -> Self {
        let folder = std::env::temp_dir();
        let mut command = everycall(&folder);
        command.args(["simulate", "--no-limits", "--end", END, "--calls", &calls.to_string()]);
        command.args(["--latency-ms", &latency_ms.to_string()]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        let text = |key: &str| said[key].as_str().unwrap().to_owned();
        let (base_url, location_id) = (text("base_url"), text("location_id"));
        Self { child, base_url, location_id, token: text("token") }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// What the program said, and how it ended.
#[derive(Debug)]
pub struct Said {
    pub stdout: String,
    pub stderr: String,
    pub code: Option<i32>,
}

impl Said {
    /// Its output as one JSON value per line.
    pub fn json(&self) -> Vec<Value> {
        let lines = self.stdout.lines();
        lines.map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// A folder where the program is run.
pub struct Site {
    folder: TempDir,
}

impl Site {
    /// An empty folder.
    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A folder configured for this simulator.
    pub fn of(simulator: &Simulator) -> Self {
        let site = Self::empty();
        site.write("token", &simulator.token);
        site.configure(simulator, &simulator.location_id, "token_file = \"token\"");
        site
    }

    /// Writes a configuration with this location and these further lines.
    pub fn configure(&self, simulator: &Simulator, location_id: &str, more: &str) {
        let base_url = &simulator.base_url;
        self.write(
            "everycall.toml",
            &format!(
                "[[sources]]\nname = \"main\"\nprovider = \"highlevel_voice_ai\"\n\
                 base_url = \"{base_url}\"\nlocation_id = \"{location_id}\"\n\
                 since = \"2025-10-03\"\nunlimited = true\n{more}\n"
            ),
        );
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub fn write_more(&self, name: &str, text: &str) {
        let before = self.read(name);
        self.write(name, &(before + text));
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Said {
        self.run_with(arguments, &[])
    }

    /// … with these environment variables too.
    pub fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Said {
        let mut command = everycall(self.folder.path());
        let output = command.args(arguments).envs(variables.iter().copied()).output();
        let Output { status, stdout, stderr } = output.unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Said { stdout: text(stdout), stderr: text(stderr), code: status.code() }
    }

    /// Runs a command that the program printed, as a person does who copies it.
    pub fn run_printed(&self, command: &str) -> Said {
        let mut shell = alone(Command::new("sh"), self.folder.path());
        let Output { status, stdout, stderr } = shell.args(["-c", command]).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Said { stdout: text(stdout), stderr: text(stderr), code: status.code() }
    }

    /// Lists, and follows what the end of each page tells to type for the next. Gives the rows of
    /// each page.
    pub fn pages(&self, arguments: &[&str], more: &str) -> Vec<Vec<String>> {
        let mut pages = Vec::new();
        let mut said = self.run(arguments);
        loop {
            assert_eq!(said.code, Some(0), "{said:?}");
            let lines = said.stdout.lines().skip(1).take_while(|line| !line.is_empty());
            pages.push(lines.map(str::to_owned).collect());
            let last = said.stdout.lines().last().unwrap();
            let Some(command) = last.strip_prefix(more) else { return pages };
            assert!(pages.len() < 100, "it never comes to an end");
            said = self.run_printed(command);
        }
    }

    /// … with this on its standard input.
    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> Said {
        let mut command = everycall(self.folder.path());
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Said { stdout: text(stdout), stderr: text(stderr), code: status.code() }
    }

    /// … where no file may become longer than so many half kilobytes, as on a disk that fills up.
    pub fn run_cramped(&self, blocks: u32, arguments: &[&str]) -> Said {
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let mut command = alone(Command::new("sh"), self.folder.path());
        command.args(["-c", &script, env!("CARGO_BIN_EXE_everycall")]).args(arguments);
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Said { stdout: text(stdout), stderr: text(stderr), code: status.code() }
    }

    /// Runs the program to its end while nobody reads what it prints.
    pub fn run_unread(&self, arguments: &[&str]) -> Said {
        let mut command = everycall(self.folder.path());
        let output = command.args(arguments).stdout(unread()).output();
        let Output { status, stdout: _, stderr } = output.unwrap();
        let stderr = String::from_utf8(stderr).unwrap();
        Said { stdout: String::new(), stderr, code: status.code() }
    }

    /// Starts the program while nobody reads what it prints.
    pub fn start_unread(&self, arguments: &[&str]) -> Child {
        let mut command = everycall(self.folder.path());
        command.args(arguments).stdout(unread()).stderr(unread()).spawn().unwrap()
    }

    /// Runs the program against this database and kills it, without a chance to tidy up, once its
    /// log has this many lines. Returns whether it was killed before its end.
    pub fn killed_after(&self, arguments: &[&str], lines: usize, database_url: &str) -> bool {
        let mut command = everycall(self.folder.path());
        command.args(arguments).env("EVERYCALL_DATABASE_URL", database_url);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        let read = log.lines().take(lines).count();
        child.kill().unwrap();
        child.wait().unwrap().code().is_none() && read == lines
    }

    /// Starts the program against this database and lets it run.
    pub fn start(&self, arguments: &[&str], database_url: &str) -> Child {
        let mut command = everycall(self.folder.path());
        command.args(arguments).env("EVERYCALL_DATABASE_URL", database_url);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// Starts the program and lets whoever holds it read its stderr.
    pub fn start_telling(&self, arguments: &[&str]) -> Child {
        let mut command = everycall(self.folder.path());
        command.args(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Runs the program against this database and kills it so long after its start. Returns whether
    /// it was killed before its end; one that fails by itself fails the test.
    pub fn killed_at(&self, arguments: &[&str], after: Duration, database_url: &str) -> bool {
        let mut command = everycall(self.folder.path());
        command.args(arguments).env("EVERYCALL_DATABASE_URL", database_url);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(after);
        child.kill().unwrap();
        let code = child.wait().unwrap().code();
        assert!(matches!(code, None | Some(0)), "it ended by itself with {code:?}");
        code.is_none()
    }

    /// `sync` at the instant at which the simulated world ends.
    pub fn sync(&self, arguments: &[&str]) -> Said {
        self.run(&[&["sync", "--now", END], arguments].concat())
    }

    /// Runs the program, which must refuse with this sentence and a hint that has these words.
    pub fn check_refused(&self, arguments: &[&str], code: i32, sentence: &str, hint: &str) {
        let said = self.run(arguments);
        let mut lines = said.stderr.lines();
        assert_eq!(lines.next(), Some(format!("error: {sentence}").as_str()), "{said:?}");
        let told = lines.next().unwrap_or_default();
        assert!(told.starts_with("hint: ") && told.contains(hint), "{said:?}");
        assert_eq!((said.code, said.stdout.as_str()), (Some(code), ""), "{said:?}");
    }
}

/// A pipe whose reader is gone.
fn unread() -> PipeWriter {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer
}

/// `everycall serve` without its worker; dropping it ends it.
pub struct Served {
    child: Child,
    address: String,
    said: RefCell<BufReader<ChildStdout>>,
}

impl Served {
    pub fn by(site: &Site) -> Self {
        Self::with(site, &["--only-dashboard"])
    }

    /// … which reads the sources, too.
    pub fn that_works(site: &Site) -> Self {
        Self::with(site, &[])
    }

    fn with(site: &Site, more: &[&str]) -> Self {
        let mut command = everycall(site.folder.path());
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(more);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        said.read_line(&mut line).unwrap();
        let (_, address) = line.split_once("http://").unwrap();
        let address = address.split_whitespace().next().unwrap().to_owned();
        Self { child, address, said: RefCell::new(said) }
    }

    /// The first line that it prints after its address and that is so.
    pub fn line_with(&self, is_meant: impl Fn(&str) -> bool) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.said.borrow_mut().read_line(&mut line).unwrap(), 0, "it ended");
            if is_meant(line.trim()) {
                return line.trim().to_owned();
            }
        }
    }

    /// Asks for a page or sends it a form, and gives the status and where it leads.
    pub fn form(&self, path: &str, form: Option<&str>) -> (u16, String) {
        let method = if form.is_some() { "POST" } else { "GET" };
        let form = form.unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{form}",
            self.address,
            form.len()
        );
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, _) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split_whitespace().nth(1).unwrap().parse().unwrap();
        let to = head.lines().find_map(|line| line.strip_prefix("location: "));
        (status, to.unwrap_or_default().to_owned())
    }

    /// Asks the API, and gives the status and the JSON of its answer.
    pub fn ask(&self, method: &str, url: &str, token: Option<&str>, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let token = token.map(|token| format!("Authorization: Bearer {token}\r\n"));
        let request = format!(
            "{method} /api/v1{url} HTTP/1.1\r\nHost: {}\r\n{}Content-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.address,
            token.unwrap_or_default(),
            body.len()
        );
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split_whitespace().nth(1).unwrap().parse().unwrap();
        // A long answer comes in chunks; its JSON is one line.
        let json = body.lines().find(|line| line.starts_with('{')).unwrap();
        (status, serde_json::from_str(json).unwrap())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}
