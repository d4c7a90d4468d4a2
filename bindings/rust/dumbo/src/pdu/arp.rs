// SPDX-License-Identifier: Apache-2.0
//! ARP for IPv4 over Ethernet (RFC 826).
use dumbo_sys as sys;

use super::ethernet::ETHERTYPE_IPV4;
use crate::size_of_struct;

/// The length of a packet.
pub const LENGTH: usize = sys::DUMBO_ARP_LENGTH as usize;

errors! {
    /// Why a packet could not be read or written.
    pub enum ArpError {
        /// It has, or there is room for, more or fewer than 28 bytes.
        LengthMismatch = DUMBO_ERR_LENGTH_MISMATCH,
        /// The hardware type is not Ethernet.
        HardwareType = DUMBO_ERR_HARDWARE_TYPE,
        /// The protocol type is not IPv4.
        ProtocolType = DUMBO_ERR_PROTOCOL_TYPE,
        /// The hardware address length is not 6.
        HardwareLength = DUMBO_ERR_HARDWARE_LENGTH,
        /// The protocol address length is not 4.
        ProtocolLength = DUMBO_ERR_PROTOCOL_LENGTH,
        /// It is not a request.
        Operation = DUMBO_ERR_OPERATION,
    }
}

/// Whether a packet asks or answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArpOperation {
    /// Who has this address?
    Request = sys::DUMBO_ARP_REQUEST as isize,
    /// I have it.
    Reply = sys::DUMBO_ARP_REPLY as isize,
}

/// An ARP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArpPacket {
    /// Whether it asks or answers.
    pub operation: ArpOperation,
    /// 1, Ethernet.
    pub hardware_type: u16,
    /// 0x0800, IPv4.
    pub protocol_type: u16,
    /// 6.
    pub hardware_length: u8,
    /// 4.
    pub protocol_length: u8,
    /// The sender's MAC address.
    pub sender_mac: [u8; 6],
    /// The sender's IPv4 address.
    pub sender_ip: [u8; 4],
    /// The target's MAC address.
    pub target_mac: [u8; 6],
    /// The target's IPv4 address.
    pub target_ip: [u8; 4],
}

impl ArpPacket {
    /// A packet for IPv4 over Ethernet.
    pub fn new(
        operation: ArpOperation,
        sender_mac: [u8; 6],
        sender_ip: [u8; 4],
        target_mac: [u8; 6],
        target_ip: [u8; 4],
    ) -> Self {
        Self {
            operation,
            hardware_type: 1,
            protocol_type: ETHERTYPE_IPV4,
            hardware_length: 6,
            protocol_length: 4,
            sender_mac,
            sender_ip,
            target_mac,
            target_ip,
        }
    }

    /// Reads a request: the payload of a frame, without padding.
    ///
    /// # Errors
    ///
    /// For what is not exactly a request for IPv4 over Ethernet.
    pub fn parse_request(packet: &[u8]) -> Result<Self, ArpError> {
        let mut parsed = sys::dumbo_arp_packet {
            struct_size: size_of_struct::<sys::dumbo_arp_packet>(),
            ..sys::dumbo_arp_packet::default()
        };
        // SAFETY: address and length are a slice's, and the packet states its size.
        ArpError::check(unsafe { sys::dumbo_arp_parse_request(packet.as_ptr(), packet.len(), &mut parsed) })?;
        Ok(Self {
            operation: ArpOperation::Request,
            hardware_type: parsed.hardware_type,
            protocol_type: parsed.protocol_type,
            hardware_length: parsed.hardware_length,
            protocol_length: parsed.protocol_length,
            sender_mac: parsed.sender_mac,
            sender_ip: parsed.sender_ip,
            target_mac: parsed.target_mac,
            target_ip: parsed.target_ip,
        })
    }

    /// The answer to this request: its target address is at `mac`.
    pub fn reply(&self, mac: [u8; 6]) -> Self {
        Self::new(ArpOperation::Reply, mac, self.target_ip, self.sender_mac, self.sender_ip)
    }

    /// Writes the packet into a buffer of exactly its length. Types and lengths are always those of IPv4 over Ethernet.
    ///
    /// # Errors
    ///
    /// [`LengthMismatch`](ArpError::LengthMismatch) for any other buffer, which is unchanged then.
    pub fn write(&self, buf: &mut [u8]) -> Result<(), ArpError> {
        let packet = sys::dumbo_arp_packet {
            struct_size: size_of_struct::<sys::dumbo_arp_packet>(),
            operation: self.operation as u16,
            sender_mac: self.sender_mac,
            sender_ip: self.sender_ip,
            target_mac: self.target_mac,
            target_ip: self.target_ip,
            ..sys::dumbo_arp_packet::default()
        };
        // SAFETY: address and length are a slice's, and the packet states its size.
        ArpError::check(unsafe { sys::dumbo_arp_write(buf.as_mut_ptr(), buf.len(), &packet) })
    }
}

/// Whether a frame would be about an address if it were ARP: a cheap first test without false negatives.
pub fn frame_is_for(frame: &[u8], ipv4: [u8; 4]) -> bool {
    // SAFETY: address and length are a slice's, and the address has the four bytes that are read.
    unsafe { sys::dumbo_arp_frame_is_for(frame.as_ptr(), frame.len(), ipv4.as_ptr()) }
}
