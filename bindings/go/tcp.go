// SPDX-License-Identifier: Apache-2.0

package dumbo

// #include "shim.h"
import "C"

// TCP segments.
const (
	TCPHeaderLength     = C.DUMBO_TCP_HEADER_LENGTH
	TCPSegmentLengthMax = C.DUMBO_TCP_MAX_SEGMENT_LENGTH // no longer one is ever written
)

// MSSOption is what the options of a segment say about the MSS.
type MSSOption uint8

// What the options of a segment say about the MSS.
const (
	MSSOptionAbsent  MSSOption = C.DUMBO_MSS_OPTION_ABSENT
	MSSOptionPresent MSSOption = C.DUMBO_MSS_OPTION_PRESENT
	MSSOptionInvalid MSSOption = C.DUMBO_MSS_OPTION_INVALID // malformed options, or a value out of range
)

// TCPSegment is a parsed TCP header.
type TCPSegment struct {
	SourcePort, DestinationPort uint16
	Seq, Ack                    uint32
	HeaderLength                int // 20 to 60, also the payload's offset
	Flags                       TCPFlags
	ReservedBits                uint8 // byte 12 AND 0x0e
	NS                          bool  // byte 12 AND 0x01
	Window                      uint16
	Checksum                    uint16
	UrgentPointer               uint16
	Length                      int // of the segment; 65535 for a longer one
	PayloadLength               int // Length less HeaderLength
	MSSOption                   MSSOption
	MSS                         uint16 // the option's value, 0 unless it is present
}

// TCPFields is what to write into a TCP header.
type TCPFields struct {
	Seq, Ack     uint32
	Window       uint16
	Flags        TCPFlags
	HasMSSOption bool
	MSSOption    uint16 // the option's value, any
	MSSRemaining uint16 // upper bound of MSS option and payload together
	PayloadMax   uint64 // at most so many bytes of payload are used
}

// RST is what makes a segment a RST.
type RST struct {
	Flags    TCPFlags // FlagRST, or FlagRST | FlagACK
	Seq, Ack uint32
}

// ParseTCP parses a TCP segment. Bytes past 65535 count for the checksum only.
//
// Errors: ErrTruncated, ErrHeaderLength; ErrChecksum if addresses are given and the checksum does not verify;
// ErrInvalidArgument for addresses that are not two of IPv4.
func ParseTCP(segment []byte, verify AddressPair) (TCPSegment, error) {
	addresses, err := verify.forC()
	if err != nil {
		return TCPSegment{}, err
	}
	got := C.dumbo_go_tcp_parse(first(segment), C.size_t(len(segment)), addresses)
	return TCPSegment{
		SourcePort:      uint16(got.value.source_port),
		DestinationPort: uint16(got.value.destination_port),
		Seq:             uint32(got.value.seq),
		Ack:             uint32(got.value.ack),
		HeaderLength:    int(got.value.header_length),
		Flags:           TCPFlags(got.value.flags),
		ReservedBits:    uint8(got.value.reserved_bits),
		NS:              got.value.ns != 0,
		Window:          uint16(got.value.window),
		Checksum:        uint16(got.value.checksum),
		UrgentPointer:   uint16(got.value.urgent_pointer),
		Length:          int(got.value.length),
		PayloadLength:   int(got.value.payload_length),
		MSSOption:       MSSOption(got.value.mss_option),
		MSS:             uint16(got.value.mss),
	}, toError(got.code)
}

// WriteTCP writes a complete TCP segment to the start of buf: the header, and as much of the payload as PayloadMax,
// MSSRemaining, buf and TCPSegmentLengthMax all allow. It returns the segment's length; with ErrBufferTooSmall, that of
// its header. The payload's sequence number is not looked at.
//
// Errors: ErrBufferTooSmall; ErrMSSOptionRoom; ErrEmptyPayload if there is a payload and no byte of it can be carried; a
// [ReadError]; ErrInvalidArgument for a Checksum that is unknown, or lacks its addresses, and for a payload of a negative
// size.
func WriteTCP(buf []byte, fields TCPFields, payload Payload, to Addressing) (n int, err error) {
	addressing, err := to.forC()
	if err != nil {
		return 0, err
	}
	if payload.reader != nil {
		return writeTCPFromReader(buf, fields, payload, addressing)
	}
	source, err := payload.forC(0)
	if err != nil {
		return 0, err
	}
	written := C.dumbo_go_tcp_write(first(buf), C.size_t(len(buf)), fields.forC(), source, first(payload.bytes), addressing)
	return int(written.length), toError(written.code)
}

func writeTCPFromReader(buf []byte, fields TCPFields, payload Payload, to C.dumbo_addressing) (int, error) {
	reader := lend(payload.reader)
	defer reader.end()
	source, err := payload.forC(reader.handle)
	if err != nil {
		return 0, err
	}
	written := C.dumbo_go_tcp_write(first(buf), C.size_t(len(buf)), fields.forC(), source, nil, to)
	return int(written.length), reader.result(written.code)
}

func (f TCPFields) forC() C.dumbo_tcp_fields {
	fields := C.dumbo_tcp_fields{
		seq:           C.uint32_t(f.Seq),
		ack:           C.uint32_t(f.Ack),
		window:        C.uint16_t(f.Window),
		flags:         C.uint8_t(f.Flags),
		mss_option:    C.uint16_t(f.MSSOption),
		mss_remaining: C.uint16_t(f.MSSRemaining),
		payload_max:   C.uint64_t(f.PayloadMax),
	}
	if f.HasMSSOption {
		fields.has_mss_option = 1
	}
	return fields
}

// RSTFor returns the RST that answers a segment which belongs to no connection. Never answer a RST with a RST: that check
// is the caller's. A segment that does not parse is ErrTruncated or ErrHeaderLength.
func RSTFor(segment []byte) (RST, error) {
	got := C.dumbo_go_rst_config_for_segment(first(segment), C.size_t(len(segment)))
	return toRST(got.value), toError(got.code)
}

// WriteRST writes a RST of 20 bytes to the start of buf, and returns its length, also with ErrBufferTooSmall. Flags that
// are no RST's, and a Checksum that is unknown, or lacks its addresses, are ErrInvalidArgument.
func WriteRST(buf []byte, rst RST, to Addressing) (n int, err error) {
	addressing, err := to.forC()
	if err != nil {
		return 0, err
	}
	config := C.dumbo_rst_config{flags: C.uint32_t(rst.Flags), seq: C.uint32_t(rst.Seq), ack: C.uint32_t(rst.Ack)}
	written := C.dumbo_go_rst_write(first(buf), C.size_t(len(buf)), config, addressing)
	return int(written.length), toError(written.code)
}

func toRST(config C.dumbo_rst_config) RST {
	return RST{TCPFlags(config.flags), uint32(config.seq), uint32(config.ack)}
}
