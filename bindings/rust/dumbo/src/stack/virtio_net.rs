// SPDX-License-Identifier: Apache-2.0
use dumbo_sys as sys;

use crate::size_of_struct;

flags! {
    /// What the guest's device does for a stack.
    pub struct Offloads: u32 {
        /// It completes checksums.
        CHECKSUM = DUMBO_STACK_OFFLOAD_CHECKSUM;
        /// It takes segments above the MSS; only together with `CHECKSUM`.
        TSO4 = DUMBO_STACK_OFFLOAD_TSO4;
    }
}

flags! {
    /// Bits of a [`VirtioNetHeader`].
    pub struct VirtioNetFlags: u8 {
        /// The checksum is left to the device: `VIRTIO_NET_HDR_F_NEEDS_CSUM`.
        NEEDS_CHECKSUM = DUMBO_VIRTIO_NET_NEEDS_CHECKSUM;
        /// The checksum was verified: `VIRTIO_NET_HDR_F_DATA_VALID`.
        DATA_VALID = DUMBO_VIRTIO_NET_DATA_VALID;
    }
}

/// What the header in front of a frame on a virtio-net queue says, in the machine's byte order. Nothing, by default:
/// assign to it what the device has read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct VirtioNetHeader {
    /// Who looks after the checksum.
    pub flags: VirtioNetFlags,
    /// `gso_type`: [`GSO_NONE`](Self::GSO_NONE) or [`GSO_TCPV4`](Self::GSO_TCPV4).
    pub gso_type: u8,
    /// `hdr_len`.
    pub header_length: u16,
    /// The payload of each segment that a frame is to be cut into.
    pub gso_size: u16,
    /// Where the sum begins.
    pub csum_start: u16,
    /// Where, from there on, it belongs.
    pub csum_offset: u16,
}

impl VirtioNetHeader {
    /// The frame stays whole: `VIRTIO_NET_HDR_GSO_NONE`.
    pub const GSO_NONE: u8 = sys::DUMBO_VIRTIO_NET_GSO_NONE as u8;
    /// The frame is to be cut into segments of TCP in IPv4: `VIRTIO_NET_HDR_GSO_TCPV4`.
    pub const GSO_TCPV4: u8 = sys::DUMBO_VIRTIO_NET_GSO_TCPV4 as u8;

    pub(super) fn to_c(self) -> sys::dumbo_virtio_net_header {
        sys::dumbo_virtio_net_header {
            struct_size: size_of_struct::<sys::dumbo_virtio_net_header>(),
            flags: self.flags.bits(),
            gso_type: self.gso_type,
            header_length: self.header_length,
            gso_size: self.gso_size,
            csum_start: self.csum_start,
            csum_offset: self.csum_offset,
            reserved: 0,
        }
    }

    pub(super) fn from_c(raw: &sys::dumbo_virtio_net_header) -> Self {
        Self {
            flags: VirtioNetFlags::from_bits(raw.flags),
            gso_type: raw.gso_type,
            header_length: raw.header_length,
            gso_size: raw.gso_size,
            csum_start: raw.csum_start,
            csum_offset: raw.csum_offset,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_goes_to_c_and_back_field_by_field() {
        let header = VirtioNetHeader {
            flags: VirtioNetFlags::DATA_VALID,
            gso_type: 1,
            header_length: 2,
            gso_size: 3,
            csum_start: 4,
            csum_offset: 5,
        };
        let raw = header.to_c();
        assert_eq!(raw.struct_size, size_of_struct::<sys::dumbo_virtio_net_header>());
        assert_eq!((u32::from(raw.flags), raw.gso_type, raw.header_length), (sys::DUMBO_VIRTIO_NET_DATA_VALID, 1, 2));
        assert_eq!((raw.gso_size, raw.csum_start, raw.csum_offset, raw.reserved), (3, 4, 5, 0));
        assert_eq!(VirtioNetHeader::from_c(&raw), header);
    }
}
