//! The machine and the versions a measurement belongs to.

use std::fs;
use std::process::Command;
use std::thread;

use anyhow::Result;

use super::database::Databases;
use crate::run;

/// One line of Markdown each.
pub fn describe(databases: &[Databases]) -> Result<Vec<String>> {
    let cores = thread::available_parallelism()?;
    let mut lines = vec![
        format!("- Processor: {}, {cores} cores", first("/proc/cpuinfo", "model name")),
        format!("- Memory: {}", first("/proc/meminfo", "MemTotal")),
        format!("- Kernel: {}", run::answer(Command::new("uname").arg("-sr"))?),
        format!("- Compiler: {}", run::answer(Command::new("rustc").arg("--version"))?),
    ];
    for databases in databases {
        if let Databases::Postgres { server, psql } = databases {
            let ask = |setting: &str| psql.ask(server.value(), &format!("show {setting}"));
            let (version, fsync) = (ask("server_version")?, ask("fsync")?);
            lines.push(format!("- PostgreSQL: {version}, fsync {fsync}"));
        }
    }
    Ok(lines)
}

/// The value of the first `key : value` line.
fn first(path: &str, key: &str) -> String {
    fs::read_to_string(path)
        .ok()
        .and_then(|text| value_of(&text, key))
        .unwrap_or_else(|| "unknown".to_owned())
}

/// Memory is given in kilobytes, which nobody reads.
pub fn value_of(text: &str, key: &str) -> Option<String> {
    let (_, value) = text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.trim() == key)?;
    let kilobytes = value.trim().strip_suffix(" kB").and_then(|number| number.parse::<f64>().ok());
    Some(match kilobytes {
        Some(kilobytes) => format!("{:.1} GiB", kilobytes / 1024.0 / 1024.0),
        None => value.trim().to_owned(),
    })
}
