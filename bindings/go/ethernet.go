// SPDX-License-Identifier: Apache-2.0

package dumbo

// #include "shim.h"
import "C"

import "net/netip"

// Ethernet.
const (
	EthernetHeaderLength = C.DUMBO_ETHERNET_HEADER_LENGTH
	EtherTypeIPv4        = C.DUMBO_ETHERTYPE_IPV4
	EtherTypeARP         = C.DUMBO_ETHERTYPE_ARP
)

// EthernetHeader is an Ethernet II header, and where the payload lies in the frame.
type EthernetHeader struct {
	Destination, Source          MAC
	EtherType                    uint16
	PayloadOffset, PayloadLength int
}

// ParseEthernet parses an Ethernet II frame without FCS. Padding behind a short packet is part of the payload here: cut it
// to the packet's own length. Fewer than 14 bytes are ErrTruncated.
func ParseEthernet(frame []byte) (EthernetHeader, error) {
	got := C.dumbo_go_ethernet_parse(first(frame), C.size_t(len(frame)))
	return EthernetHeader{
		Destination:   toMAC(got.value.destination),
		Source:        toMAC(got.value.source),
		EtherType:     uint16(got.value.ethertype),
		PayloadOffset: int(got.value.payload_offset),
		PayloadLength: int(got.value.payload_length),
	}, toError(got.code)
}

// WriteEthernet writes an Ethernet II header to the start of buf, in front of a payload of so many bytes that is not
// touched, and returns the length of the frame. With ErrBufferTooSmall that is the length needed. A negative length of the
// payload is ErrInvalidArgument.
func WriteEthernet(buf []byte, destination, source MAC, etherType uint16, payloadLength int) (n int, err error) {
	if payloadLength < 0 {
		return 0, ErrInvalidArgument
	}
	header := C.dumbo_ethernet_header{
		destination: destination.forC(),
		source:      source.forC(),
		ethertype:   C.uint16_t(etherType),
	}
	written := C.dumbo_go_ethernet_write(first(buf), C.size_t(len(buf)), header, C.size_t(payloadLength))
	return int(written.length), toError(written.code)
}

// ARPLength is the length of an ARP packet for IPv4 over Ethernet.
const ARPLength = C.DUMBO_ARP_LENGTH

// ARPOperation is what an ARP packet is for.
type ARPOperation uint16

// What an ARP packet is for.
const (
	ARPRequest ARPOperation = C.DUMBO_ARP_REQUEST
	ARPReply   ARPOperation = C.DUMBO_ARP_REPLY
)

// ARPPacket is an ARP packet for IPv4 over Ethernet.
type ARPPacket struct {
	Operation      ARPOperation
	SenderMAC      MAC
	SenderIP       netip.Addr
	TargetMAC      MAC
	TargetIP       netip.Addr
	HardwareType   uint16 // 1; this and the following are ignored when writing
	ProtocolType   uint16 // 0x0800
	HardwareLength uint8  // 6
	ProtocolLength uint8  // 4
}

// ARPFrameIsFor tells whether a frame would be about an address if it were an ARP packet: a cheap first test without
// false negatives.
func ARPFrameIsFor(frame []byte, address netip.Addr) bool {
	octets, err := octets(address)
	return err == nil &&
		bool(C.dumbo_go_arp_frame_is_for(first(frame), C.size_t(len(frame)), C.dumbo_address_pair{source: octets}))
}

// ParseARPRequest parses an ARP request for IPv4 over Ethernet: exactly 28 bytes, or it is ErrLengthMismatch. A field that
// is not such a request's is the error named after it: ErrHardwareType to ErrOperation.
func ParseARPRequest(packet []byte) (ARPPacket, error) {
	got := C.dumbo_go_arp_parse_request(first(packet), C.size_t(len(packet)))
	if err := toError(got.code); err != nil {
		return ARPPacket{}, err
	}
	return ARPPacket{
		Operation:      ARPOperation(got.value.operation),
		SenderMAC:      toMAC(got.value.sender_mac),
		SenderIP:       toAddress(got.value.sender_ip),
		TargetMAC:      toMAC(got.value.target_mac),
		TargetIP:       toAddress(got.value.target_ip),
		HardwareType:   uint16(got.value.hardware_type),
		ProtocolType:   uint16(got.value.protocol_type),
		HardwareLength: uint8(got.value.hardware_length),
		ProtocolLength: uint8(got.value.protocol_length),
	}, nil
}

// WriteARP writes an ARP request or reply to buf, which must have exactly 28 bytes, or it is ErrLengthMismatch. Another
// operation, and an address that is not IPv4, are ErrInvalidArgument.
func WriteARP(buf []byte, packet ARPPacket) error {
	senderIP, err := octets(packet.SenderIP)
	if err != nil {
		return err
	}
	targetIP, err := octets(packet.TargetIP)
	if err != nil {
		return err
	}
	return toError(C.dumbo_go_arp_write(first(buf), C.size_t(len(buf)), C.dumbo_arp_packet{
		operation:  C.uint16_t(packet.Operation),
		sender_mac: packet.SenderMAC.forC(),
		sender_ip:  senderIP,
		target_mac: packet.TargetMAC.forC(),
		target_ip:  targetIP,
	}))
}
