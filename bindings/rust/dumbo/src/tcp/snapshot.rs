// SPDX-License-Identifier: Apache-2.0
use core::fmt;
use core::ops::Deref;

use dumbo_sys as sys;

use crate::size_of_struct;

errors! {
    /// Why a connection, or a stack, could not be restored.
    pub enum RestoreError {
        /// The bytes are not as many as a snapshot of their version has.
        Length = DUMBO_ERR_SNAPSHOT_LENGTH,
        /// They do not begin like a snapshot.
        Format = DUMBO_ERR_SNAPSHOT_FORMAT,
        /// Their version is none that this release knows.
        Version = DUMBO_ERR_SNAPSHOT_VERSION,
        /// They are damaged.
        Checksum = DUMBO_ERR_SNAPSHOT_CHECKSUM,
        /// A field is out of its own range.
        Value = DUMBO_ERR_SNAPSHOT_VALUE,
        /// It needs an option that its connection does not have.
        Option = DUMBO_ERR_SNAPSHOT_OPTION,
        /// A handshake that cannot have come so far.
        Handshake = DUMBO_ERR_SNAPSHOT_HANDSHAKE,
        /// Contradictions in what was sent.
        Send = DUMBO_ERR_SNAPSHOT_SEND,
        /// Contradictions in what was received.
        Receive = DUMBO_ERR_SNAPSHOT_RECEIVE,
        /// A timeout that nothing waits for, or more of them than allowed.
        Timeout = DUMBO_ERR_SNAPSHOT_TIMEOUT,
        /// A RST that nothing can have led to.
        Reset = DUMBO_ERR_SNAPSHOT_RESET,
        /// A stack and its connections, or two of these, contradict each other.
        Stack = DUMBO_ERR_SNAPSHOT_STACK,
        /// A stack for another address, or one that needs more than the config has.
        Config = DUMBO_ERR_SNAPSHOT_CONFIG,
        /// The old clock's time is before the snapshot's latest.
        TimestampDecreased = DUMBO_ERR_TIMESTAMP_DECREASED,
        /// A stack's config is out of its range.
        InvalidArgument = DUMBO_ERR_INVALID_ARGUMENT,
        /// There is no memory.
        OutOfMemory = DUMBO_ERR_OUT_OF_MEMORY,
        /// The operating system gave no randomness for a stack's hash key.
        NoEntropy = DUMBO_ERR_NO_ENTROPY,
    }
}

/// A connection as bytes, in the format that `docs/snapshot.md` describes: for another process, machine or clock.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Snapshot {
    bytes: [u8; sys::DUMBO_SNAPSHOT_LENGTH_MAX as usize],
    length: usize,
}

impl Snapshot {
    pub(crate) fn of(connection: *const sys::dumbo_connection) -> Self {
        let mut bytes = [0; sys::DUMBO_SNAPSHOT_LENGTH_MAX as usize];
        let mut length = 0;
        // SAFETY: the connection is alive, and address and length are an array's.
        let code = unsafe { sys::dumbo_connection_snapshot(connection, bytes.as_mut_ptr(), bytes.len(), &mut length) };
        debug_assert_eq!(code, sys::DUMBO_OK);
        Self { bytes, length }
    }
}

impl Deref for Snapshot {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl AsRef<[u8]> for Snapshot {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Snapshot").field(&&self[..]).finish()
    }
}

/// How to restore a connection or a stack.
#[derive(Clone, Copy, Debug)]
pub struct RestoreConfig {
    raw: sys::dumbo_restore_config,
}

impl RestoreConfig {
    /// By the same clock, without counters.
    pub fn new() -> Self {
        Self {
            raw: sys::dumbo_restore_config {
                struct_size: size_of_struct::<sys::dumbo_restore_config>(),
                ..sys::dumbo_restore_config::default()
            },
        }
    }

    /// Moves to another clock: what was `old_now` by the old one is `new_now` by the new one.
    #[must_use]
    pub fn rebase(mut self, old_now: u64, new_now: u64) -> Self {
        self.raw.flags |= sys::DUMBO_RESTORE_REBASE;
        self.raw.old_now = old_now;
        self.raw.new_now = new_now;
        self
    }

    /// Has the connection count from 0 on. For connections alone: a stack with it is an invalid argument.
    #[must_use]
    pub fn counters(mut self) -> Self {
        self.raw.flags |= sys::DUMBO_RESTORE_COUNTERS;
        self
    }

    pub(crate) fn to_c(self) -> sys::dumbo_restore_config {
        self.raw
    }
}

impl Default for RestoreConfig {
    fn default() -> Self {
        Self::new()
    }
}
