//! Where everything stands, read once for all who look within a moment.

use std::sync::Arc;
use std::time::Duration;

use super::{Looks, Status};
use crate::State;
use crate::failure::Failure;

/// How old what is shown may be; the page says as of when it is.
const MOMENT: Duration = Duration::from_secs(5);

/// The latest look at where everything stands.
pub type Glance = Looks<(), Status>;

impl Glance {
    /// The latest look, or a new one.
    pub async fn status(&self, state: &State) -> Result<Arc<Status>, Failure> {
        let read = Status::load(state);
        Ok(self.look((), (state.clock.now(), MOMENT), read).await?.1)
    }
}
