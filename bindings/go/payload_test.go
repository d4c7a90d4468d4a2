// SPDX-License-Identifier: Apache-2.0

package dumbo_test

import (
	"errors"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	dumbo "github.com/libdumbo/libdumbo/bindings/go"
)

// A readerFunc reads payload as a function says.
type readerFunc func(p []byte, offset int64) (int, error)

func (f readerFunc) ReadAt(p []byte, offset int64) (int, error) { return f(p, offset) }

func TestPayloadFromEverySourceIsTheSame(t *testing.T) {
	const text = "one two three four"
	for name, source := range map[string]func(seq uint32) dumbo.Payload{
		"bytes": func(seq uint32) dumbo.Payload { return dumbo.Bytes(seq, []byte(text)) },
		"buffers": func(seq uint32) dumbo.Payload {
			return dumbo.Buffers(seq, net.Buffers{nil, []byte("one "), []byte("two three"), {}, []byte(" four")})
		},
		"reader": func(seq uint32) dumbo.Payload {
			return dumbo.ReaderAt(seq, strings.NewReader(text), int64(len(text)))
		},
	} {
		connection, peer := establish(t, dumbo.NewConfig(period))
		to := toGuest
		to.MSSReserved = dumbo.MSSDefault - 7 // which cuts in the middle of everything
		begin := peer.ack
		var got string
		for len(got) < len(text) {
			segment := make([]byte, 100)
			n, _, err := connection.WriteNextSegment(segment, source(begin), to, 0)
			must(t, err)
			_, payload := peer.hear(segment[:n])
			got += payload
		}
		equal(t, name, got, text)
	}
}

func TestNoPayloadIsNotAnEmptyOne(t *testing.T) {
	connection, peer := establish(t, dumbo.NewConfig(period))
	must(t, connection.CloseWrite())
	segment, _ := write(t, connection, dumbo.Payload{}, 0)
	peer.hear(segment)
	for name, empty := range map[string]dumbo.Payload{
		"bytes":   dumbo.Bytes(peer.ack, nil),
		"buffers": dumbo.Buffers(peer.ack, nil),
		"reader":  dumbo.ReaderAt(peer.ack, strings.NewReader(""), 0),
	} {
		_, _, err := connection.WriteNextSegment(segment, empty, toGuest, 0)
		failed(t, name, err, dumbo.ErrDataAfterFIN)
	}
	n, _, err := connection.WriteNextSegment(segment, dumbo.Payload{}, toGuest, 0)
	must(t, err)
	equal(t, "no payload", n, 0)
}

func TestAReaderThatFailsChangesNothing(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		name   string
		reader readerFunc
		want   error
	}{
		{"an error", func([]byte, int64) (int, error) { return 0, broken }, broken},
		{"an error after some bytes", func(p []byte, _ int64) (int, error) { return len(p) - 1, broken }, broken},
		{"the end", func([]byte, int64) (int, error) { return 0, io.EOF }, io.EOF},
		{"too few bytes", func(p []byte, _ int64) (int, error) { return len(p) - 1, nil }, io.ErrUnexpectedEOF},
		{"too many bytes", func(p []byte, _ int64) (int, error) { return len(p) + 1, nil }, io.ErrUnexpectedEOF},
	} {
		connection, peer := establish(t, dumbo.NewConfig(period))
		before, _ := connection.Snapshot()
		n, _, err := connection.WriteNextSegment(make([]byte, 100), dumbo.ReaderAt(peer.ack, c.reader, 10), toGuest, 0)
		var readError *dumbo.ReadError
		if n != 0 || !errors.Is(err, dumbo.ErrCallback) || !errors.Is(err, c.want) || !errors.As(err, &readError) {
			t.Errorf("%s: got %d and %v", c.name, n, err)
		}
		after, _ := connection.Snapshot()
		equal(t, c.name, string(after), string(before))
	}
	_, err := dumbo.WriteTCP(make([]byte, 100), dumbo.TCPFields{MSSRemaining: 100, PayloadMax: 10},
		dumbo.ReaderAt(0, readerFunc(func([]byte, int64) (int, error) { return 0, broken }), 10), toGuest)
	failed(t, "a segment without a connection", err, broken)
}

func TestAReaderThatSaysEOFWithTheLastByteIsHeard(t *testing.T) {
	connection, peer := establish(t, dumbo.NewConfig(period))
	reader := readerFunc(func(p []byte, _ int64) (int, error) { return copy(p, "all of it."), io.EOF })
	segment, _ := write(t, connection, dumbo.ReaderAt(peer.ack, reader, 10), 0)
	_, payload := peer.hear(segment)
	equal(t, "payload", payload, "all of it.")
}

// panicOf returns what a call panics with.
func panicOf(call func()) (value any) {
	defer func() { value = recover() }()
	call()
	return nil
}

func TestAPanicOfAReaderGoesOnInTheCaller(t *testing.T) {
	connection, peer := establish(t, dumbo.NewConfig(period))
	before, _ := connection.Snapshot()
	panicking := dumbo.ReaderAt(peer.ack, readerFunc(func([]byte, int64) (int, error) { panic("no more") }), 10)
	value := panicOf(func() { connection.WriteNextSegment(make([]byte, 100), panicking, toGuest, 0) })
	equal(t, "the panic", value, any("no more"))
	value = panicOf(func() {
		dumbo.WriteTCP(make([]byte, 100), dumbo.TCPFields{MSSRemaining: 100, PayloadMax: 10}, panicking, toGuest)
	})
	equal(t, "the panic without a connection", value, any("no more"))
	value = panicOf(func() {
		connection.WriteNextSegment(make([]byte, 100), dumbo.ReaderAt(peer.ack, (*strings.Reader)(nil), 10), toGuest, 0)
	})
	if _, isRuntimeError := value.(runtime.Error); !isRuntimeError {
		t.Errorf("a reader that is nil: %v", value)
	}

	after, _ := connection.Snapshot()
	equal(t, "the connection", string(after), string(before))
	segment, _ := write(t, connection, dumbo.Bytes(peer.ack, []byte("goes on")), 0)
	_, payload := peer.hear(segment)
	equal(t, "payload", payload, "goes on")
}

func TestAReaderCannotUseItsConnection(t *testing.T) {
	connection, peer := establish(t, dumbo.NewConfig(period))
	reader := readerFunc(func(p []byte, _ int64) (int, error) {
		everythingIsRefused(t, connection)
		return copy(p, "goes on"), nil
	})
	segment, _ := write(t, connection, dumbo.ReaderAt(peer.ack, reader, 7), 0)
	_, payload := peer.hear(segment)
	equal(t, "payload", payload, "goes on")
	must(t, connection.Reset())
}

func TestAReaderThatClosesItsConnectionIsHeardAfterTheCall(t *testing.T) {
	closing := func(connection *dumbo.Connection, end func()) readerFunc {
		return func(p []byte, _ int64) (int, error) {
			must(t, connection.Close())
			must(t, connection.Close())
			equal(t, "memory during the call", connection.HasMemory(), true)
			end()
			return copy(p, "the last"), nil
		}
	}
	connection, peer := establish(t, dumbo.NewConfig(period))
	segment, _ := write(t, connection, dumbo.ReaderAt(peer.ack, closing(connection, func() {}), 8), 0)
	_, payload := peer.hear(segment)
	equal(t, "payload", payload, "the last")
	equal(t, "memory", connection.HasMemory(), false)
	everythingIsRefused(t, connection)
	must(t, connection.Close())

	connection, peer = establish(t, dumbo.NewConfig(period))
	panicking := dumbo.ReaderAt(peer.ack, closing(connection, func() { panic("no more") }), 8)
	value := panicOf(func() { connection.WriteNextSegment(make([]byte, 100), panicking, toGuest, 0) })
	equal(t, "the panic", value, any("no more"))
	equal(t, "memory after a panic", connection.HasMemory(), false)
}

func TestAReaderCanUseAnotherConnection(t *testing.T) {
	outer, peer := establish(t, dumbo.NewConfig(period))
	inner, innerPeer := establish(t, dumbo.NewConfig(period))
	reader := readerFunc(func(p []byte, _ int64) (int, error) {
		segment, _ := write(t, inner, dumbo.ReaderAt(innerPeer.ack, strings.NewReader("nested"), 6), 0)
		_, payload := innerPeer.hear(segment)
		return copy(p, payload), nil
	})
	segment, _ := write(t, outer, dumbo.ReaderAt(peer.ack, reader, 6), 0)
	_, payload := peer.hear(segment)
	equal(t, "payload", payload, "nested")
}

func TestAReaderThatEndsItsGoroutineLeavesNoConnection(t *testing.T) {
	connection, peer := establish(t, dumbo.NewConfig(period))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		reader := readerFunc(func([]byte, int64) (int, error) { runtime.Goexit(); return 0, nil })
		connection.WriteNextSegment(make([]byte, 100), dumbo.ReaderAt(peer.ack, reader, 10), toGuest, 0)
	}()
	<-ended
	failed(t, "afterwards", connection.Reset(), dumbo.ErrClosed)
}

func TestAReaderIsLetGo(t *testing.T) {
	connection, peer := establish(t, dumbo.NewConfig(period))
	gone := make(chan struct{})
	reader := strings.NewReader("read and forgotten")
	runtime.SetFinalizer(reader, func(*strings.Reader) { close(gone) })
	write(t, connection, dumbo.ReaderAt(peer.ack, reader, reader.Size()), 0)
	runtime.GC()
	select {
	case <-gone:
	case <-time.After(30 * time.Second):
		t.Error("the reader is still held")
	}
}

func TestALongSourceIsReadWhereItIsNeeded(t *testing.T) {
	connection, peer := establish(t, dumbo.NewConfig(period))
	var offsets []int64
	reader := readerFunc(func(p []byte, offset int64) (int, error) {
		offsets = append(offsets, offset)
		return len(p), nil
	})
	// The source begins a good deal before what is to be sent.
	const before = 1_000_000_000
	write(t, connection, dumbo.ReaderAt(peer.ack-before, reader, before+5), 0)
	if len(offsets) == 0 || offsets[0] != before {
		t.Errorf("read at %v", offsets)
	}
}
