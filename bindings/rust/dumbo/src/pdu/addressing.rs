// SPDX-License-Identifier: Apache-2.0
use dumbo_sys as sys;

use crate::size_of_struct;

/// The IPv4 addresses of a packet, as their bytes are on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddressPair {
    /// Where the packet comes from.
    pub source: [u8; 4],
    /// Where it goes to.
    pub destination: [u8; 4],
}

impl AddressPair {
    /// A packet's source and destination.
    pub const fn new(source: [u8; 4], destination: [u8; 4]) -> Self {
        Self { source, destination }
    }

    /// The addresses of a packet in the other direction.
    pub const fn reversed(self) -> Self {
        Self { source: self.destination, destination: self.source }
    }

    pub(crate) fn to_c(self) -> sys::dumbo_address_pair {
        sys::dumbo_address_pair { source: self.source, destination: self.destination }
    }
}

#[cfg(feature = "std")]
impl From<(std::net::Ipv4Addr, std::net::Ipv4Addr)> for AddressPair {
    fn from((source, destination): (std::net::Ipv4Addr, std::net::Ipv4Addr)) -> Self {
        Self::new(source.octets(), destination.octets())
    }
}

/// What to put into a segment's checksum field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ChecksumPolicy {
    /// The checksum of pseudo header, header and payload.
    #[default]
    Full,
    /// Zero: the device or the peer does without.
    None,
    /// The sum of the pseudo header, for a device that completes it (virtio-net's `VIRTIO_NET_HDR_F_NEEDS_CSUM`).
    PseudoHeader,
}

impl ChecksumPolicy {
    pub(crate) fn to_c(self) -> u32 {
        match self {
            Self::Full => sys::DUMBO_CHECKSUM_FULL,
            Self::None => sys::DUMBO_CHECKSUM_NONE,
            Self::PseudoHeader => sys::DUMBO_CHECKSUM_PSEUDO_HEADER,
        }
    }
}

/// Ports, addresses and checksum of an outgoing segment, and what of the work the device does.
#[derive(Clone, Copy, Debug)]
pub struct Addressing {
    raw: sys::dumbo_addressing,
}

impl Addressing {
    /// A segment between two addresses and ports, with its checksum.
    pub fn new(addresses: AddressPair, source_port: u16, destination_port: u16) -> Self {
        Self {
            raw: sys::dumbo_addressing {
                struct_size: size_of_struct::<sys::dumbo_addressing>(),
                checksum: sys::DUMBO_CHECKSUM_FULL,
                source_port,
                destination_port,
                source: addresses.source,
                destination: addresses.destination,
                flags: 0,
            },
        }
    }

    /// Ports and checksum are left to be filled in later.
    pub(crate) fn unknown() -> Self {
        Self::new(AddressPair::new([0; 4], [0; 4]), 0, 0).with_checksum(ChecksumPolicy::None)
    }

    /// The same with another checksum policy.
    #[must_use]
    pub fn with_checksum(mut self, policy: ChecksumPolicy) -> Self {
        self.raw.checksum = policy.to_c();
        self
    }

    /// The same for a device that cuts TCP segments (TSO): payload beyond the MSS is written in one. This is for
    /// connections; where fields are written one by one, the caller says how long a segment is.
    #[must_use]
    pub fn with_tso(mut self) -> Self {
        self.raw.flags |= sys::DUMBO_ADDRESSING_TSO4;
        self
    }

    pub(crate) fn to_c(self) -> sys::dumbo_addressing {
        self.raw
    }
}
