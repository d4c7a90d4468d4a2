// SPDX-License-Identifier: Apache-2.0

// A program of a user, in Go: a peer that this file plays opens a connection, asks, is answered, and both sides close. It
// ends with 0 if everything went as it should.
package main

import (
	"errors"
	"fmt"
	"net/netip"
	"os"

	dumbo "github.com/libdumbo/libdumbo/bindings/go"
)

var (
	us   = netip.MustParseAddrPort("169.254.169.254:80")
	peer = netip.MustParseAddrPort("169.254.1.2:40000")

	fromPeer = dumbo.AddressPair{Source: peer.Addr(), Destination: us.Addr()}
	toPeer   = dumbo.AddressPair{Source: us.Addr(), Destination: peer.Addr()}
)

const peerISN = 4294967290

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "failed:", err)
		os.Exit(1)
	}
	fmt.Printf("libdumbo %s: all is well\n", dumbo.Version())
}

func run() error {
	syn := segment(peerISN, 0, dumbo.FlagSYN, "")
	if _, err := dumbo.PassiveOpen(syn, fromPeer, dumbo.NewConfig(0)); !errors.Is(err, dumbo.ErrInvalidArgument) {
		return fmt.Errorf("a config without a timeout: %w", err)
	}
	connection, err := dumbo.PassiveOpen(syn, fromPeer, dumbo.NewConfig(1000))
	if err != nil {
		return fmt.Errorf("opening: %w", err)
	}
	defer connection.Close()
	if err := exchange(connection); err != nil {
		return err
	}
	if !connection.IsDone() || !connection.FINAcknowledged() {
		return fmt.Errorf("not done, but %v", connection.State())
	}
	connection.Close()
	if err := connection.Reset(); !errors.Is(err, dumbo.ErrClosed) {
		return fmt.Errorf("a connection that was closed: %w", err)
	}
	return nil
}

// exchange stops at the first step that goes wrong.
func exchange(connection *dumbo.Connection) error {
	const question, answer = "GET / HTTP/1.0\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\nhello"
	var asked uint32 = peerISN + 1
	answered := asked + uint32(len(question)) // behind the wrap
	begin := connection.FirstNotSent()
	end := begin + uint32(len(answer))
	none := dumbo.Payload{}
	for i, step := range []func() error{
		func() error { return expect(connection, none, dumbo.FlagSYN|dumbo.FlagACK, "") },
		func() error { return receive(connection, asked, begin, dumbo.FlagACK, "") },
		func() error { return receive(connection, asked, begin, dumbo.FlagACK|dumbo.FlagPSH, question) },
		func() error { return expect(connection, dumbo.Bytes(begin, []byte(answer)), dumbo.FlagACK, answer) },
		func() error { return connection.CloseWrite() },
		func() error { return receive(connection, answered, end, dumbo.FlagACK, "") },
		func() error { return expect(connection, none, dumbo.FlagACK|dumbo.FlagFIN, "") },
		func() error { return receive(connection, answered, end+1, dumbo.FlagACK|dumbo.FlagFIN, "") },
		func() error { return expect(connection, none, dumbo.FlagACK, "") },
	} {
		if err := step(); err != nil {
			return fmt.Errorf("step %d: %w", i, err)
		}
	}
	return nil
}

// segment returns a segment of the peer's.
func segment(seq, ack uint32, flags dumbo.TCPFlags, text string) []byte {
	var payload dumbo.Payload
	if text != "" {
		payload = dumbo.Bytes(0, []byte(text))
	}
	fields := dumbo.TCPFields{Seq: seq, Ack: ack, Window: 30000, Flags: flags, MSSRemaining: 500, PayloadMax: 500}
	segment := make([]byte, 600)
	n, err := dumbo.WriteTCP(segment, fields, payload, dumbo.Addressing{Source: peer, Destination: us})
	if err != nil {
		panic(err)
	}
	return segment[:n]
}

func receive(connection *dumbo.Connection, seq, ack uint32, flags dumbo.TCPFlags, text string) error {
	buffer := make([]byte, 600)
	n, anomalies, err := connection.ReceiveSegment(segment(seq, ack, flags, text), buffer, fromPeer, 0)
	if err != nil || anomalies != 0 || string(buffer[:n]) != text {
		return fmt.Errorf("received %q with anomalies %q: %w", buffer[:n], anomalies, err)
	}
	return nil
}

// expect has the connection write a segment, which must have these flags and this payload.
func expect(connection *dumbo.Connection, payload dumbo.Payload, flags dumbo.TCPFlags, text string) error {
	buffer := make([]byte, 600)
	n, _, err := connection.WriteNextSegment(buffer, payload, dumbo.Addressing{Source: us, Destination: peer}, 0)
	if err != nil {
		return err
	}
	header, err := dumbo.ParseTCP(buffer[:n], toPeer)
	if err != nil || header.Flags != flags || string(buffer[header.HeaderLength:n]) != text {
		return fmt.Errorf("sent %v and %q: %w", header.Flags, buffer[header.HeaderLength:n], err)
	}
	return nil
}
