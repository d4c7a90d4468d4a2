// SPDX-License-Identifier: Apache-2.0

package dumbo_test

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"

	dumbo "github.com/libdumbo/libdumbo/bindings/go"
)

// A guest's SYN opens a connection; a request comes in, and an answer goes out.
func Example() {
	us := netip.MustParseAddrPort("169.254.169.254:80")
	them := netip.MustParseAddrPort("169.254.0.2:50000")
	toThem := dumbo.Addressing{Source: us, Destination: them}
	// What the guest sends, as it comes out of its IPv4 packets. The codecs write it here.
	fromThem := func(flags dumbo.TCPFlags, seq, ack uint32, text string) []byte {
		fields := dumbo.TCPFields{Seq: seq, Ack: ack, Window: 65535, Flags: flags, MSSRemaining: 536, PayloadMax: 536}
		var payload dumbo.Payload
		if text != "" {
			payload = dumbo.Bytes(seq, []byte(text))
		}
		segment := make([]byte, 600)
		n, err := dumbo.WriteTCP(segment, fields, payload, dumbo.Addressing{Source: them, Destination: us})
		if err != nil {
			fmt.Println(err)
		}
		return segment[:n]
	}
	verify := dumbo.AddressPair{Source: them.Addr(), Destination: us.Addr()}

	config := dumbo.NewConfig(1000) // a timeout of a second, if now counts milliseconds
	config.FixedISN, config.ISN = true, 7000
	connection, err := dumbo.PassiveOpen(fromThem(dumbo.FlagSYN, 1000, 0, ""), verify, config)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer connection.Close()

	buffer := make([]byte, 1500)
	send := func(payload dumbo.Payload, now uint64) {
		n, sent, err := connection.WriteNextSegment(buffer, payload, toThem, now)
		fmt.Println("sent:", n, "bytes because of", sent.Cause, err)
	}
	receive := func(segment []byte, now uint64) {
		n, anomalies, err := connection.ReceiveSegment(segment, buffer, verify, now)
		fmt.Printf("received: %q %v %v\n", buffer[:n], anomalies, err)
	}
	send(dumbo.Payload{}, 0)
	receive(fromThem(dumbo.FlagACK, 1001, 7001, ""), 1)
	fmt.Println(connection.State())
	receive(fromThem(dumbo.FlagACK|dumbo.FlagPSH, 1001, 7001, "GET /\r\n"), 2)
	answer := dumbo.Bytes(connection.FirstNotSent(), []byte("hello\n")) // kept until it is acknowledged
	send(answer, 2)
	status, deadline := connection.NextSegmentStatus()
	fmt.Println("next:", status, "at", deadline)
	// Output:
	// sent: 24 bytes because of SYN <nil>
	// received: ""  <nil>
	// ESTABLISHED
	// received: "GET /\r\n"  <nil>
	// sent: 26 bytes because of DATA <nil>
	// next: TIMEOUT at 1002
}

// Payload is read when it is sent, for the first time or again.
func ExampleReaderAt() {
	document := strings.NewReader("as long as it likes")
	payload := dumbo.ReaderAt(1, document, document.Size())
	segment := make([]byte, 100)
	n, err := dumbo.WriteTCP(segment, dumbo.TCPFields{MSSRemaining: 7, PayloadMax: 100}, payload,
		dumbo.Addressing{Checksum: dumbo.ChecksumNone})
	fmt.Printf("%s %v\n", segment[dumbo.TCPHeaderLength:n], err)
	// Output: as long <nil>
}

// A whole interface: frames in, frames out, and events in between.
func ExampleStack() {
	mac := dumbo.MAC{6, 1, 0x23, 0x45, 0x67, 1}
	address := netip.MustParseAddr("169.254.169.254")
	stack, err := dumbo.NewStack(dumbo.NewStackConfig(mac, address, 200, 80))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stack.Close()

	// The guest at 169.254.0.2 asks who has 169.254.169.254.
	guest := dumbo.MAC{6, 0, 0, 0, 0, 2}
	frame := make([]byte, dumbo.EthernetHeaderLength+dumbo.ARPLength)
	dumbo.WriteEthernet(frame, dumbo.MAC{255, 255, 255, 255, 255, 255}, guest, dumbo.EtherTypeARP, dumbo.ARPLength)
	dumbo.WriteARP(frame[dumbo.EthernetHeaderLength:], dumbo.ARPPacket{
		Operation: dumbo.ARPRequest,
		SenderMAC: guest, SenderIP: netip.MustParseAddr("169.254.0.2"),
		TargetIP: address,
	})
	verdict, err := stack.ReceiveFrame(frame, 0)
	fmt.Println(verdict.Kind, err)

	// To be done whenever frames have come in, and at the deadline that NextStatus names.
	for event, _ := stack.NextEvent(); event.Kind != dumbo.EventNone; event, _ = stack.NextEvent() {
		conn := stack.Conn(event.Connection)
		switch event.Kind {
		case dumbo.EventOpened:
			io.WriteString(conn, "hello\n")
			conn.Close()
		case dumbo.EventReadable:
			if _, err := io.Copy(io.Discard, conn); err != nil && !errors.Is(err, dumbo.ErrWouldBlock) {
				conn.Abort()
			}
		}
	}
	out := make([]byte, 1514)
	for n, err := stack.NextFrame(out, 0); n > 0; n, err = stack.NextFrame(out, 0) {
		fmt.Println(n, "bytes for the guest", err)
	}
	// Output:
	// ARP_REQUEST <nil>
	// 42 bytes for the guest <nil>
}
