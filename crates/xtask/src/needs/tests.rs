use std::cell::{Cell, RefCell};

use anyhow::{Result, bail};

use super::{Choice, Need, Ready, provide};

/// A need on a machine made of two flags; it writes down what was asked of it.
#[derive(Default)]
struct Machine {
    answers: bool,
    installed: Cell<bool>,
    may_install: bool,
    asked: RefCell<Vec<&'static str>>,
}

impl Machine {
    fn ready(how: &str) -> Ready {
        Ready::found(how.to_owned(), "EVERYCALL_TEST_SAMPLE_URL", how.to_owned())
    }
}

impl Need for Machine {
    fn name(&self) -> &'static str {
        "Sample"
    }

    fn find(&self) -> Result<Option<Ready>> {
        self.asked.borrow_mut().push("find");
        Ok(self.answers.then(|| Self::ready("found")))
    }

    fn start(&self) -> Result<Option<Ready>> {
        self.asked.borrow_mut().push("start");
        Ok(self.installed.get().then(|| Self::ready("started")))
    }

    fn install(&self) -> Result<()> {
        self.asked.borrow_mut().push("install");
        if !self.may_install {
            bail!("run `apt-get install sample`");
        }
        self.installed.set(true);
        Ok(())
    }
}

fn check(machine: &Machine, choice: Choice, asked: &[&str], outcome: &str) {
    let shown = match provide(machine, choice) {
        Ok(ready) => ready.value().to_owned(),
        Err(error) => format!("{error:#}"),
    };
    assert_eq!(shown, outcome);
    assert_eq!(*machine.asked.borrow(), asked);
}

#[test]
fn what_answers_is_used() {
    let machine = Machine { answers: true, ..Machine::default() };
    check(&machine, Choice::Found, &["find"], "found");
}

#[test]
fn an_own_one_is_started_without_looking() {
    let machine = Machine { answers: true, installed: Cell::new(true), ..Machine::default() };
    check(&machine, Choice::Own, &["start"], "started");
}

#[test]
fn what_is_missing_is_installed_and_started() {
    let machine = Machine { may_install: true, ..Machine::default() };
    let asked = ["find", "start", "install", "start"];
    check(&machine, Choice::Found, &asked, "started");
}

#[test]
fn who_may_not_install_is_told_the_command() {
    let machine = Machine::default();
    let said = "Sample is not installed: run `apt-get install sample`";
    check(&machine, Choice::Found, &["find", "start", "install"], said);
}
