//! One folder per provider: what its API is, how it is read, and how a record becomes a call.
