// SPDX-License-Identifier: Apache-2.0

package dumbo

// #include "shim.h"
import "C"

import (
	"math"
	"net/netip"
)

// IPv4.
const (
	IPv4HeaderLength = C.DUMBO_IPV4_HEADER_LENGTH
	ProtocolTCP      = C.DUMBO_IPV4_PROTOCOL_TCP
	ProtocolUDP      = C.DUMBO_IPV4_PROTOCOL_UDP
)

// IPv4Header is an IPv4 header as received, and where the payload lies in the packet.
type IPv4Header struct {
	Version                      int // 4
	HeaderLength                 int // 20 to 60; options lie behind the first 20 bytes
	DSCP, ECN                    uint8
	TotalLength                  int
	Identification               uint16
	FragmentOffset               int   // in units of 8 bytes
	Flags                        uint8 // 2 is DF, 1 is MF
	TTL                          uint8
	Protocol                     uint8
	Checksum                     uint16
	Source, Destination          netip.Addr
	PayloadOffset, PayloadLength int
}

// IPv4Fields is what to write into an IPv4 header.
type IPv4Fields struct {
	Source, Destination netip.Addr
	Protocol            uint8
	TTL                 uint8
	Identification      uint16
	// OptionsLength is how many bytes lie between header and payload, 0 to 40. They are the caller's, and so is the IHL
	// field, which says 20 bytes even so.
	OptionsLength int
	PayloadLength int
	Checksum      bool // compute the header's checksum; it is 0 otherwise
}

// IPv4FrameIsFor tells whether a frame would go to an address if it were an IPv4 packet: a cheap first test without false
// negatives.
func IPv4FrameIsFor(frame []byte, address netip.Addr) bool {
	octets, err := octets(address)
	return err == nil &&
		bool(C.dumbo_go_ipv4_frame_is_for(first(frame), C.size_t(len(frame)), C.dumbo_address_pair{source: octets}))
}

// IPv4TotalLength returns the total length that an IPv4 header states, to cut the padding of an Ethernet frame; 0 for
// fewer than 20 bytes.
func IPv4TotalLength(packet []byte) int {
	return int(C.dumbo_ipv4_total_length(first(packet), C.size_t(len(packet))))
}

// ParseIPv4 parses an IPv4 packet of exactly the total length that it states, and verifies the header's checksum if asked
// to. Fragments parse like other packets: look at Flags and FragmentOffset.
//
// Errors: ErrTruncated, ErrIPVersion, ErrHeaderLength, ErrTotalLength, ErrLengthMismatch, ErrChecksum.
func ParseIPv4(packet []byte, verify bool) (IPv4Header, error) {
	var flags C.uint32_t
	if verify {
		flags = C.DUMBO_IPV4_CHECKSUM
	}
	got := C.dumbo_go_ipv4_parse(first(packet), C.size_t(len(packet)), flags)
	if err := toError(got.code); err != nil {
		return IPv4Header{}, err
	}
	return IPv4Header{
		Version:        int(got.value.version),
		HeaderLength:   int(got.value.header_length),
		DSCP:           uint8(got.value.dscp),
		ECN:            uint8(got.value.ecn),
		TotalLength:    int(got.value.total_length),
		Identification: uint16(got.value.identification),
		FragmentOffset: int(got.value.fragment_offset),
		Flags:          uint8(got.value.flags),
		TTL:            uint8(got.value.ttl),
		Protocol:       uint8(got.value.protocol),
		Checksum:       uint16(got.value.checksum),
		Source:         toAddress(got.value.source),
		Destination:    toAddress(got.value.destination),
		PayloadOffset:  int(got.value.payload_offset),
		PayloadLength:  int(got.value.payload_length),
	}, nil
}

// WriteIPv4 writes an IPv4 header to the start of buf, in front of options and payload that are not touched, and returns
// the length of the packet. With ErrBufferTooSmall that is the length needed. An address that is not IPv4, lengths out of
// their range, and a packet longer than 65535 bytes are ErrInvalidArgument.
func WriteIPv4(buf []byte, fields IPv4Fields) (n int, err error) {
	addresses, err := AddressPair{fields.Source, fields.Destination}.given()
	if err != nil {
		return 0, err
	}
	if !fits16Bits(fields.OptionsLength) || !fits16Bits(fields.PayloadLength) {
		return 0, ErrInvalidArgument
	}
	var flags C.uint32_t
	if fields.Checksum {
		flags = C.DUMBO_IPV4_CHECKSUM
	}
	written := C.dumbo_go_ipv4_write(first(buf), C.size_t(len(buf)), C.dumbo_ipv4_fields{
		source:         addresses.source,
		destination:    addresses.destination,
		protocol:       C.uint8_t(fields.Protocol),
		ttl:            C.uint8_t(fields.TTL),
		identification: C.uint16_t(fields.Identification),
		options_length: C.uint16_t(fields.OptionsLength),
		payload_length: C.uint16_t(fields.PayloadLength),
		flags:          flags,
	})
	return int(written.length), toError(written.code)
}

func fits16Bits(length int) bool { return length >= 0 && length <= math.MaxUint16 }
