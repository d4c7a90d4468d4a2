// SPDX-License-Identifier: Apache-2.0

package dumbo_test

import (
	"testing"

	dumbo "github.com/libdumbo/libdumbo/bindings/go"
)

const roundLength = 500 // bytes of payload, in both directions

// connectionRound returns a round of a conversation: a segment of the guest's arrives, and one of ours goes out that
// acknowledges it.
func connectionRound(tb testing.TB, receive func(c *dumbo.Connection, segment, buf []byte) (int, error)) func() {
	connection, peer := establish(tb, dumbo.NewConfig(period))
	theirs, ours, delivered := make([]byte, 2000), make([]byte, 2000), make([]byte, 2000)
	said := make([]byte, roundLength)
	return func() {
		fields := dumbo.TCPFields{
			Seq: peer.seq, Ack: peer.ack, Window: 65535, Flags: dumbo.FlagACK, MSSRemaining: 2000, PayloadMax: roundLength,
		}
		n, err := dumbo.WriteTCP(theirs, fields, dumbo.Bytes(0, said), toUs)
		must(tb, err)
		got, err := receive(connection, theirs[:n], delivered)
		if got != roundLength || err != nil {
			tb.Fatalf("%d bytes received: %v", got, err)
		}
		peer.seq += roundLength
		must(tb, connection.AdvanceLocalWindow(roundLength))
		n, sent, err := connection.WriteNextSegment(ours, dumbo.Bytes(peer.ack, said), toGuest, 0)
		if n != dumbo.TCPHeaderLength+roundLength || sent.Cause != dumbo.CauseData || err != nil {
			tb.Fatalf("%d bytes written: %v", n, err)
		}
		peer.ack += roundLength
		if status, _ := connection.NextSegmentStatus(); status != dumbo.StatusTimeout || connection.IsDone() {
			tb.Fatalf("status %v", status)
		}
	}
}

func receiveCopy(c *dumbo.Connection, segment, buf []byte) (int, error) {
	n, _, err := c.ReceiveSegment(segment, buf, fromGuest, 0)
	return n, err
}

func receiveInPlace(c *dumbo.Connection, segment, _ []byte) (int, error) {
	payload, _, err := c.ReceiveSegmentInPlace(segment, fromGuest, 0)
	return len(payload), err
}

// stackRound returns the same with frames.
func stackRound(tb testing.TB) func() {
	peer := newStackGuest(tb, smallStack())
	peer.establish()
	conn := peer.stack.Conn(peer.id)
	theirs, ours, data := make([]byte, 2000), make([]byte, 2000), make([]byte, roundLength)
	return func() {
		n := peer.frameInto(theirs, dumbo.FlagACK, data)
		verdict, err := peer.stack.ReceiveFrame(theirs[:n], 0)
		if verdict.Delivered != roundLength || err != nil {
			tb.Fatalf("%+v: %v", verdict, err)
		}
		peer.seq += roundLength
		for {
			event, err := peer.stack.NextEvent()
			must(tb, err)
			if event.Kind == dumbo.EventNone {
				break
			}
		}
		n, err = conn.Read(data)
		if n != roundLength || err != nil {
			tb.Fatalf("%d bytes read: %v", n, err)
		}
		n, err = conn.Write(data)
		if n != roundLength || err != nil {
			tb.Fatalf("%d bytes written: %v", n, err)
		}
		n, err = peer.stack.NextFrame(ours, 0)
		if n != 14+20+20+roundLength || err != nil {
			tb.Fatalf("a frame of %d bytes: %v", n, err)
		}
		peer.ack += roundLength
		if status, _, err := peer.stack.NextStatus(0); status != dumbo.StatusTimeout || err != nil {
			tb.Fatalf("status %v: %v", status, err)
		}
	}
}

func rounds(tb testing.TB) map[string]func() {
	return map[string]func(){
		"connection":           connectionRound(tb, receiveCopy),
		"connection, in place": connectionRound(tb, receiveInPlace),
		"stack":                stackRound(tb),
	}
}

func TestNothingIsAllocatedForASegment(t *testing.T) {
	for name, round := range rounds(t) {
		if allocations := testing.AllocsPerRun(100, round); allocations != 0 {
			t.Errorf("%s: %v allocations", name, allocations)
		}
	}
}

// BenchmarkRound has one segment, or frame, arrive and another one go out, with 500 bytes each.
func BenchmarkRound(b *testing.B) {
	for name, round := range rounds(b) {
		round := round
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(2 * roundLength)
			for i := 0; i < b.N; i++ {
				round()
			}
		})
	}
}

// BenchmarkReceiveSegment receives an acknowledgement, time and again: what a call costs.
func BenchmarkReceiveSegment(b *testing.B) {
	connection, peer := establish(b, dumbo.NewConfig(period))
	segment := peer.say(dumbo.FlagACK, "")
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		if _, _, err := connection.ReceiveSegment(segment, nil, fromGuest, 0); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWriteFromReader writes the same payload as BenchmarkWriteFromBytes, by way of an io.ReaderAt.
func BenchmarkWriteFromReader(b *testing.B) {
	benchmarkWrite(b, func(seq uint32) dumbo.Payload {
		return dumbo.ReaderAt(seq, readerFunc(func(p []byte, _ int64) (int, error) { return len(p), nil }), roundLength)
	})
}

// BenchmarkWriteFromBytes writes the same segment, time and again, each time at its timeout.
func BenchmarkWriteFromBytes(b *testing.B) {
	data := make([]byte, roundLength)
	benchmarkWrite(b, func(seq uint32) dumbo.Payload { return dumbo.Bytes(seq, data) })
}

func benchmarkWrite(b *testing.B, source func(seq uint32) dumbo.Payload) {
	connection, peer := establish(b, dumbo.NewConfig(period))
	payload := source(peer.ack)
	segment := make([]byte, 2000)
	acknowledgement := peer.say(dumbo.FlagACK, "")
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		if i > 0 { // a duplicate ACK has it sent again
			connection.ReceiveSegment(acknowledgement, nil, fromGuest, 0)
		}
		if n, _, err := connection.WriteNextSegment(segment, payload, toGuest, 0); n == 0 || err != nil {
			b.Fatalf("%d bytes written: %v", n, err)
		}
	}
}
