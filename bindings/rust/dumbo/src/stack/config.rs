// SPDX-License-Identifier: Apache-2.0
use core::fmt;
use core::num::{NonZeroU16, NonZeroU64};

use dumbo_sys as sys;

use super::{Offloads, StackError};
use crate::pdu::ChecksumPolicy;
use crate::size_of_struct;
use crate::tcp::connection::ConnectionOptions;

/// The ports that one stack can listen on.
pub const PORTS_MAX: usize = sys::DUMBO_STACK_PORTS_MAX as usize;

/// What a stack shall be like. All of its memory follows from this.
#[derive(Clone, Copy)]
pub struct StackConfig {
    raw: sys::dumbo_stack_config,
    ports: usize,
}

impl StackConfig {
    /// The defaults, for our MAC and IPv4 address, with a retransmission timeout in the unit of every `now`. The ports
    /// are still missing.
    pub fn new(mac: [u8; 6], ipv4: [u8; 4], rto_period: NonZeroU64) -> Self {
        let mut raw = sys::dumbo_stack_config::default();
        let size = size_of_struct::<sys::dumbo_stack_config>();
        // SAFETY: the config is a variable of the type whose size is stated.
        let code = unsafe { sys::dumbo_stack_config_init(&mut raw, size) };
        debug_assert_eq!(code, sys::DUMBO_OK);
        raw.mac = mac;
        raw.ipv4 = ipv4;
        raw.rto_period = rto_period.get();
        Self { raw, ports: 0 }
    }

    /// Listens on one more port, of [`PORTS_MAX`] at most.
    #[must_use]
    pub fn listen(mut self, port: NonZeroU16) -> Self {
        if let Some(place) = self.raw.ports.get_mut(self.ports) {
            *place = port.get();
        }
        self.ports += 1;
        self
    }

    /// So many consecutive timeouts reset a connection; 15 by default.
    #[must_use]
    pub fn rto_count_max(mut self, count: NonZeroU16) -> Self {
        self.raw.rto_count_max = count.get();
        self
    }

    /// Of every connection; [`ConnectionOptions::GUEST_FACING`] by default.
    #[must_use]
    pub fn options(mut self, options: ConnectionOptions) -> Self {
        self.raw.options = options.bits();
        self
    }

    /// How many connections there can be, and how many of them in their handshake; 64 and 16 by default.
    #[must_use]
    pub fn max_connections(mut self, all: u32, half_open: u32) -> Self {
        self.raw.max_connections = all;
        self.raw.max_half_open = half_open;
        self
    }

    /// Bytes that each connection keeps in either direction; 16384 by default.
    #[must_use]
    pub fn buffers(mut self, receive: u32, send: u32) -> Self {
        self.raw.receive_buffer = receive;
        self.raw.send_buffer = send;
        self
    }

    /// RSTs of no connection that can wait to be sent; 64 by default.
    #[must_use]
    pub fn max_replies(mut self, replies: u32) -> Self {
        self.raw.max_replies = replies;
        self
    }

    /// Of TCP in what goes out; [`ChecksumPolicy::Full`] by default.
    #[must_use]
    pub fn checksum(mut self, policy: ChecksumPolicy) -> Self {
        self.raw.checksum = policy.to_c();
        self
    }

    /// Does not verify the checksums of what comes in.
    #[must_use]
    pub fn trust_checksums(mut self) -> Self {
        self.raw.flags |= sys::DUMBO_STACK_TRUST_CHECKSUMS;
        self
    }

    /// What the device does at first, see [`Stack::set_offloads`](super::Stack::set_offloads); nothing by default.
    #[must_use]
    pub fn offloads(mut self, offloads: Offloads) -> Self {
        self.raw.offloads = offloads.bits();
        self
    }

    /// Of the link: no IPv4 packet that goes out is longer; 1500 by default.
    #[must_use]
    pub fn mtu(mut self, mtu: u16) -> Self {
        self.raw.mtu = mtu;
        self
    }

    /// The time to live of what goes out, not 0; 64 by default.
    #[must_use]
    pub fn ttl(mut self, ttl: u8) -> Self {
        self.raw.ttl = ttl;
        self
    }

    /// Where there is no room for a new connection, the one that was silent for longest gives way if it was for at
    /// least so long; 0 by default, `u64::MAX` for never.
    #[must_use]
    pub fn idle_threshold(mut self, time: u64) -> Self {
        self.raw.idle_threshold = time;
        self
    }

    /// A secret that keeps the guest from choosing addresses and ports that are slow to find; the operating system
    /// chooses one by default.
    #[must_use]
    pub fn hash_key(mut self, key: NonZeroU64) -> Self {
        self.raw.hash_key = key.get();
        self
    }

    /// The bytes that a stack needs, buffers and all: it never asks for more.
    ///
    /// # Errors
    ///
    /// For a config that no stack can have.
    pub fn size(&self) -> Result<usize, StackError> {
        let mut size = 0;
        // SAFETY: the config states its size, and the result is written to a variable of its type.
        StackError::check(unsafe { sys::dumbo_stack_size(self.checked()?, &mut size) })?;
        Ok(size)
    }

    pub(super) fn checked(&self) -> Result<&sys::dumbo_stack_config, StackError> {
        if self.ports > PORTS_MAX {
            return Err(StackError::InvalidArgument);
        }
        Ok(&self.raw)
    }
}

/// Without the hash key, which is a secret and would be in the log.
impl fmt::Debug for StackConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let raw = &self.raw;
        f.debug_struct("StackConfig")
            .field("mac", &raw.mac)
            .field("ipv4", &raw.ipv4)
            .field("ports", &&raw.ports[..self.ports.min(PORTS_MAX)])
            .field("rto_period", &raw.rto_period)
            .field("rto_count_max", &raw.rto_count_max)
            .field("options", &ConnectionOptions::from_bits(raw.options))
            .field("max_connections", &raw.max_connections)
            .field("max_half_open", &raw.max_half_open)
            .field("receive_buffer", &raw.receive_buffer)
            .field("send_buffer", &raw.send_buffer)
            .field("max_replies", &raw.max_replies)
            .field("checksum", &raw.checksum)
            .field("flags", &raw.flags)
            .field("offloads", &Offloads::from_bits(raw.offloads))
            .field("mtu", &raw.mtu)
            .field("ttl", &raw.ttl)
            .field("idle_threshold", &raw.idle_threshold)
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use std::format;

    use super::*;

    fn plain() -> StackConfig {
        StackConfig::new([1, 2, 3, 4, 5, 6], [7, 8, 9, 10], NonZeroU64::new(11).unwrap())
    }

    /// What a setter changes in the struct of C's: this, and nothing else.
    fn assert_sets(config: StackConfig, change: impl FnOnce(&mut sys::dumbo_stack_config)) {
        let mut wanted = plain().raw;
        change(&mut wanted);
        assert_eq!(format!("{:?}", config.raw), format!("{wanted:?}"));
    }

    #[test]
    fn a_new_config_has_the_defaults_of_c_and_what_it_is_given() {
        let mut wanted = sys::dumbo_stack_config::default();
        let size = size_of_struct::<sys::dumbo_stack_config>();
        // SAFETY: the config is a variable of the type whose size is stated.
        assert_eq!(unsafe { sys::dumbo_stack_config_init(&mut wanted, size) }, sys::DUMBO_OK);
        wanted.mac = [1, 2, 3, 4, 5, 6];
        wanted.ipv4 = [7, 8, 9, 10];
        wanted.rto_period = 11;
        assert_sets(plain(), |raw| *raw = wanted);
    }

    #[test]
    fn each_setter_sets_its_own_fields_and_no_other() {
        let port = |number| NonZeroU16::new(number).unwrap();
        assert_sets(plain().listen(port(80)).listen(port(81)), |raw| raw.ports[..2].copy_from_slice(&[80, 81]));
        assert_sets(plain().rto_count_max(port(12)), |raw| raw.rto_count_max = 12);
        assert_sets(plain().options(ConnectionOptions::LINGER), |raw| raw.options = sys::DUMBO_OPTION_LINGER);
        assert_sets(plain().max_connections(13, 14), |raw| {
            raw.max_connections = 13;
            raw.max_half_open = 14;
        });
        assert_sets(plain().buffers(15, 16), |raw| {
            raw.receive_buffer = 15;
            raw.send_buffer = 16;
        });
        assert_sets(plain().max_replies(17), |raw| raw.max_replies = 17);
        assert_sets(plain().trust_checksums(), |raw| raw.flags = sys::DUMBO_STACK_TRUST_CHECKSUMS);
        assert_sets(plain().offloads(Offloads::TSO4), |raw| raw.offloads = sys::DUMBO_STACK_OFFLOAD_TSO4);
        assert_sets(plain().mtu(18), |raw| raw.mtu = 18);
        assert_sets(plain().ttl(19), |raw| raw.ttl = 19);
        assert_sets(plain().idle_threshold(20), |raw| raw.idle_threshold = 20);
        assert_sets(plain().hash_key(NonZeroU64::new(21).unwrap()), |raw| raw.hash_key = 21);
    }

    #[test]
    fn each_checksum_policy_is_its_own_number() {
        for (policy, number) in [
            (ChecksumPolicy::Full, sys::DUMBO_CHECKSUM_FULL),
            (ChecksumPolicy::None, sys::DUMBO_CHECKSUM_NONE),
            (ChecksumPolicy::PseudoHeader, sys::DUMBO_CHECKSUM_PSEUDO_HEADER),
        ] {
            assert_sets(plain().checksum(policy), |raw| raw.checksum = number);
        }
    }

    #[test]
    fn a_printed_config_keeps_its_hash_key_secret() {
        let key = NonZeroU64::new(123_456_789_123_456_789).unwrap();
        let text = format!("{:?}", plain().listen(NonZeroU16::new(80).unwrap()).ttl(19).hash_key(key));
        assert!(!text.contains("123456789") && !text.contains("key"), "{text}");
        assert!(text.contains("ipv4: [7, 8, 9, 10], ports: [80]") && text.contains("ttl: 19"), "{text}");
    }
}
