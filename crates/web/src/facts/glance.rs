//! Where everything stands, read once for all who look within a moment.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use super::Status;
use crate::State;
use crate::failure::Failure;

/// How old what is shown may be; the page says as of when it is.
const MOMENT: Duration = Duration::from_secs(5);

/// The latest look at where everything stands.
#[derive(Clone, Default)]
pub struct Glance(Arc<Mutex<Option<Arc<Status>>>>);

impl Glance {
    /// The latest look, or a new one; whoever comes meanwhile waits for it rather than looking too.
    pub async fn status(&self, state: &State) -> Result<Arc<Status>, Failure> {
        let now = state.clock.now();
        let mut kept = self.0.lock().await;
        if let Some(status) = kept.as_ref().filter(|status| now < status.as_of + MOMENT) {
            return Ok(Arc::clone(status));
        }
        let status = Arc::new(Status::load(state).await?);
        *kept = Some(Arc::clone(&status));
        Ok(status)
    }
}
