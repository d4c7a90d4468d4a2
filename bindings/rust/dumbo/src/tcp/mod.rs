// SPDX-License-Identifier: Apache-2.0
//! Connections, and what belongs to them.
use core::num::Wrapping;

use dumbo_sys as sys;

use crate::pdu::tcp::{Flags, TcpError};
use crate::pdu::Addressing;
use crate::size_of_struct;

pub mod connection;
pub(crate) mod counters;
mod snapshot;

pub use counters::Counters;
pub use snapshot::{RestoreConfig, RestoreError, Snapshot};

/// The largest window, and the horizon within which two sequence numbers are ordered.
pub const MAX_WINDOW_SIZE: u32 = sys::DUMBO_MAX_WINDOW_SIZE;
/// The maximum segment size assumed of a peer that states none.
pub const MSS_DEFAULT: u16 = sys::DUMBO_MSS_DEFAULT as u16;
/// The smallest maximum segment size that a peer may state.
pub const MSS_MIN: u16 = sys::DUMBO_MSS_MIN as u16;
/// The largest one.
pub const MSS_MAX: u16 = sys::DUMBO_MSS_MAX as u16;

/// Whether sequence number `a` lies after `b`. Not a total order: for some pairs neither is after the other.
///
/// ```
/// use core::num::Wrapping;
/// assert!(dumbo::tcp::seq_after(Wrapping(2), Wrapping(u32::MAX)));
/// ```
pub fn seq_after(a: Wrapping<u32>, b: Wrapping<u32>) -> bool {
    // SAFETY: the function takes any numbers.
    unsafe { sys::dumbo_seq_after(a.0, b.0) }
}

/// Whether sequence number `a` equals `b` or lies after it, in the sense of [`seq_after`].
pub fn seq_at_or_after(a: Wrapping<u32>, b: Wrapping<u32>) -> bool {
    // SAFETY: the function takes any numbers.
    unsafe { sys::dumbo_seq_at_or_after(a.0, b.0) }
}

/// What a connection, or a stack, would do next without further input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextSegmentStatus {
    /// Something can be written now.
    Available,
    /// Nothing before something is received.
    Nothing,
    /// A timeout is running until this time.
    Timeout(u64),
}

impl NextSegmentStatus {
    pub(crate) fn from_c(status: u32, deadline: u64) -> Self {
        match status {
            sys::DUMBO_NEXT_SEGMENT_AVAILABLE => Self::Available,
            sys::DUMBO_NEXT_SEGMENT_TIMEOUT => Self::Timeout(deadline),
            _ => Self::Nothing,
        }
    }
}

errors! {
    /// Why a RST could not be written.
    pub enum RstError {
        /// There is no room for 20 bytes; the buffer is unchanged.
        BufferTooSmall = DUMBO_ERR_BUFFER_TOO_SMALL,
    }
}

/// What makes a segment a RST.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RstConfig {
    /// A RST with this sequence number.
    Seq(u32),
    /// A RST with ACK, sequence number 0 and this acknowledgment number.
    Ack(u32),
}

impl RstConfig {
    /// The RST that answers a segment which belongs to no connection. Never answer a RST with a RST: that check is the
    /// caller's.
    ///
    /// # Errors
    ///
    /// For bytes that are no segment.
    pub fn for_segment(segment: &[u8]) -> Result<Self, TcpError> {
        let mut rst = Self::empty();
        // SAFETY: address and length are a slice's, and the configuration states its size.
        TcpError::check(unsafe { sys::dumbo_rst_config_for_segment(segment.as_ptr(), segment.len(), &mut rst) })?;
        Ok(Self::from_c(&rst))
    }

    /// Sequence number, acknowledgment number and flags of the RST.
    pub fn seq_ack_flags(self) -> (u32, u32, Flags) {
        match self {
            Self::Seq(seq) => (seq, 0, Flags::RST),
            Self::Ack(ack) => (0, ack, Flags::RST | Flags::ACK),
        }
    }

    /// Writes the RST, and returns its length.
    ///
    /// # Errors
    ///
    /// If there is no room for it.
    pub fn write(self, buf: &mut [u8], addressing: &Addressing) -> Result<usize, RstError> {
        let (seq, ack, flags) = self.seq_ack_flags();
        let rst = sys::dumbo_rst_config { seq, ack, flags: u32::from(flags.bits()), ..Self::empty() };
        let mut length = 0;
        // SAFETY: address and length are a slice's, and the structs state their sizes.
        RstError::check(unsafe {
            sys::dumbo_rst_write(buf.as_mut_ptr(), buf.len(), &rst, &addressing.to_c(), &mut length)
        })?;
        Ok(length)
    }

    fn empty() -> sys::dumbo_rst_config {
        sys::dumbo_rst_config {
            struct_size: size_of_struct::<sys::dumbo_rst_config>(),
            ..sys::dumbo_rst_config::default()
        }
    }

    fn from_c(rst: &sys::dumbo_rst_config) -> Self {
        let config = if rst.flags & sys::DUMBO_TCP_ACK != 0 { Self::Ack(rst.ack) } else { Self::Seq(rst.seq) };
        debug_assert_eq!(config.seq_ack_flags(), (rst.seq, rst.ack, Flags::from_bits(rst.flags as u8)));
        config
    }
}
