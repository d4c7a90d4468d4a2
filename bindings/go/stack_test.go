// SPDX-License-Identifier: Apache-2.0

package dumbo_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"testing"

	dumbo "github.com/libdumbo/libdumbo/bindings/go"
)

var (
	ourMAC   = dumbo.MAC{6, 1, 0x23, 0x45, 0x67, 1}
	guestMAC = dumbo.MAC{6, 0, 0, 0, 0, 2}
	everyone = dumbo.MAC{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
)

const (
	ipAt  = dumbo.EthernetHeaderLength
	tcpAt = ipAt + dumbo.IPv4HeaderLength
)

func smallStack() dumbo.StackConfig {
	config := dumbo.NewStackConfig(ourMAC, ourEnd.Addr(), period, ourEnd.Port(), 8080)
	config.MaxConnections = 2
	config.MaxHalfOpen = 2
	config.ReceiveBuffer = 2000
	config.SendBuffer = 1500
	config.MaxReplies = 2
	config.HashKey = 1
	return config
}

// A stackGuest is a guest with one connection to a stack.
type stackGuest struct {
	guest
	stack *dumbo.Stack
	port  uint16
	id    dumbo.ConnectionID
}

func newStackGuest(tb testing.TB, config dumbo.StackConfig) *stackGuest {
	tb.Helper()
	stack, err := dumbo.NewStack(config)
	must(tb, err)
	tb.Cleanup(func() { stack.Close() })
	return &stackGuest{guest: guest{tb: tb, seq: 0xfffffffe}, stack: stack, port: guestEnd.Port()}
}

// frameInto writes the guest's next frame, and returns its length.
func (g *stackGuest) frameInto(frame []byte, flags dumbo.TCPFlags, payload []byte) int {
	fields := dumbo.TCPFields{
		Seq: g.seq, Ack: g.ack, Window: 65535, Flags: flags, MSSRemaining: 65495, PayloadMax: uint64(len(payload)),
		HasMSSOption: flags&dumbo.FlagSYN != 0, MSSOption: 1460,
	}
	var source dumbo.Payload
	if len(payload) > 0 {
		source = dumbo.Bytes(0, payload)
	}
	to := toUs
	to.Source = netip.AddrPortFrom(guestEnd.Addr(), g.port)
	length, err := dumbo.WriteTCP(frame[tcpAt:], fields, source, to)
	must(g.tb, err)
	length, err = dumbo.WriteIPv4(frame[ipAt:], dumbo.IPv4Fields{
		Source: guestEnd.Addr(), Destination: ourEnd.Addr(), Protocol: dumbo.ProtocolTCP, TTL: 64, PayloadLength: length,
		Checksum: true,
	})
	must(g.tb, err)
	length, err = dumbo.WriteEthernet(frame, ourMAC, guestMAC, dumbo.EtherTypeIPv4, length)
	must(g.tb, err)
	return length
}

// send has the stack receive the guest's next frame.
func (g *stackGuest) send(flags dumbo.TCPFlags, payload string) dumbo.Verdict {
	g.tb.Helper()
	frame := make([]byte, 3000)
	n := g.frameInto(frame, flags, []byte(payload))
	g.seq += uint32(len(payload))
	if flags&(dumbo.FlagSYN|dumbo.FlagFIN) != 0 {
		g.seq++
	}
	verdict, err := g.stack.ReceiveFrame(frame[:n], 0)
	must(g.tb, err)
	return verdict
}

// take takes the next frame of the stack's, which must be there.
func (g *stackGuest) take() (dumbo.TCPFlags, string) {
	g.tb.Helper()
	frame := make([]byte, 3000)
	n, err := g.stack.NextFrame(frame, 0)
	must(g.tb, err)
	if n == 0 {
		g.tb.Fatal("there is no frame")
	}
	return g.hear(segmentIn(g.tb, frame[:n]))
}

// segmentIn returns the TCP segment in a frame for the guest.
func segmentIn(tb testing.TB, frame []byte) []byte {
	tb.Helper()
	ethernet, err := dumbo.ParseEthernet(frame)
	must(tb, err)
	equal(tb, "destination", ethernet.Destination, guestMAC)
	equal(tb, "source", ethernet.Source, ourMAC)
	packet := frame[ethernet.PayloadOffset:]
	ip, err := dumbo.ParseIPv4(packet, true)
	must(tb, err)
	equal(tb, "destination", ip.Destination, guestEnd.Addr())
	equal(tb, "source", ip.Source, ourEnd.Addr())
	return packet[ip.PayloadOffset:]
}

func (g *stackGuest) establish() {
	g.tb.Helper()
	equal(g.tb, "verdict of the SYN", g.send(dumbo.FlagSYN, "").Kind, dumbo.FrameOpening)
	g.take()
	g.id = g.send(dumbo.FlagACK, "").Connection
	equal(g.tb, "events", g.events(), fmt.Sprintf("OPENED of %d", g.id))
}

// events takes all events there are.
func (g *stackGuest) events() string {
	g.tb.Helper()
	var all []string
	for {
		event, err := g.stack.NextEvent()
		must(g.tb, err)
		text := fmt.Sprintf("%v of %d", event.Kind, event.Connection)
		switch event.Kind {
		case dumbo.EventNone:
			return strings.Join(all, ", ")
		case dumbo.EventClosed:
			text += fmt.Sprintf(": %v", event.Reason)
		}
		all = append(all, text)
	}
}

// happened returns what events() does for one connection.
func (g *stackGuest) happened(kinds ...string) string {
	for i := range kinds {
		kind, reason, _ := strings.Cut(kinds[i], ":")
		kinds[i] = fmt.Sprintf("%s of %d", kind, g.id)
		if reason != "" {
			kinds[i] += ":" + reason
		}
	}
	return strings.Join(kinds, ", ")
}

func TestAStackAnswersARP(t *testing.T) {
	peer := newStackGuest(t, smallStack())
	frame := make([]byte, dumbo.EthernetHeaderLength+dumbo.ARPLength)
	_, err := dumbo.WriteEthernet(frame, everyone, guestMAC, dumbo.EtherTypeARP, dumbo.ARPLength)
	must(t, err)
	must(t, dumbo.WriteARP(frame[ipAt:], dumbo.ARPPacket{
		Operation: dumbo.ARPRequest, SenderMAC: guestMAC, SenderIP: guestEnd.Addr(), TargetIP: ourEnd.Addr(),
	}))
	equal(t, "for us", peer.stack.FrameIsForUs(frame), true)
	verdict, err := peer.stack.ReceiveFrame(frame, 0)
	must(t, err)
	equal(t, "verdict", verdict, dumbo.Verdict{Kind: dumbo.FrameARPRequest})
	status, deadline, err := peer.stack.NextStatus(0)
	must(t, err)
	equal(t, "status", status, dumbo.StatusAvailable)
	equal(t, "deadline", deadline, 0)
	reply := make([]byte, 100)
	n, err := peer.stack.NextFrame(reply, 0)
	must(t, err)
	wanted := make([]byte, len(frame))
	_, err = dumbo.WriteEthernet(wanted, guestMAC, ourMAC, dumbo.EtherTypeARP, dumbo.ARPLength)
	must(t, err)
	must(t, dumbo.WriteARP(wanted[ipAt:], dumbo.ARPPacket{
		Operation: dumbo.ARPReply, SenderMAC: ourMAC, SenderIP: ourEnd.Addr(), TargetMAC: guestMAC, TargetIP: guestEnd.Addr(),
	}))
	equal(t, "the reply", string(reply[:n]), string(wanted))
	status, deadline, err = peer.stack.NextStatus(0)
	must(t, err)
	equal(t, "status", status, dumbo.StatusNothing)
	equal(t, "deadline", deadline, dumbo.Never)
}

func TestAConversationThroughAStack(t *testing.T) {
	peer := newStackGuest(t, smallStack())
	peer.establish()
	conn := peer.stack.Conn(peer.id)
	equal(t, "id", conn.ID(), peer.id)
	info, err := conn.Info()
	must(t, err)
	equal(t, "info", info, dumbo.ConnectionInfo{
		State: dumbo.StateEstablished, Peer: guestEnd, PeerMAC: guestMAC, Port: 80, MSS: 1460, Room: 1500,
	})

	buffer := make([]byte, 5)
	_, err = conn.Read(buffer)
	failed(t, "nothing to read", err, dumbo.ErrWouldBlock)
	verdict := peer.send(dumbo.FlagACK, "a question")
	equal(t, "verdict", verdict, dumbo.Verdict{Kind: dumbo.FrameReceived, Delivered: 10, Connection: peer.id})
	equal(t, "events", peer.events(), peer.happened("READABLE"))
	n, err := conn.Read(nil)
	equal(t, "no room to read", fmt.Sprint(n, err), "0 <nil>")
	n, err = conn.Read(buffer)
	must(t, err)
	equal(t, "read", string(buffer[:n]), "a que")
	n, err = conn.Discard(2)
	must(t, err)
	equal(t, "discarded", n, 2)
	n, err = conn.Read(buffer)
	must(t, err)
	equal(t, "the rest", string(buffer[:n]), "ion")

	n, err = conn.Write([]byte("an answer"))
	must(t, err)
	equal(t, "written", n, 9)
	_, payload := peer.take()
	equal(t, "the answer", payload, "an answer")

	peer.send(dumbo.FlagACK|dumbo.FlagFIN, "")
	equal(t, "events", peer.events(), peer.happened("PEER_CLOSED"))
	_, err = conn.Read(buffer)
	equal(t, "at the end", err, io.EOF)
	must(t, conn.Close())
	_, err = conn.Write(buffer)
	failed(t, "writing behind the end", err, dumbo.ErrConnectionClosing)
	flags, _ := peer.take()
	equal(t, "flags", flags, dumbo.FlagACK|dumbo.FlagFIN)
	peer.send(dumbo.FlagACK, "")
	equal(t, "events", peer.events(), peer.happened("CLOSED: FINISHED"))
	equal(t, "notes that are kept", peer.stack.PeersClosed(), 0)
	_, err = conn.Read(buffer)
	failed(t, "after the end", err, dumbo.ErrNoConnection)
	equal(t, "connections", peer.stack.ConnectionCount(), 0)
	counters, err := peer.stack.Counters()
	must(t, err)
	equal(t, "counters", counters, dumbo.InterfaceCounters{
		FramesIn: 5, FramesOut: 3, Opened: 1, Established: 1, Finished: 1,
	})
}

func TestAnEndIsKnownBeforeItsEvent(t *testing.T) {
	peer := newStackGuest(t, smallStack())
	peer.establish()
	conn := peer.stack.Conn(peer.id)
	peer.send(dumbo.FlagACK|dumbo.FlagFIN, "")
	_, err := conn.Read(make([]byte, 1))
	equal(t, "while we can write", err, io.EOF)
	must(t, conn.Close())
	peer.take()
	_, err = conn.Read(make([]byte, 1))
	equal(t, "when both have closed", err, io.EOF)
}

// Both FINs have arrived, so that the state alone does not tell this end from a reset.
func TestAReadEndsAlsoWhereWeClosedFirst(t *testing.T) {
	peer := newStackGuest(t, smallStack())
	peer.establish()
	conn := peer.stack.Conn(peer.id)
	must(t, conn.Close())
	peer.take()
	peer.send(dumbo.FlagACK|dumbo.FlagFIN, "the rest")
	var rest bytes.Buffer
	_, err := conn.WriteTo(&rest)
	failed(t, "before the event", err, dumbo.ErrWouldBlock)
	equal(t, "the rest", rest.String(), "the rest")
	equal(t, "events", peer.events(), peer.happened("READABLE", "PEER_CLOSED"))
	n, err := conn.WriteTo(&rest)
	equal(t, "at the end", fmt.Sprint(n, err), "0 <nil>")
	peer.take()
	equal(t, "events", peer.events(), peer.happened("CLOSED: FINISHED"))
}

func TestAResetIsNoEnd(t *testing.T) {
	peer := newStackGuest(t, smallStack())
	peer.establish()
	conn := peer.stack.Conn(peer.id)
	peer.send(dumbo.FlagRST|dumbo.FlagACK, "")
	info, err := conn.Info()
	must(t, err)
	equal(t, "state", info.State, dumbo.StateClosed)
	equal(t, "closing", info.Closing, true)
	_, err = conn.Read(make([]byte, 1))
	failed(t, "a read", err, dumbo.ErrWouldBlock)
	equal(t, "events", peer.events(), peer.happened("CLOSED: RESET_BY_PEER"))
}

func TestAReadGoesRoundTheEndOfTheBuffer(t *testing.T) {
	peer := newStackGuest(t, smallStack())
	peer.establish()
	conn := peer.stack.Conn(peer.id)
	buffer := make([]byte, 3000)
	for i := 0; i < 5; i++ { // of 1460 bytes each, in a buffer of 2000
		data := strings.Repeat(string(rune('a'+i)), 1459) + "."
		peer.send(dumbo.FlagACK, data)
		n, err := conn.Read(buffer)
		must(t, err)
		equal(t, "read", string(buffer[:n]), data)
	}
}

func TestAnAbortSendsARST(t *testing.T) {
	peer := newStackGuest(t, smallStack())
	peer.establish()
	must(t, peer.stack.Conn(peer.id).Abort())
	flags, _ := peer.take()
	equal(t, "flags", flags, dumbo.FlagRST)
	equal(t, "events", peer.events(), peer.happened("CLOSED: RESET"))
}

func TestAWriteTakesWhatThereIsRoomFor(t *testing.T) {
	peer := newStackGuest(t, smallStack())
	peer.establish()
	conn := peer.stack.Conn(peer.id)
	n, err := conn.Write(make([]byte, 1501))
	failed(t, "one byte too many", err, dumbo.ErrWouldBlock)
	equal(t, "taken", n, 1500)
	peer.take()
	peer.take()
	peer.send(dumbo.FlagACK, "")
	equal(t, "events", peer.events(), peer.happened("WRITABLE"))
	n, err = conn.Write([]byte{1})
	must(t, err)
	equal(t, "taken", n, 1)
}

func TestWhatOneConnDoesNotTakeStaysInTheOther(t *testing.T) {
	from := newStackGuest(t, smallStack())
	from.establish()
	narrow := smallStack()
	narrow.SendBuffer = 100
	to := newStackGuest(t, narrow)
	to.establish()
	var said, heard strings.Builder
	for round := 0; round < 5; round++ { // of 1200 bytes each, in a buffer of 2000
		var text strings.Builder
		for text.Len() < 1200 {
			fmt.Fprintf(&text, "%d:%06d ", round, text.Len())
		}
		said.WriteString(text.String())
		equal(t, "delivered", from.send(dumbo.FlagACK, text.String()).Delivered, text.Len())
		for {
			n, err := io.Copy(to.stack.Conn(to.id), from.stack.Conn(from.id))
			failed(t, "a copy", err, dumbo.ErrWouldBlock)
			if n == 0 {
				break
			}
			_, payload := to.take()
			heard.WriteString(payload)
			to.send(dumbo.FlagACK, "")
			to.events()
		}
	}
	equal(t, "what arrives", heard.String(), said.String())
}

func TestAWriteToTakesMoreThanItReadsAtOnce(t *testing.T) {
	config := smallStack()
	config.ReceiveBuffer = 10000
	peer := newStackGuest(t, config)
	peer.establish()
	var said string
	for _, letter := range []string{"a", "b", "c", "d", "e", "f"} {
		part := strings.Repeat(letter, 1460)
		peer.send(dumbo.FlagACK, part)
		said += part
	}
	var heard bytes.Buffer
	n, err := peer.stack.Conn(peer.id).WriteTo(&heard)
	failed(t, "the end", err, dumbo.ErrWouldBlock)
	equal(t, "length", n, int64(len(said)))
	equal(t, "what was read", heard.String() == said, true)
}

// A writerFunc takes what a function says.
type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestWhatAWriterDoesNotTakeStaysToBeRead(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		name   string
		writer writerFunc
		taken  int64
		want   error // nil for any
	}{
		{"an error", func([]byte) (int, error) { return 0, broken }, 0, broken},
		{"an error after some bytes", func([]byte) (int, error) { return 3, broken }, 3, broken},
		{"an error after all bytes", func(p []byte) (int, error) { return len(p), broken }, 10, broken},
		{"too few bytes", func([]byte) (int, error) { return 3, nil }, 3, io.ErrShortWrite},
		{"too many bytes", func(p []byte) (int, error) { return len(p) + 1, nil }, 0, nil},
		{"fewer than none", func([]byte) (int, error) { return -1, nil }, 0, nil},
	} {
		peer := newStackGuest(t, smallStack())
		peer.establish()
		conn := peer.stack.Conn(peer.id)
		peer.send(dumbo.FlagACK, "ten bytes.")
		n, err := conn.WriteTo(c.writer)
		if n != c.taken || err == nil || c.want != nil && err != c.want {
			t.Errorf("%s: got %d and %v, want %d and %v", c.name, n, err, c.taken, c.want)
		}
		var rest bytes.Buffer
		_, err = conn.WriteTo(&rest)
		failed(t, "the rest", err, dumbo.ErrWouldBlock)
		equal(t, c.name, rest.String(), "ten bytes."[c.taken:])
	}
}

func TestAWriterMayCloseTheStack(t *testing.T) {
	peer := newStackGuest(t, smallStack())
	peer.establish()
	peer.send(dumbo.FlagACK, "the last words")
	n, err := peer.stack.Conn(peer.id).WriteTo(writerFunc(func(p []byte) (int, error) {
		must(t, peer.stack.Close())
		equal(t, "payload", string(p), "the last words")
		return len(p), nil
	}))
	failed(t, "afterwards", err, dumbo.ErrClosed)
	equal(t, "written", n, int64(len("the last words")))
}

func TestATimeToLiveOfTheConnection(t *testing.T) {
	peer := newStackGuest(t, smallStack())
	peer.establish()
	conn := peer.stack.Conn(peer.id)
	must(t, conn.SetTTL(1))
	failed(t, "none", conn.SetTTL(0), dumbo.ErrInvalidArgument)
	_, err := conn.Write([]byte{1})
	must(t, err)
	frame := make([]byte, 100)
	_, err = peer.stack.NextFrame(frame, 0)
	must(t, err)
	equal(t, "TTL", frame[ipAt+8], 1)
}

func TestDevicesDoPartOfTheWork(t *testing.T) {
	config := smallStack()
	config.SendBuffer = 4000
	peer := newStackGuest(t, config)
	peer.establish()
	_, err := peer.stack.Conn(peer.id).Write([]byte("for no device"))
	must(t, err)
	failed(t, "TSO alone", peer.stack.SetOffloads(dumbo.OffloadTSO4), dumbo.ErrInvalidArgument)
	must(t, peer.stack.SetOffloads(dumbo.OffloadTSO4|dumbo.OffloadChecksum))
	_, payload := peer.take() // which verifies the checksum
	equal(t, "payload of a frame without a header", payload, "for no device")
	peer.send(dumbo.FlagACK, "")
	_, err = peer.stack.Conn(peer.id).Write(make([]byte, 4000))
	must(t, err)
	n, header, err := peer.stack.NextFrameWithHeader(make([]byte, 65549), 0)
	must(t, err)
	equal(t, "length", n, 14+20+20+4000)
	equal(t, "header", header, dumbo.VirtioNetHeader{
		Flags: dumbo.VirtioNetNeedsChecksum, GSOType: dumbo.VirtioNetGSOTCPv4, HeaderLength: 54, GSOSize: 1460, CsumStart: 34,
		CsumOffset: 16,
	})

	frame := make([]byte, 100)
	n = peer.frameInto(frame, dumbo.FlagACK, []byte("unverified"))
	frame[tcpAt+16] ^= 1
	verdict, err := peer.stack.ReceiveFrame(frame[:n], 0)
	must(t, err)
	equal(t, "without a header", verdict.Kind, dumbo.FrameMalformed)
	failed(t, "why", verdict.Err, dumbo.ErrChecksum)
	verdict, err = peer.stack.ReceiveFrameWithHeader(frame[:n], 0, dumbo.VirtioNetHeader{Flags: dumbo.VirtioNetNeedsChecksum})
	must(t, err)
	equal(t, "with one", verdict.Delivered, len("unverified"))
}

func TestVerdictsOfWhatIsNotForAConnection(t *testing.T) {
	peer := newStackGuest(t, smallStack())
	verdict, err := peer.stack.ReceiveFrame(nil, 5)
	must(t, err)
	equal(t, "nothing", verdict, dumbo.Verdict{Kind: dumbo.FrameMalformed, Err: dumbo.ErrTruncated})
	_, err = peer.stack.ReceiveFrame(nil, 4)
	failed(t, "time that goes back", err, dumbo.ErrTimestampDecreased)
	_, _, err = peer.stack.NextStatus(4)
	failed(t, "time that goes back", err, dumbo.ErrTimestampDecreased)
	_, err = peer.stack.NextFrame(make([]byte, dumbo.StackFrameMinimum-1), 5)
	failed(t, "a short buffer", err, dumbo.ErrBufferTooSmall)
}

func TestAStackGoesOnAfterASnapshot(t *testing.T) {
	peer := newStackGuest(t, smallStack())
	peer.establish()
	peer.send(dumbo.FlagACK, "unread")
	_, err := peer.stack.Conn(peer.id).Write([]byte("unsent"))
	must(t, err)
	snapshot, err := peer.stack.Snapshot()
	must(t, err)
	must(t, peer.stack.Close())

	restored, err := dumbo.RestoreStack(snapshot, smallStack(), dumbo.RestoreConfig{Rebase: true, OldNow: 0, NewNow: 0})
	must(t, err)
	defer restored.Close()
	peer.stack = restored
	equal(t, "events", peer.events(), peer.happened("READABLE"))
	var read bytes.Buffer
	_, err = restored.Conn(peer.id).WriteTo(&read)
	failed(t, "after everything is read", err, dumbo.ErrWouldBlock)
	equal(t, "read", read.String(), "unread")
	_, payload := peer.take()
	equal(t, "sent", payload, "unsent")

	other := smallStack()
	other.MAC[5]++
	for name, refused := range map[string]struct {
		snapshot []byte
		config   dumbo.StackConfig
		want     error
	}{
		"nothing":               {nil, smallStack(), dumbo.ErrSnapshotLength},
		"another address":       {snapshot, other, dumbo.ErrSnapshotConfig},
		"a config without MTU":  {snapshot, dumbo.StackConfig{Address: ourEnd.Addr()}, dumbo.ErrInvalidArgument},
		"a config with nothing": {snapshot, dumbo.StackConfig{}, dumbo.ErrInvalidArgument},
	} {
		stack, err := dumbo.RestoreStack(refused.snapshot, refused.config, dumbo.RestoreConfig{})
		if stack != nil || !errors.Is(err, refused.want) {
			t.Errorf("%s: got %v and %v, want %v", name, stack, err, refused.want)
		}
	}
}

func TestConfigsOfStacks(t *testing.T) {
	config := smallStack()
	size, err := config.Size()
	must(t, err)
	// What dumbo.h says, as the next multiple of 64.
	equal(t, "size", size, uint64((704+2*(228+2000+1500)+4*2+24*2+63)/64*64))
	nine := config
	nine.Ports = []uint16{1, 2, 3, 4, 5, 6, 7, 8, 9}
	six := config
	six.Address = netip.MustParseAddr("fe80::1")
	none := config
	none.MaxConnections = 0
	for name, config := range map[string]dumbo.StackConfig{"ports": nine, "address": six, "connections": none} {
		_, err := config.Size()
		failed(t, name, err, dumbo.ErrInvalidArgument)
		stack, err := dumbo.NewStack(config)
		failed(t, name, err, dumbo.ErrInvalidArgument)
		if stack != nil {
			t.Errorf("%s: a stack all the same", name)
		}
	}
	defaults := dumbo.NewStackConfig(ourMAC, ourEnd.Addr(), period, 80)
	equal(t, "defaults", fmt.Sprintf("%+v", defaults), "{MAC:06:01:23:45:67:01 Address:169.254.169.254 Ports:[80] "+
		"RTOPeriod:1000 RTOCountMax:15 Options:255 MaxConnections:64 MaxHalfOpen:16 ReceiveBuffer:16384 SendBuffer:16384 "+
		"MaxReplies:64 Checksum:0 Offloads:0 MTU:1500 TTL:64 TrustChecksums:false IdleThreshold:0}")
	equal(t, "default of the key", defaults.HashKey, 0)
}

func TestTheKeyIsNotPrinted(t *testing.T) {
	config, other := smallStack(), smallStack()
	other.HashKey = 0x1234567890
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X", "%o", "%b", "%c", "%U"} {
		equal(t, verb, fmt.Sprintf(verb, other), fmt.Sprintf(verb, config))
		equal(t, verb, fmt.Sprintf(verb, &other), fmt.Sprintf(verb, &config))
		equal(t, verb, fmt.Sprintf(verb, []dumbo.StackConfig{other}), fmt.Sprintf(verb, []dumbo.StackConfig{config}))
	}
}

// Each field of the config that shows from outside.
func TestAStackIsWhatItsConfigSays(t *testing.T) {
	config := smallStack()
	config.TTL = 7
	config.MTU = 576
	config.Checksum = dumbo.ChecksumNone
	config.TrustChecksums = true
	config.RTOPeriod = 77
	config.RTOCountMax = 1
	peer := newStackGuest(t, config)
	frame := make([]byte, 2000)
	n := peer.frameInto(frame, dumbo.FlagSYN, nil)
	frame[tcpAt+16] ^= 1
	verdict, err := peer.stack.ReceiveFrame(frame[:n], 0)
	must(t, err)
	equal(t, "verdict", verdict.Kind, dumbo.FrameOpening)
	n, err = peer.stack.NextFrame(frame, 0)
	must(t, err)
	equal(t, "TTL", frame[ipAt+8], 7)
	synack, err := dumbo.ParseTCP(frame[tcpAt:n], dumbo.AddressPair{})
	must(t, err)
	equal(t, "checksum", synack.Checksum, 0)
	equal(t, "window", synack.Window, 2000)
	_, deadline, err := peer.stack.NextStatus(0)
	must(t, err)
	equal(t, "deadline", deadline, 77)
	_, err = peer.stack.NextFrame(frame, 77)
	must(t, err)
	equal(t, "flags after the only timeout", dumbo.TCPFlags(frame[tcpAt+13])&dumbo.FlagRST, dumbo.FlagRST)
}

func TestAfterCloseOfAStackEverythingIsRefused(t *testing.T) {
	peer := newStackGuest(t, smallStack())
	peer.establish()
	conn := peer.stack.Conn(peer.id)
	must(t, peer.stack.Close())
	must(t, peer.stack.Close())
	everythingOfAStackIsRefused(t, peer.stack, conn)
}

func TestAStackThatWasNeverMadeIsAClosedOne(t *testing.T) {
	var zero dumbo.Stack
	everythingOfAStackIsRefused(t, &zero, dumbo.Conn{})
	everythingOfAStackIsRefused(t, &zero, zero.Conn(1))
	must(t, zero.Close())
}

func TestCopiesOfAStackAreClosedOnceAndTogether(t *testing.T) {
	peer := newStackGuest(t, smallStack())
	peer.establish()
	conn := peer.stack.Conn(peer.id)
	other := *peer.stack
	equal(t, "connections of the copy", other.ConnectionCount(), 1)
	equal(t, "the copy's connection", other.Conn(peer.id), conn)
	must(t, other.Close())
	everythingOfAStackIsRefused(t, peer.stack, conn)
	must(t, peer.stack.Close())
	must(t, other.Close())
}

func everythingOfAStackIsRefused(t *testing.T, stack *dumbo.Stack, conn dumbo.Conn) {
	t.Helper()
	buffer := make([]byte, 100)
	for name, call := range map[string]func() error{
		"ReceiveFrame": func() error { _, err := stack.ReceiveFrame(buffer, 0); return err },
		"ReceiveFrameWithHeader": func() error {
			_, err := stack.ReceiveFrameWithHeader(buffer, 0, dumbo.VirtioNetHeader{})
			return err
		},
		"NextFrame":           func() error { _, err := stack.NextFrame(buffer, 0); return err },
		"NextFrameWithHeader": func() error { _, _, err := stack.NextFrameWithHeader(buffer, 0); return err },
		"SetOffloads":         func() error { return stack.SetOffloads(0) },
		"NextStatus":          func() error { _, _, err := stack.NextStatus(0); return err },
		"NextEvent":           func() error { _, err := stack.NextEvent(); return err },
		"Counters":            func() error { _, err := stack.Counters(); return err },
		"Snapshot":            func() error { _, err := stack.Snapshot(); return err },
		"Conn.Read":           func() error { _, err := conn.Read(buffer); return err },
		"Conn.Discard":        func() error { _, err := conn.Discard(1); return err },
		"Conn.Write":          func() error { _, err := conn.Write(buffer); return err },
		"Conn.WriteTo":        func() error { _, err := conn.WriteTo(io.Discard); return err },
		"Conn.Close":          conn.Close,
		"Conn.Abort":          conn.Abort,
		"Conn.SetTTL":         func() error { return conn.SetTTL(1) },
		"Conn.Info":           func() error { _, err := conn.Info(); return err },
	} {
		if err := call(); !errors.Is(err, dumbo.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	equal(t, "connections", stack.ConnectionCount(), 0)
	equal(t, "for us", stack.FrameIsForUs(buffer), false)
}

func TestCallsOnNoConnection(t *testing.T) {
	peer := newStackGuest(t, smallStack())
	conn := peer.stack.Conn(12345)
	for name, call := range map[string]func() error{
		"Read":    func() error { _, err := conn.Read(nil); return err },
		"Discard": func() error { _, err := conn.Discard(0); return err },
		"Write":   func() error { _, err := conn.Write(nil); return err },
		"WriteTo": func() error { _, err := conn.WriteTo(io.Discard); return err },
		"Close":   conn.Close,
		"Abort":   conn.Abort,
		"SetTTL":  func() error { return conn.SetTTL(1) },
		"Info":    func() error { _, err := conn.Info(); return err },
	} {
		failed(t, name, call(), dumbo.ErrNoConnection)
	}
	_, err := conn.Discard(-1)
	failed(t, "a negative number", err, dumbo.ErrInvalidArgument)
}
