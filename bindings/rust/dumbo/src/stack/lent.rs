// SPDX-License-Identifier: Apache-2.0
//! Bytes that a stack sends from where they lie, and who owns them.
use std::collections::HashMap;
use std::sync::Arc;

use dumbo_sys as sys;

use super::{ConnectionError, ConnectionId, Event, Stack};

/// The owners stay where they are, and nobody changes them: an Arc, as a Box would claim to be the only way to its
/// content.
pub(super) type Lent = HashMap<ConnectionId, Arc<dyn AsRef<[u8]> + Send + Sync>>;

impl Stack {
    /// Has bytes sent behind what is queued, without a copy. The stack keeps their owner until they are
    /// acknowledged and [`Event::Writable`] has told so, or [`Event::Closed`] was taken: a `Vec<u8>`, an
    /// `Arc<[u8]>`, or anything that lends bytes as long as it lives.
    ///
    /// # Errors
    ///
    /// If there is no such connection, it was closed, or earlier bytes are still lent. In a restored stack also if
    /// the bytes are not as many as are missing.
    pub fn lend<B: AsRef<[u8]> + Send + Sync + 'static>(
        &mut self,
        id: ConnectionId,
        bytes: B,
    ) -> Result<(), ConnectionError> {
        let owner: Arc<dyn AsRef<[u8]> + Send + Sync> = Arc::new(bytes);
        let data: &[u8] = (*owner).as_ref();
        // Nothing must go wrong any more once the library has the bytes.
        self.lent.reserve(1);
        // SAFETY: the stack is alive and ours alone. The bytes are borrowed from an owner that stays in place and
        // that nobody can change, and it is kept until the library is done with them.
        ConnectionError::check(unsafe { sys::dumbo_stack_lend(self.as_mut_ptr(), id.0, data.as_ptr(), data.len()) })?;
        if !data.is_empty() {
            self.lent.insert(id, owner);
        }
        Ok(())
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
