// SPDX-License-Identifier: Apache-2.0
use core::num::{NonZeroU16, NonZeroU64};

use dumbo_sys as sys;

use crate::size_of_struct;

flags! {
    /// What a connection can do beyond its base, each for itself and in any combination.
    pub struct ConnectionOptions: u32 {
        /// Every unacceptable segment but a RST makes an ACK due.
        ACK_UNACCEPTABLE = DUMBO_OPTION_ACK_UNACCEPTABLE;
        /// Only the duplicate ACKs of RFC 5681 count.
        STRICT_DUP_ACK = DUMBO_OPTION_STRICT_DUP_ACK;
        /// A closed window of the peer's is probed.
        ZERO_WINDOW_PROBE = DUMBO_OPTION_ZERO_WINDOW_PROBE;
        /// The peer is told when our window has grown by much.
        WINDOW_UPDATE = DUMBO_OPTION_WINDOW_UPDATE;
        /// An ACK of our SYNACK counts although a repeated SYN crossed it.
        TOLERANT_HANDSHAKE = DUMBO_OPTION_TOLERANT_HANDSHAKE;
        /// A segment without ACK, or with an unacceptable one, is dropped whole.
        STRICT_ACCEPTANCE = DUMBO_OPTION_STRICT_ACCEPTANCE;
        /// RST and SYN are taken as in RFC 5961, with challenge ACKs.
        RFC5961 = DUMBO_OPTION_RFC5961;
        /// The connection is done only when our FIN is acknowledged.
        LINGER = DUMBO_OPTION_LINGER;
    }
}

impl ConnectionOptions {
    /// What a service that faces real guests wants: all of them.
    pub const GUEST_FACING: Self = Self::from_bits(sys::DUMBO_OPTIONS_GUEST_FACING);
}

/// How to open a connection.
///
/// ```
/// use core::num::NonZeroU64;
/// use dumbo::tcp::connection::{ConnectionConfig, ConnectionOptions};
///
/// let config = ConnectionConfig::new(NonZeroU64::new(200).unwrap()) // milliseconds, say
///     .local_rwnd_size(32768)
///     .options(ConnectionOptions::GUEST_FACING)
///     .counters();
/// # let _ = config;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ConnectionConfig {
    pub(super) raw: sys::dumbo_connection_config,
}

impl ConnectionConfig {
    /// The defaults, with a retransmission timeout in the unit of every `now`.
    pub fn new(rto_period: NonZeroU64) -> Self {
        let mut raw = sys::dumbo_connection_config::default();
        let size = size_of_struct::<sys::dumbo_connection_config>();
        // SAFETY: the config is a variable of the type whose size is stated.
        let code = unsafe { sys::dumbo_connection_config_init(&mut raw, size) };
        debug_assert_eq!(code, sys::DUMBO_OK);
        raw.rto_period = rto_period.get();
        Self { raw }
    }

    /// The initial receive window in bytes, at most [`MAX_WINDOW_SIZE`](crate::tcp::MAX_WINDOW_SIZE); 65535 by default.
    #[must_use]
    pub fn local_rwnd_size(mut self, bytes: u32) -> Self {
        self.raw.local_rwnd_size = bytes;
        self
    }

    /// So many consecutive timeouts reset the connection; 15 by default.
    #[must_use]
    pub fn rto_count_max(mut self, count: NonZeroU16) -> Self {
        self.raw.rto_count_max = count.get();
        self
    }

    /// The initial sequence number, for tests and replays; the operating system's randomness by default.
    #[must_use]
    pub fn initial_sequence_number(mut self, isn: u32) -> Self {
        self.raw.flags |= sys::DUMBO_CONFIG_ISN;
        self.raw.isn = isn;
        self
    }

    /// What the connection can do beyond its base; nothing by default.
    #[must_use]
    pub fn options(mut self, options: ConnectionOptions) -> Self {
        self.raw.options = options.bits();
        self
    }

    /// Has the connection count, see [`Connection::counters`](super::Connection::counters). It takes more memory then.
    #[must_use]
    pub fn counters(mut self) -> Self {
        self.raw.flags |= sys::DUMBO_CONFIG_COUNTERS;
        self
    }
}
