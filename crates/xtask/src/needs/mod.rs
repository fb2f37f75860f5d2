//! What the tests need beside Rust. A need is looked for first, then started from what is installed,
//! and installed only when the machine has nothing to start. One file or folder per need.

pub mod apt;
pub mod mariadb;
pub mod postgres;

use std::any::Any;

use anyhow::{Context, Result, bail};

/// A service or program that the tests use and this machine may lack.
pub trait Need {
    /// The name people know it by.
    fn name(&self) -> &'static str;

    /// One that already answers. An error means that the person named one and it does not.
    fn find(&self) -> Result<Option<Ready>>;

    /// One of our own from installed programs; nothing if none are installed.
    fn start(&self) -> Result<Option<Ready>>;

    /// Installs the programs, or says with which command a person can.
    fn install(&self) -> Result<()>;
}

/// Which one to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// One that answers, if there is one.
    Found,
    /// Always one of our own.
    Own,
}

/// A need that is met for as long as this value lives.
pub struct Ready {
    said: String,
    variable: &'static str,
    value: String,
    // Dropping it stops what was started; found things have nothing to stop.
    _guard: Option<Box<dyn Any>>,
}

impl Ready {
    /// Something that was there already.
    pub fn found(said: String, variable: &'static str, value: String) -> Self {
        Self { said, variable, value, _guard: None }
    }

    /// Something we started; dropping `guard` stops it.
    pub fn started(said: String, variable: &'static str, value: String, guard: impl Any) -> Self {
        Self { said, variable, value, _guard: Some(Box::new(guard)) }
    }

    /// What tests find in their environment.
    pub fn variables(&self) -> [(&'static str, &str); 1] {
        [(self.variable, &self.value)]
    }

    /// The value of that variable, for instance an address.
    pub fn value(&self) -> &str {
        &self.value
    }
}

/// Meets a need: finds, else starts, else installs and starts. Prints a line for each thing done.
pub fn provide(need: &dyn Need, choice: Choice) -> Result<Ready> {
    let name = need.name();
    if choice == Choice::Found
        && let Some(ready) = need.find()?
    {
        println!("{name}: {}.", ready.said);
        return Ok(ready);
    }
    let cannot_start = || format!("{name} did not start");
    if let Some(ready) = need.start().with_context(cannot_start)? {
        println!("{name}: {}.", ready.said);
        return Ok(ready);
    }
    need.install().with_context(|| format!("{name} is not installed"))?;
    let Some(ready) = need.start().with_context(cannot_start)? else {
        bail!("{name} was installed, but its programs are not where we look for them");
    };
    println!("{name}: {}.", ready.said);
    Ok(ready)
}

#[cfg(test)]
mod tests;
