// SPDX-License-Identifier: Apache-2.0

package dumbo

// #include "shim.h"
import "C"

// Options is what a connection can do beyond its base, each for itself and in any combination.
type Options uint32

// The options of a connection.
const (
	// OptionACKUnacceptable has every unacceptable segment but a RST make an ACK due: old data, repeated FINs,
	// keep-alives, window probes (RFC 9293, 3.10.7.4).
	OptionACKUnacceptable Options = C.DUMBO_OPTION_ACK_UNACCEPTABLE
	// OptionStrictDupACK has only RFC 5681's duplicate ACKs count: no payload, no FIN, same window.
	OptionStrictDupACK Options = C.DUMBO_OPTION_STRICT_DUP_ACK
	// OptionZeroWindowProbe sends one byte every RTOPeriod while the peer's window is closed and there is data to send.
	OptionZeroWindowProbe Options = C.DUMBO_OPTION_ZERO_WINDOW_PROBE
	// OptionWindowUpdate has advancing our window make an ACK due once the peer should hear of it.
	OptionWindowUpdate Options = C.DUMBO_OPTION_WINDOW_UPDATE
	// OptionTolerantHandshake has an ACK of our SYNACK count although a repeated SYN crossed it.
	OptionTolerantHandshake Options = C.DUMBO_OPTION_TOLERANT_HANDSHAKE
	// OptionStrictAcceptance has a segment without ACK, or with an unacceptable one, dropped whole.
	OptionStrictAcceptance Options = C.DUMBO_OPTION_STRICT_ACCEPTANCE
	// OptionRFC5961 has a RST reset at RCV.NXT only; another in the window, or any SYN, draws a challenge ACK.
	OptionRFC5961 Options = C.DUMBO_OPTION_RFC5961
	// OptionLinger has the connection done only when our FIN is acknowledged.
	OptionLinger Options = C.DUMBO_OPTION_LINGER

	OptionsNone        Options = C.DUMBO_OPTIONS_NONE
	OptionsGuestFacing Options = C.DUMBO_OPTIONS_GUEST_FACING // all of them: what a service for real guests wants
)

// Config says how to open a connection. Begin with [NewConfig].
type Config struct {
	LocalWindow uint32 // the initial receive window in bytes, at most MaxWindowSize
	RTOPeriod   uint64 // the retransmission timeout in units of now, not 0
	RTOCountMax uint16 // this many consecutive timeouts reset the connection, not 0
	Options     Options
	Counters    bool   // count, see Connection.Counters
	FixedISN    bool   // use ISN instead of randomness, for tests and replays
	ISN         uint32 // the initial send sequence number, with FixedISN
}

// NewConfig returns the library's defaults, with a retransmission timeout in the caller's unit of time.
func NewConfig(rtoPeriod uint64) Config {
	defaults := C.dumbo_go_connection_defaults()
	return Config{
		LocalWindow: uint32(defaults.local_rwnd_size),
		RTOPeriod:   rtoPeriod,
		RTOCountMax: uint16(defaults.rto_count_max),
		Options:     Options(defaults.options),
	}
}

func (c Config) forC() C.dumbo_connection_config {
	var flags C.uint32_t
	if c.FixedISN {
		flags |= C.DUMBO_CONFIG_ISN
	}
	if c.Counters {
		flags |= C.DUMBO_CONFIG_COUNTERS
	}
	return C.dumbo_connection_config{
		local_rwnd_size: C.uint32_t(c.LocalWindow),
		rto_period:      C.uint64_t(c.RTOPeriod),
		rto_count_max:   C.uint16_t(c.RTOCountMax),
		flags:           flags,
		isn:             C.uint32_t(c.ISN),
		options:         C.uint32_t(c.Options),
	}
}
