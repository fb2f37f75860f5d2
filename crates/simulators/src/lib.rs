//! The outside world, faked from the providers' documentation.
