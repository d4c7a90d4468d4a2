// SPDX-License-Identifier: Apache-2.0

package dumbo

// #include "shim.h"
import "C"

import (
	"fmt"
	"io"
	"net/netip"
	"reflect"
)

// The limits of a stack.
const (
	StackPortsMax       = C.DUMBO_STACK_PORTS_MAX       // ports that one stack can listen on
	StackConnectionsMax = C.DUMBO_STACK_CONNECTIONS_MAX // connections that one stack can have room for
	StackBufferMax      = C.DUMBO_STACK_BUFFER_MAX      // bytes for one direction of one connection
	StackFrameMinimum   = C.DUMBO_STACK_FRAME_MINIMUM   // the shortest buffer for Stack.NextFrame
)

// Offloads is what the guest's device does for a stack, as bits.
type Offloads uint32

// What the guest's device does for a stack.
const (
	OffloadChecksum Offloads = C.DUMBO_STACK_OFFLOAD_CHECKSUM // it completes checksums: VIRTIO_NET_F_GUEST_CSUM
	OffloadTSO4     Offloads = C.DUMBO_STACK_OFFLOAD_TSO4     // it cuts segments: VIRTIO_NET_F_GUEST_TSO4, only with the other
)

// StackConfig says what a stack shall be like. Begin with [NewStackConfig].
type StackConfig struct {
	MAC            MAC            // ours, of one station and not 0
	Address        netip.Addr     // ours, IPv4
	Ports          []uint16       // that are listened on, 1 to StackPortsMax, not 0
	RTOPeriod      uint64         // the retransmission timeout in units of now, not 0
	RTOCountMax    uint16         // this many consecutive timeouts reset a connection, not 0
	Options        Options        // of every connection; OptionsGuestFacing by default
	MaxConnections uint32         // that can exist at a time, half-open ones included
	MaxHalfOpen    uint32         // of these may be in their handshake
	ReceiveBuffer  uint32         // bytes for each connection; also the receive window
	SendBuffer     uint32         // the same for what is written
	MaxReplies     uint32         // RSTs of no connection that can wait to be sent
	Checksum       ChecksumPolicy // of TCP in what goes out
	Offloads       Offloads       // see Stack.SetOffloads
	MTU            uint16         // of the link, at least 68
	TTL            uint8          // time to live of what goes out, not 0
	TrustChecksums bool           // do not verify the checksums of IPv4 and TCP in what comes in
	IdleThreshold  uint64         // a connection silent for so long gives way to a new one; Never for never
	HashKey        uint64         // a secret, or 0 to have the operating system choose one; it is not printed
}

// NewStackConfig returns the library's defaults, with what has none: our addresses, the retransmission timeout in the
// caller's unit of time, and the ports to listen on.
func NewStackConfig(mac MAC, address netip.Addr, rtoPeriod uint64, ports ...uint16) StackConfig {
	defaults := C.dumbo_go_stack_defaults()
	return StackConfig{
		MAC:            mac,
		Address:        address,
		Ports:          ports,
		RTOPeriod:      rtoPeriod,
		RTOCountMax:    uint16(defaults.rto_count_max),
		Options:        Options(defaults.options),
		MaxConnections: uint32(defaults.max_connections),
		MaxHalfOpen:    uint32(defaults.max_half_open),
		ReceiveBuffer:  uint32(defaults.receive_buffer),
		SendBuffer:     uint32(defaults.send_buffer),
		MaxReplies:     uint32(defaults.max_replies),
		Checksum:       ChecksumPolicy(defaults.checksum),
		Offloads:       Offloads(defaults.offloads),
		MTU:            uint16(defaults.mtu),
		TTL:            uint8(defaults.ttl),
		TrustChecksums: defaults.flags&C.DUMBO_STACK_TRUST_CHECKSUMS != 0,
		IdleThreshold:  uint64(defaults.idle_threshold),
		HashKey:        uint64(defaults.hash_key),
	}
}

// Format writes the config for fmt, the same with every verb, and leaves out the HashKey: what is printed gets into logs.
func (c StackConfig) Format(to fmt.State, _ rune) {
	fields := reflect.ValueOf(c)
	separator := "{"
	for i := 0; i < fields.NumField(); i++ {
		if name := fields.Type().Field(i).Name; name != "HashKey" {
			fmt.Fprintf(to, "%s%s:%v", separator, name, fields.Field(i))
			separator = " "
		}
	}
	io.WriteString(to, "}")
}

// Size returns the bytes that a stack needs, buffers and all: it never asks for more, whatever the guest does. A field out
// of its range is ErrInvalidArgument.
func (c StackConfig) Size() (uint64, error) {
	config, err := c.forC()
	if err != nil {
		return 0, err
	}
	size := C.dumbo_go_stack_size(config)
	return uint64(size.length), toError(size.code)
}

func (c StackConfig) forC() (C.dumbo_stack_config, error) {
	address, err := octets(c.Address)
	if err != nil || len(c.Ports) > StackPortsMax {
		return C.dumbo_stack_config{}, ErrInvalidArgument
	}
	config := C.dumbo_stack_config{
		mac:             c.MAC.forC(),
		ipv4:            address,
		rto_count_max:   C.uint16_t(c.RTOCountMax),
		options:         C.uint32_t(c.Options),
		max_connections: C.uint32_t(c.MaxConnections),
		max_half_open:   C.uint32_t(c.MaxHalfOpen),
		receive_buffer:  C.uint32_t(c.ReceiveBuffer),
		send_buffer:     C.uint32_t(c.SendBuffer),
		max_replies:     C.uint32_t(c.MaxReplies),
		checksum:        C.uint32_t(c.Checksum),
		offloads:        C.uint32_t(c.Offloads),
		mtu:             C.uint16_t(c.MTU),
		ttl:             C.uint8_t(c.TTL),
		rto_period:      C.uint64_t(c.RTOPeriod),
		idle_threshold:  C.uint64_t(c.IdleThreshold),
		hash_key:        C.uint64_t(c.HashKey),
	}
	if c.TrustChecksums {
		config.flags = C.DUMBO_STACK_TRUST_CHECKSUMS
	}
	for i, port := range c.Ports {
		config.ports[i] = C.uint16_t(port)
	}
	return config, nil
}
