// SPDX-License-Identifier: Apache-2.0

package dumbo

// #include "shim.h"
import "C"

import (
	"fmt"
	"net/netip"
)

// MAC is an Ethernet address.
type MAC [6]byte

// String writes the address as "aa:bb:cc:dd:ee:ff".
func (m MAC) String() string {
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5])
}

// AddressPair has the IPv4 addresses of a packet, with which the checksum of the segment in it is verified. The zero
// value stands for no addresses: the checksum is not verified then, because a device has done so, for example.
type AddressPair struct {
	Source, Destination netip.Addr
}

// ChecksumPolicy says what is put into a segment's checksum field.
type ChecksumPolicy uint32

// What can be put into a segment's checksum field.
const (
	ChecksumFull         ChecksumPolicy = C.DUMBO_CHECKSUM_FULL          // the checksum of everything
	ChecksumNone         ChecksumPolicy = C.DUMBO_CHECKSUM_NONE          // zero: the device or the peer does without
	ChecksumPseudoHeader ChecksumPolicy = C.DUMBO_CHECKSUM_PSEUDO_HEADER // the sum that a device is to complete
)

// Addressing makes an outgoing segment complete.
type Addressing struct {
	// Source is our end, Destination the peer's. The addresses are not looked at with ChecksumNone.
	Source, Destination netip.AddrPort
	Checksum            ChecksumPolicy
	// TSO says that the device cuts segments (TSO4): payload beyond the MSS is written in one, see Sent. It is for
	// Connection.WriteNextSegment, as is MSSReserved.
	TSO bool
	// MSSReserved is how many bytes of the MSS lower layers use up, at most the MSS; 0 most of the time.
	MSSReserved uint16
}

func (a AddressPair) forC() (C.dumbo_go_verify, error) {
	if a == (AddressPair{}) {
		return C.dumbo_go_verify{}, nil
	}
	addresses, err := a.given()
	return C.dumbo_go_verify{is_given: true, addresses: addresses}, err
}

// given is for where addresses must not be missing.
func (a AddressPair) given() (C.dumbo_address_pair, error) {
	source, err := octets(a.Source)
	if err != nil {
		return C.dumbo_address_pair{}, err
	}
	destination, err := octets(a.Destination)
	return C.dumbo_address_pair{source: source, destination: destination}, err
}

func (a Addressing) forC() (C.dumbo_addressing, error) {
	addressing := C.dumbo_addressing{
		checksum:         C.uint32_t(a.Checksum),
		source_port:      C.uint16_t(a.Source.Port()),
		destination_port: C.uint16_t(a.Destination.Port()),
	}
	if a.TSO {
		addressing.flags = C.DUMBO_ADDRESSING_TSO4
	}
	if a.Checksum == ChecksumNone {
		return addressing, nil
	}
	addresses, err := AddressPair{a.Source.Addr(), a.Destination.Addr()}.given()
	addressing.source, addressing.destination = addresses.source, addresses.destination
	return addressing, err
}

func octets(address netip.Addr) (octets [4]C.uint8_t, err error) {
	if !address.Is4() && !address.Is4In6() {
		return octets, ErrInvalidArgument
	}
	for i, octet := range address.As4() {
		octets[i] = C.uint8_t(octet)
	}
	return octets, nil
}

func toAddress(octets [4]C.uint8_t) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(octets[0]), byte(octets[1]), byte(octets[2]), byte(octets[3])})
}

func (m MAC) forC() (octets [6]C.uint8_t) {
	for i, octet := range m {
		octets[i] = C.uint8_t(octet)
	}
	return octets
}

func toMAC(octets [6]C.uint8_t) (m MAC) {
	for i, octet := range octets {
		m[i] = byte(octet)
	}
	return m
}
