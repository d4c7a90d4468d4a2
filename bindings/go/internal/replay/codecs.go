// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/hex"
	"fmt"
	"strings"

	dumbo "github.com/libdumbo/libdumbo/bindings/go"
)

// codecs are the verbs of each kind of file.
var codecs = map[string]map[string]func(record) result{
	"tcp_parse": {"parse": parseTCP},
	"tcp_write": {"build": buildTCP},
	"checksum":  {"csum": checksum},
	"seq":       {"seq": order},
	"rst":       {"rst": rst},
	"ethernet":  {"eth_parse": parseEthernet, "eth_build": buildEthernet},
	"arp":       {"arp_parse": parseARP, "arp_build": buildARP, "arp_spec": matchARP},
	"ipv4":      {"ip_parse": parseIPv4, "ip_build": buildIPv4, "ip_spec": matchIPv4},
}

func runCodec(kind string, r record) result {
	run, found := codecs[kind][r.verb]
	if !found {
		refuse(r.line, "the verb '%s' in a file of kind '%s'", r.verb, kind)
	}
	return run(r)
}

func parseTCP(r record) result {
	header, err := dumbo.ParseTCP(r.fields.bytes("seg"), r.fields.pair("verify"))
	if err != nil {
		return failure(err)
	}
	return ok("sport=%d dport=%d seq=%d ack=%d hlen=%d rsvd=%d ns=%d flags=%x win=%d csum=%x urg=%d len=%d plen=%d mss=%s",
		header.SourcePort, header.DestinationPort, header.Seq, header.Ack, header.HeaderLength, header.ReservedBits,
		bit(header.NS), uint8(header.Flags), header.Window, header.Checksum, header.UrgentPointer, header.Length,
		header.PayloadLength, mss(header))
}

func mss(header dumbo.TCPSegment) string {
	switch header.MSSOption {
	case dumbo.MSSOptionAbsent:
		return "none"
	case dumbo.MSSOptionInvalid:
		return "err"
	}
	return fmt.Sprint(header.MSS)
}

func buildTCP(r record) result {
	f := r.fields
	segment := make([]byte, f.length("buf"))
	fields := dumbo.TCPFields{
		Seq: f.u32("seq"), Ack: f.u32("ack"), Window: f.u16("win"), Flags: dumbo.TCPFlags(f.hex8("flags")),
		HasMSSOption: f.text("mssopt") != "-", MSSRemaining: f.u16("mss"),
	}
	if fields.HasMSSOption {
		fields.MSSOption = f.u16("mssopt")
	}
	var payload dumbo.Payload
	if f.text("pay") != "-" {
		source, most, _ := strings.Cut(f.text("pay"), ":")
		payload = parseRun(r.line, source).payload(r.line)
		fields.PayloadMax = readFields(r.line, "MAX="+most).u64("MAX")
	}
	n, err := dumbo.WriteTCP(segment, fields, payload, f.addressing())
	if err != nil {
		return failure(err)
	}
	return written("seg", segment[:n])
}

func checksum(r record) result {
	f := r.fields
	addresses := dumbo.AddressPair{Source: f.address("src"), Destination: f.address("dst")}
	compute := dumbo.ChecksumTCP
	switch f.text("proto") {
	case "tcp":
	case "udp":
		compute = dumbo.ChecksumUDP
	default:
		refuse(r.line, "the protocol '%s'", f.text("proto"))
	}
	sum, err := compute(addresses, f.bytes("data"))
	if err != nil {
		return failure(err)
	}
	return values("sum=%x", sum)
}

func order(r record) result {
	a, b := r.fields.u32("a"), r.fields.u32("b")
	return values("after=%d at_or_after=%d", bit(dumbo.SeqAfter(a, b)), bit(dumbo.SeqAtOrAfter(a, b)))
}

// The header's fields are those of the RST that is written.
func rst(r record) result {
	config, err := dumbo.RSTFor(r.fields.bytes("seg"))
	if err != nil {
		return failure(err)
	}
	segment := make([]byte, dumbo.TCPHeaderLength)
	if _, err := dumbo.WriteRST(segment, config, dumbo.Addressing{Checksum: dumbo.ChecksumNone}); err != nil {
		return failure(err)
	}
	header, err := dumbo.ParseTCP(segment, dumbo.AddressPair{})
	if err != nil {
		return failure(err)
	}
	return values("cfg=%s seq=%d ack=%d flags=%x", rstText(config), header.Seq, header.Ack, uint8(header.Flags))
}

func rstText(rst dumbo.RST) string {
	if rst.Flags&dumbo.FlagACK != 0 {
		return fmt.Sprintf("ack:%d", rst.Ack)
	}
	return fmt.Sprintf("seq:%d", rst.Seq)
}

func parseEthernet(r record) result {
	header, err := dumbo.ParseEthernet(r.fields.bytes("data"))
	if err != nil {
		return failure(err)
	}
	return ok("dst=%v src=%v type=%x len=%d poff=%d plen=%d", header.Destination, header.Source, header.EtherType,
		header.PayloadOffset+header.PayloadLength, header.PayloadOffset, header.PayloadLength)
}

func buildEthernet(r record) result {
	f := r.fields
	frame := make([]byte, f.length("buf"))
	n, err := dumbo.WriteEthernet(frame, f.mac("dst"), f.mac("src"), f.hex16("type"), f.length("plen"))
	if err != nil {
		return failure(err)
	}
	return written("frame", frame[:n])
}

func parseARP(r record) result {
	packet, err := dumbo.ParseARPRequest(r.fields.bytes("data"))
	if err != nil {
		return failure(err)
	}
	return ok("htype=%d ptype=%x hlen=%d plen=%d oper=%d sha=%v spa=%v tha=%v tpa=%v", packet.HardwareType,
		packet.ProtocolType, packet.HardwareLength, packet.ProtocolLength, packet.Operation, packet.SenderMAC,
		packet.SenderIP, packet.TargetMAC, packet.TargetIP)
}

func buildARP(r record) result {
	f := r.fields
	operations := map[string]dumbo.ARPOperation{"request": dumbo.ARPRequest, "reply": dumbo.ARPReply}
	operation, found := operations[f.text("op")]
	if !found {
		refuse(r.line, "the operation '%s'", f.text("op"))
	}
	frame := make([]byte, f.length("buf"))
	err := dumbo.WriteARP(frame, dumbo.ARPPacket{
		Operation: operation,
		SenderMAC: f.mac("sha"), SenderIP: f.address("spa"),
		TargetMAC: f.mac("tha"), TargetIP: f.address("tpa"),
	})
	if err != nil {
		return failure(err)
	}
	return written("frame", frame)
}

func matchARP(r record) result {
	return values("match=%d", bit(dumbo.ARPFrameIsFor(r.fields.bytes("data"), r.fields.address("addr"))))
}

func parseIPv4(r record) result {
	packet := r.fields.bytes("data")
	header, err := dumbo.ParseIPv4(packet, r.fields.bit("verify"))
	if err != nil {
		return failure(err)
	}
	return ok("ver=%d hlen=%d dscp=%d ecn=%d total=%d id=%d flags=%d frag=%d ttl=%d proto=%d csum=%x src=%v dst=%v "+
		"plen=%d calc=%x", header.Version, header.HeaderLength, header.DSCP, header.ECN, header.TotalLength,
		header.Identification, header.Flags, header.FragmentOffset, header.TTL, header.Protocol, header.Checksum,
		header.Source, header.Destination, header.PayloadLength, dumbo.Checksum(packet[:header.PayloadOffset]))
}

func buildIPv4(r record) result {
	f := r.fields
	packet := make([]byte, f.length("buf"))
	n, err := dumbo.WriteIPv4(packet, dumbo.IPv4Fields{
		Source: f.address("src"), Destination: f.address("dst"), Protocol: f.u8("proto"), TTL: 1,
		OptionsLength: int(f.u16("opts")), PayloadLength: int(f.u16("plen")), Checksum: f.bit("csum"),
	})
	if err != nil {
		return failure(err)
	}
	return values("header=%x total=%d", packet[:dumbo.IPv4HeaderLength], n)
}

func matchIPv4(r record) result {
	return values("match=%d", bit(dumbo.IPv4FrameIsFor(r.fields.bytes("data"), r.fields.address("addr"))))
}

// values makes a result of KEY=VALUE tokens.
func values(format string, arguments ...any) result {
	return result{values: readFields(0, fmt.Sprintf(format, arguments...)).values}
}

func ok(format string, arguments ...any) result {
	succeeded := values(format, arguments...)
	succeeded.word = "ok"
	return succeeded
}

func written(key string, bytes []byte) result {
	return result{values: map[string]string{key: hex.EncodeToString(bytes)}}
}

func bit(truth bool) int {
	if truth {
		return 1
	}
	return 0
}

// failure names an error as the codecs' vectors do.
func failure(err error) result {
	if err == dumbo.ErrBufferTooSmall {
		return result{failure: "slice_too_short"}
	}
	return result{failure: failureName(err)}
}

func failureName(err error) string {
	if name, found := failureNames[err]; found {
		return name
	}
	return err.Error()
}

var failureNames = map[error]string{
	dumbo.ErrInvalidArgument:   "invalid_argument",
	dumbo.ErrBufferTooSmall:    "buffer_too_small",
	dumbo.ErrInvalidSYN:        "invalid_syn",
	dumbo.ErrMSSOption:         "mss_option",
	dumbo.ErrPayloadTooLarge:   "payload_buf_too_large",
	dumbo.ErrPayloadMissingSeq: "payload_missing_seq",
	dumbo.ErrDataAfterFIN:      "data_after_fin",
	dumbo.ErrMSSReserved:       "mss_remaining",
	dumbo.ErrMSSOptionRoom:     "mss_remaining",
	dumbo.ErrEmptyPayload:      "empty_payload",
	dumbo.ErrTruncated:         "slice_too_short",
	dumbo.ErrHeaderLength:      "header_len",
	dumbo.ErrChecksum:          "checksum",
	dumbo.ErrIPVersion:         "version",
	dumbo.ErrTotalLength:       "invalid_total_len",
	dumbo.ErrLengthMismatch:    "slice_exact_len",
	dumbo.ErrHardwareType:      "htype",
	dumbo.ErrProtocolType:      "ptype",
	dumbo.ErrHardwareLength:    "hlen",
	dumbo.ErrProtocolLength:    "plen",
	dumbo.ErrOperation:         "operation",
	dumbo.ErrConnectionReset:   "connection_reset",
}
