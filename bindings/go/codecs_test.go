// SPDX-License-Identifier: Apache-2.0

package dumbo_test

import (
	"net/netip"
	"strings"
	"testing"

	dumbo "github.com/libdumbo/libdumbo/bindings/go"
)

func TestASegmentIsParsedAsItWasWritten(t *testing.T) {
	segment := make([]byte, 100)
	n, err := dumbo.WriteTCP(segment, dumbo.TCPFields{
		Seq: 1, Ack: 2, Window: 3, Flags: dumbo.FlagSYN | dumbo.FlagECE, HasMSSOption: true, MSSOption: 1460, MSSRemaining: 10,
		PayloadMax: 5,
	}, dumbo.Bytes(0, []byte("payload")), toUs)
	must(t, err)
	equal(t, "payload", string(segment[24:n]), "paylo")
	header, err := dumbo.ParseTCP(segment[:n], fromGuest)
	must(t, err)
	equal(t, "header", header, dumbo.TCPSegment{
		SourcePort: guestEnd.Port(), DestinationPort: ourEnd.Port(), Seq: 1, Ack: 2, HeaderLength: 24,
		Flags: dumbo.FlagSYN | dumbo.FlagECE, Window: 3, Checksum: header.Checksum, Length: n, PayloadLength: 5,
		MSSOption: dumbo.MSSOptionPresent, MSS: 1460,
	})
	for bit := 0; bit < 8*n; bit++ {
		segment[bit/8] ^= 1 << (bit % 8)
		if _, err := dumbo.ParseTCP(segment[:n], fromGuest); err == nil {
			t.Errorf("bit %d flipped, and the segment parses", bit)
		}
		segment[bit/8] ^= 1 << (bit % 8)
	}
	for length := 0; length < dumbo.TCPHeaderLength; length++ {
		_, err := dumbo.ParseTCP(segment[:length], dumbo.AddressPair{})
		failed(t, "a prefix", err, dumbo.ErrTruncated)
	}
}

func TestErrorsOfWritingASegment(t *testing.T) {
	fields := dumbo.TCPFields{MSSRemaining: 4, HasMSSOption: true}
	n, err := dumbo.WriteTCP(make([]byte, 19), fields, dumbo.Payload{}, toUs)
	failed(t, "no room", err, dumbo.ErrBufferTooSmall)
	equal(t, "room that is needed", n, 24)
	fields.MSSRemaining = 3
	_, err = dumbo.WriteTCP(make([]byte, 100), fields, dumbo.Payload{}, toUs)
	failed(t, "no room for the option", err, dumbo.ErrMSSOptionRoom)
	_, err = dumbo.WriteTCP(make([]byte, 100), dumbo.TCPFields{}, dumbo.Bytes(0, nil), toUs)
	failed(t, "an empty payload", err, dumbo.ErrEmptyPayload)
	_, err = dumbo.WriteTCP(make([]byte, 100), dumbo.TCPFields{}, dumbo.ReaderAt(0, strings.NewReader(""), -1), toUs)
	failed(t, "a negative length", err, dumbo.ErrInvalidArgument)
	_, err = dumbo.WriteTCP(make([]byte, 100), dumbo.TCPFields{}, dumbo.Payload{}, dumbo.Addressing{})
	failed(t, "no addresses", err, dumbo.ErrInvalidArgument)
}

func TestTheRSTForASegment(t *testing.T) {
	peer := &guest{tb: t, seq: 100}
	rst, err := dumbo.RSTFor(peer.say(dumbo.FlagSYN, ""))
	must(t, err)
	equal(t, "rst", rst, dumbo.RST{Flags: dumbo.FlagRST | dumbo.FlagACK, Ack: 101})
	segment := make([]byte, dumbo.TCPHeaderLength)
	n, err := dumbo.WriteRST(segment, rst, toGuest)
	must(t, err)
	equal(t, "length", n, dumbo.TCPHeaderLength)
	header, err := dumbo.ParseTCP(segment, fromUs)
	must(t, err)
	equal(t, "flags", header.Flags, rst.Flags)
	equal(t, "ack", header.Ack, 101)
	n, err = dumbo.WriteRST(segment[1:], rst, toGuest)
	failed(t, "no room", err, dumbo.ErrBufferTooSmall)
	equal(t, "room that is needed", n, dumbo.TCPHeaderLength)
	_, err = dumbo.WriteRST(segment, dumbo.RST{Flags: dumbo.FlagSYN}, toGuest)
	failed(t, "no RST", err, dumbo.ErrInvalidArgument)
	_, err = dumbo.WriteRST(segment, rst, dumbo.Addressing{})
	failed(t, "no addresses", err, dumbo.ErrInvalidArgument)
	_, err = dumbo.RSTFor(segment[1:])
	failed(t, "a short segment", err, dumbo.ErrTruncated)
}

func TestAPacketIsParsedAsItWasWritten(t *testing.T) {
	packet := make([]byte, 30)
	fields := dumbo.IPv4Fields{
		Source: ourEnd.Addr(), Destination: guestEnd.Addr(), Protocol: dumbo.ProtocolUDP, TTL: 9, Identification: 77,
		PayloadLength: 10, Checksum: true,
	}
	n, err := dumbo.WriteIPv4(packet, fields)
	must(t, err)
	equal(t, "length", n, 30)
	equal(t, "stated length", dumbo.IPv4TotalLength(packet), 30)
	header, err := dumbo.ParseIPv4(packet, true)
	must(t, err)
	equal(t, "header", header, dumbo.IPv4Header{
		Version: 4, HeaderLength: 20, TotalLength: 30, Identification: 77, TTL: 9, Protocol: 17, Checksum: header.Checksum,
		Source: ourEnd.Addr(), Destination: guestEnd.Addr(), PayloadOffset: 20, PayloadLength: 10,
	})
	packet[8]--
	_, err = dumbo.ParseIPv4(packet, true)
	failed(t, "a changed byte", err, dumbo.ErrChecksum)
	_, err = dumbo.ParseIPv4(packet, false)
	must(t, err)

	n, err = dumbo.WriteIPv4(packet[1:], fields)
	failed(t, "no room", err, dumbo.ErrBufferTooSmall)
	equal(t, "room that is needed", n, 30)
	for name, change := range map[string]func(*dumbo.IPv4Fields){
		"no address":               func(f *dumbo.IPv4Fields) { f.Source = netip.Addr{} },
		"a negative length":        func(f *dumbo.IPv4Fields) { f.PayloadLength = -1 },
		"a length that wraps":      func(f *dumbo.IPv4Fields) { f.PayloadLength = 65536 + 10 },
		"negative options":         func(f *dumbo.IPv4Fields) { f.OptionsLength = -1 },
		"options that wrap":        func(f *dumbo.IPv4Fields) { f.OptionsLength = 65536 },
		"more options than 40":     func(f *dumbo.IPv4Fields) { f.OptionsLength = 41 },
		"a packet that is too big": func(f *dumbo.IPv4Fields) { f.PayloadLength = 65535 - 19 },
	} {
		changed := fields
		change(&changed)
		_, err := dumbo.WriteIPv4(make([]byte, 70000), changed)
		failed(t, name, err, dumbo.ErrInvalidArgument)
	}
}

func TestAFrameIsParsedAsItWasWritten(t *testing.T) {
	frame := make([]byte, 15)
	n, err := dumbo.WriteEthernet(frame, guestMAC, ourMAC, dumbo.EtherTypeARP, 1)
	must(t, err)
	equal(t, "length", n, 15)
	header, err := dumbo.ParseEthernet(frame)
	must(t, err)
	equal(t, "header", header, dumbo.EthernetHeader{
		Destination: guestMAC, Source: ourMAC, EtherType: dumbo.EtherTypeARP, PayloadOffset: 14, PayloadLength: 1,
	})
	_, err = dumbo.ParseEthernet(frame[:13])
	failed(t, "a short frame", err, dumbo.ErrTruncated)
	n, err = dumbo.WriteEthernet(frame[:13], guestMAC, ourMAC, dumbo.EtherTypeARP, 1)
	failed(t, "no room", err, dumbo.ErrBufferTooSmall)
	equal(t, "room that is needed", n, 15)
	_, err = dumbo.WriteEthernet(frame, guestMAC, ourMAC, dumbo.EtherTypeARP, -100)
	failed(t, "a negative length", err, dumbo.ErrInvalidArgument)
	equal(t, "text", ourMAC.String(), "06:01:23:45:67:01")
}

func TestErrorsOfARP(t *testing.T) {
	six := netip.MustParseAddr("::1")
	packet := dumbo.ARPPacket{Operation: dumbo.ARPRequest, SenderIP: ourEnd.Addr(), TargetIP: guestEnd.Addr()}
	bytes := make([]byte, dumbo.ARPLength)
	failed(t, "no room", dumbo.WriteARP(bytes[1:], packet), dumbo.ErrLengthMismatch)
	for name, change := range map[string]func(*dumbo.ARPPacket){
		"no operation":       func(p *dumbo.ARPPacket) { p.Operation = 3 },
		"a sender with IPv6": func(p *dumbo.ARPPacket) { p.SenderIP = six },
		"a target with IPv6": func(p *dumbo.ARPPacket) { p.TargetIP = six },
	} {
		changed := packet
		change(&changed)
		failed(t, name, dumbo.WriteARP(bytes, changed), dumbo.ErrInvalidArgument)
	}
	_, err := dumbo.ParseARPRequest(bytes)
	failed(t, "nothing", err, dumbo.ErrHardwareType)
	frame := make([]byte, 60)
	equal(t, "about 0.0.0.0", dumbo.ARPFrameIsFor(frame, netip.AddrFrom4([4]byte{})), true)
	equal(t, "to 0.0.0.0", dumbo.IPv4FrameIsFor(frame, netip.AddrFrom4([4]byte{})), true)
	equal(t, "about an address with IPv6", dumbo.ARPFrameIsFor(frame, netip.IPv6Unspecified()), false)
	equal(t, "to an address with IPv6", dumbo.IPv4FrameIsFor(frame, netip.IPv6Unspecified()), false)
}

func TestAddressesCanBeMappedToIPv6(t *testing.T) {
	peer := &guest{tb: t}
	segment := peer.say(dumbo.FlagACK, "")
	mapped := func(a netip.Addr) netip.Addr { return netip.AddrFrom16(a.As16()) }
	_, err := dumbo.ParseTCP(segment, dumbo.AddressPair{Source: mapped(guestEnd.Addr()), Destination: mapped(ourEnd.Addr())})
	must(t, err)
}

func TestChecksums(t *testing.T) {
	data := []byte{0x45, 0, 0, 20, 0, 0, 0, 0, 1, 6}
	sum := dumbo.Checksum(data)
	equal(t, "sum", sum, 0xffff-(0x4500+20+0x106))
	equal(t, "updated", dumbo.ChecksumUpdate(sum, 20, 21), sum-1)
	equal(t, "of nothing", dumbo.Checksum(nil), 0xffff)
	for _, compute := range []func(dumbo.AddressPair, []byte) (uint16, error){dumbo.ChecksumTCP, dumbo.ChecksumUDP} {
		_, err := compute(dumbo.AddressPair{}, data)
		failed(t, "no addresses", err, dumbo.ErrInvalidArgument)
	}
	if dumbo.ChecksumKernel() == "" {
		t.Error("the kernel has no name")
	}
}

func TestVersions(t *testing.T) {
	equal(t, "number", dumbo.VersionNumber() >= 1000, true)
	equal(t, "points", strings.Count(dumbo.Version(), "."), 2)
}
