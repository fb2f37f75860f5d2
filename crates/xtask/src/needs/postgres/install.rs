//! Installs Debian's server programs without the cluster Debian would create and start with them.

use anyhow::{Context, Result};

use crate::needs::apt::Apt;
use crate::run;

/// Appended to the settings Debian's packages read when a server is installed, and taken out again.
const ADD: &str = "echo 'create_main_cluster = false # only while Everycall installs' \
                   >> /etc/postgresql-common/createcluster.conf";
const REMOVE: &str =
    "sed -i '/# only while Everycall installs$/d' /etc/postgresql-common/createcluster.conf";

/// Installs, or says with which command a person can.
pub fn install() -> Result<()> {
    let apt = Apt::allowed("postgresql").context(
        "install it, or set EVERYCALL_TEST_POSTGRES_URL to a server in which we may create databases",
    )?;
    apt.update()?;
    // Its settings file must be there before the server's own package looks into it.
    apt.install("postgresql-common")?;
    run::run(apt.as_root("sh").args(["-c", ADD]))?;
    let installed = apt.install("postgresql");
    run::answer(apt.as_root("sh").args(["-c", REMOVE]))?;
    installed
}
