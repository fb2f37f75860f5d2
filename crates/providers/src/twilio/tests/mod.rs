//! What this provider promises, against answers as documented and answers as feared.
