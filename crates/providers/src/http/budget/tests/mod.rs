//! Budgets, by clocks moved by hand.

mod alone;
mod shared;
