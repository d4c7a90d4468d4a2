// SPDX-License-Identifier: Apache-2.0
//! Bytes to fields and back: Ethernet, ARP, IPv4, TCP and their checksums.

mod addressing;
pub mod arp;
pub mod bytes;
pub mod checksum;
pub mod ethernet;
pub mod ipv4;
pub mod tcp;

pub use addressing::{AddressPair, Addressing, ChecksumPolicy};

/// A packet that lacks what only a lower layer knows, such as its ports and its checksum.
#[derive(Debug)]
pub struct Incomplete<T> {
    inner: T,
}

impl<T> Incomplete<T> {
    pub(crate) fn new(inner: T) -> Self {
        Self { inner }
    }

    /// The packet as it is by now.
    pub fn inner(&self) -> &T {
        &self.inner
    }
}
