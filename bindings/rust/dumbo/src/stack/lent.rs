// SPDX-License-Identifier: Apache-2.0
//! Bytes that a stack sends from where they lie, and who owns them.
use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use dumbo_sys as sys;

use super::{ConnectionError, ConnectionId, Event, Stack};

/// The owners stay where they are, and nobody changes them: an Arc, as a Box would claim to be the only way to its
/// content.
pub(super) type Lent = HashMap<ConnectionId, Arc<dyn AsRef<[u8]> + Send + Sync>>;

/// Bytes that could not be lent, and why. They are the caller's again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LendError<B> {
    /// Why not.
    pub error: ConnectionError,
    /// What was to be lent.
    pub bytes: B,
}

impl<B> fmt::Debug for LendError<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LendError").field("error", &self.error).finish_non_exhaustive()
    }
}

impl<B> fmt::Display for LendError<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<B> Error for LendError<B> {}

impl Stack {
    /// Has bytes sent behind what is queued, without a copy. The stack keeps their owner until they are
    /// acknowledged and [`Event::Writable`] has told so, or [`Event::Closed`] was taken: a `Vec<u8>`, an
    /// `Arc<[u8]>`, or anything that lends bytes as long as it lives. [Guest memory](crate#guest-memory) cannot be
    /// lent.
    ///
    /// # Errors
    ///
    /// If there is no such connection, it was closed, or earlier bytes are still lent. In a restored stack also if
    /// the bytes are not as many as are missing. The error has the bytes.
    pub fn lend<B: AsRef<[u8]> + Send + Sync + 'static>(
        &mut self,
        id: ConnectionId,
        bytes: B,
    ) -> Result<(), LendError<B>> {
        let owner = Arc::new(bytes);
        let data: &[u8] = (*owner).as_ref();
        // Nothing must go wrong any more once the library has the bytes.
        self.lent.reserve(1);
        // SAFETY: the stack is alive and ours alone. The bytes are borrowed from an owner that stays in place and
        // that nobody can change, and it is kept until the library is done with them.
        let code = unsafe { sys::dumbo_stack_lend(self.as_mut_ptr(), id.0, data.as_ptr(), data.len()) };
        match ConnectionError::check(code) {
            Ok(()) if data.is_empty() => Ok(()),
            Ok(()) => {
                self.lent.insert(id, owner);
                Ok(())
            }
            Err(error) => Err(LendError { error, bytes: sole_owner(owner) }),
        }
    }

    /// Lets owners go whose bytes the library has forgotten.
    pub(super) fn give_back_what_was_lent(&mut self, event: Event) {
        let id = match event {
            Event::Closed(id, _) => id,
            Event::Writable(id) if self.lent(id) == Ok(0) => id,
            _ => return,
        };
        self.lent.remove(&id);
    }
}

/// What an owner owns that was shared with nobody.
fn sole_owner<B>(owner: Arc<B>) -> B {
    Arc::try_unwrap(owner)
        .unwrap_or_else(|_| unreachable!("the library has refused the bytes, and nobody else has them"))
}
