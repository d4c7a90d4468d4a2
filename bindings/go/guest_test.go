// SPDX-License-Identifier: Apache-2.0

package dumbo_test

import (
	"errors"
	"net/netip"
	"testing"

	dumbo "github.com/libdumbo/libdumbo/bindings/go"
)

const period = 1000

var (
	ourEnd   = netip.MustParseAddrPort("169.254.169.254:80")
	guestEnd = netip.MustParseAddrPort("169.254.0.2:40000")

	toGuest   = dumbo.Addressing{Source: ourEnd, Destination: guestEnd}
	toUs      = dumbo.Addressing{Source: guestEnd, Destination: ourEnd}
	fromGuest = dumbo.AddressPair{Source: guestEnd.Addr(), Destination: ourEnd.Addr()}
	fromUs    = dumbo.AddressPair{Source: ourEnd.Addr(), Destination: guestEnd.Addr()}
)

// A guest is the other end of a connection: it takes everything in order, and forgets what it sent.
type guest struct {
	tb       testing.TB
	seq, ack uint32
}

// say returns the guest's next segment.
func (g *guest) say(flags dumbo.TCPFlags, payload string) []byte {
	g.tb.Helper()
	fields := dumbo.TCPFields{
		Seq: g.seq, Ack: g.ack, Window: 65535, Flags: flags,
		MSSRemaining: 65495, PayloadMax: uint64(len(payload)),
	}
	var source dumbo.Payload
	if payload != "" {
		source = dumbo.Bytes(0, []byte(payload))
	}
	segment := make([]byte, dumbo.TCPHeaderLength+len(payload))
	n, err := dumbo.WriteTCP(segment, fields, source, toUs)
	must(g.tb, err)
	g.seq += uint32(len(payload))
	if flags&(dumbo.FlagSYN|dumbo.FlagFIN) != 0 {
		g.seq++
	}
	return segment[:n]
}

// hear takes a segment of ours, which must be the next one, and returns its flags and payload.
func (g *guest) hear(segment []byte) (flags dumbo.TCPFlags, payload string) {
	g.tb.Helper()
	header, err := dumbo.ParseTCP(segment, fromUs)
	must(g.tb, err)
	if header.Flags&dumbo.FlagSYN != 0 {
		g.ack = header.Seq
	}
	if header.Seq != g.ack {
		g.tb.Fatalf("a segment at %d, and %d is the next", header.Seq, g.ack)
	}
	g.ack += uint32(header.PayloadLength)
	if header.Flags&(dumbo.FlagSYN|dumbo.FlagFIN) != 0 {
		g.ack++
	}
	return header.Flags, string(segment[header.HeaderLength:])
}

// open returns a connection that is not established yet.
func open(tb testing.TB, config dumbo.Config) (*dumbo.Connection, *guest) {
	tb.Helper()
	peer := &guest{tb: tb, seq: 0xfffffffe} // the numbers wrap soon
	connection, err := dumbo.PassiveOpen(peer.say(dumbo.FlagSYN, ""), fromGuest, config)
	must(tb, err)
	tb.Cleanup(func() { connection.Close() })
	return connection, peer
}

// establish returns a connection behind its handshake.
func establish(tb testing.TB, config dumbo.Config) (*dumbo.Connection, *guest) {
	tb.Helper()
	connection, peer := open(tb, config)
	segment, sent := write(tb, connection, dumbo.Payload{}, 0)
	if flags, _ := peer.hear(segment); flags != dumbo.FlagSYN|dumbo.FlagACK || sent.Cause != dumbo.CauseSYN {
		tb.Fatalf("not a SYNACK: %v, because of %v", flags, sent.Cause)
	}
	receive(tb, connection, peer.say(dumbo.FlagACK, ""), 0)
	if !connection.IsEstablished() {
		tb.Fatal("the handshake did not establish the connection")
	}
	return connection, peer
}

// write returns the next segment, of which there must be one.
func write(tb testing.TB, connection *dumbo.Connection, payload dumbo.Payload, now uint64) ([]byte, dumbo.Sent) {
	tb.Helper()
	segment := make([]byte, 2000)
	n, sent, err := connection.WriteNextSegment(segment, payload, toGuest, now)
	must(tb, err)
	if n == 0 {
		tb.Fatal("there is nothing to send")
	}
	return segment[:n], sent
}

// receive returns the payload of a segment that must have nothing odd about it.
func receive(tb testing.TB, connection *dumbo.Connection, segment []byte, now uint64) string {
	tb.Helper()
	buffer := make([]byte, 2000)
	n, anomalies, err := connection.ReceiveSegment(segment, buffer, fromGuest, now)
	must(tb, err)
	if anomalies != 0 {
		tb.Fatalf("a segment with anomalies: %v", anomalies)
	}
	return string(buffer[:n])
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func equal[T any](tb testing.TB, what string, got, want T) {
	tb.Helper()
	if any(got) != any(want) {
		tb.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func failed(tb testing.TB, what string, got, want error) {
	tb.Helper()
	if !errors.Is(got, want) {
		tb.Errorf("%s: got error %v, want %v", what, got, want)
	}
}
