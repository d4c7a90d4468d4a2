// SPDX-License-Identifier: Apache-2.0

package dumbo_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"

	dumbo "github.com/libdumbo/libdumbo/bindings/go"
)

func TestAConversationWithDataBothWays(t *testing.T) {
	connection, peer := establish(t, dumbo.NewConfig(period))
	equal(t, "state", connection.State(), dumbo.StateEstablished)

	equal(t, "the question", receive(t, connection, peer.say(dumbo.FlagACK|dumbo.FlagPSH, "a question"), 1), "a question")
	equal(t, "RCV.NXT", connection.NextExpected(), peer.seq)
	answer := dumbo.Bytes(connection.FirstNotSent(), []byte("an answer"))
	segment, sent := write(t, connection, answer, 1)
	equal(t, "cause", sent, dumbo.Sent{Cause: dumbo.CauseData, HeaderLength: 20})
	_, payload := peer.hear(segment)
	equal(t, "the answer", payload, "an answer")
	equal(t, "SND.NXT", connection.FirstNotSent(), peer.ack)
	equal(t, "SND.UNA", connection.HighestACKReceived(), peer.ack-uint32(len("an answer")))

	receive(t, connection, peer.say(dumbo.FlagACK, ""), 2)
	equal(t, "SND.UNA", connection.HighestACKReceived(), peer.ack)
	equal(t, "the peer's window", connection.RemoteWindowEdge(), peer.ack+65535)
	equal(t, "our window", connection.LocalWindow(), 65535-uint32(len("a question")))
	must(t, connection.AdvanceLocalWindow(10))
	equal(t, "our window, opened", connection.LocalWindow(), 65535)

	must(t, connection.CloseWrite())
	segment, sent = write(t, connection, dumbo.Payload{}, 3)
	equal(t, "cause", sent.Cause, dumbo.CauseFIN)
	peer.hear(segment)
	equal(t, "state", connection.State(), dumbo.StateFINWait1)
	receive(t, connection, peer.say(dumbo.FlagACK|dumbo.FlagFIN, ""), 4)
	equal(t, "FIN received", connection.FINReceived(), true)
	equal(t, "FIN acknowledged", connection.FINAcknowledged(), true)
	segment, sent = write(t, connection, dumbo.Payload{}, 4)
	equal(t, "cause", sent.Cause, dumbo.CauseACK)
	peer.hear(segment)
	equal(t, "done", connection.IsDone(), true)
	equal(t, "reset", connection.IsReset(), false)
	equal(t, "state", connection.State(), dumbo.StateClosed)
}

func TestPayloadIsReceivedWhereItLies(t *testing.T) {
	connection, peer := establish(t, dumbo.NewConfig(period))
	segment := peer.say(dumbo.FlagACK, "stays here")
	segment = append(segment, "another frame"...)[:len(segment)]
	payload, anomalies, err := connection.ReceiveSegmentInPlace(segment, fromGuest, 0)
	must(t, err)
	equal(t, "anomalies", anomalies, 0)
	equal(t, "payload", string(payload), "stays here")
	equal(t, "address", &payload[0], &segment[dumbo.TCPHeaderLength])
	equal(t, "capacity", cap(payload), len(payload))

	payload, anomalies, err = connection.ReceiveSegmentInPlace(segment, fromGuest, 0)
	must(t, err)
	equal(t, "anomalies of a repetition", anomalies, dumbo.AnomalyUnexpectedSeq)
	equal(t, "its payload", len(payload), 0)
	_, _, err = connection.ReceiveSegmentInPlace(nil, fromGuest, 0)
	failed(t, "nothing", err, dumbo.ErrTruncated)
}

func TestTheFINGoesWithTheLastByte(t *testing.T) {
	connection, peer := establish(t, dumbo.NewConfig(period))
	must(t, connection.CloseWriteAfter(4))
	segment, _ := write(t, connection, dumbo.Bytes(peer.ack, []byte("last")), 0)
	flags, payload := peer.hear(segment)
	equal(t, "flags", flags, dumbo.FlagACK|dumbo.FlagFIN)
	equal(t, "payload", payload, "last")
	failed(t, "out of range", connection.CloseWriteAfter(dumbo.MaxWindowSize+1), dumbo.ErrInvalidArgument)
}

func TestTheDeadlineIsThatOfTheRunningTimeout(t *testing.T) {
	connection, peer := open(t, dumbo.NewConfig(period))
	status, deadline := connection.NextSegmentStatus()
	equal(t, "status before the SYNACK", status, dumbo.StatusAvailable)
	equal(t, "deadline", deadline, 0)
	segment, _ := write(t, connection, dumbo.Payload{}, 5)
	peer.hear(segment)
	status, deadline = connection.NextSegmentStatus()
	equal(t, "status behind it", status, dumbo.StatusTimeout)
	equal(t, "deadline", deadline, 5+period)
	receive(t, connection, peer.say(dumbo.FlagACK, ""), 6)
	status, deadline = connection.NextSegmentStatus()
	equal(t, "status when acknowledged", status, dumbo.StatusNothing)
	equal(t, "deadline", deadline, dumbo.Never)
}

func TestALostSegmentIsSentAgainAtItsDeadline(t *testing.T) {
	connection, peer := establish(t, dumbo.NewConfig(period))
	payload := dumbo.Bytes(peer.ack, []byte("lost"))
	first, _ := write(t, connection, payload, 0)
	n, sent, err := connection.WriteNextSegment(make([]byte, 2000), payload, toGuest, period-1)
	must(t, err)
	equal(t, "nothing before", n, 0)
	equal(t, "cause of nothing", sent, dumbo.Sent{})
	again, sent := write(t, connection, payload, period)
	equal(t, "cause", sent.Cause, dumbo.CauseTimeout)
	equal(t, "the same segment", string(again), string(first))
}

func TestADuplicateACKAsksForARetransmission(t *testing.T) {
	connection, peer := establish(t, dumbo.NewConfig(period))
	write(t, connection, dumbo.Bytes(peer.ack, []byte("lost")), 0)
	_, anomalies, err := connection.ReceiveSegment(peer.say(dumbo.FlagACK, ""), nil, fromGuest, 0)
	must(t, err)
	equal(t, "anomalies", anomalies, dumbo.AnomalyDupACK)
	equal(t, "pending", connection.DupACKPending(), true)
}

func TestAResetIsWrittenAndEndsTheConnection(t *testing.T) {
	connection, peer := establish(t, dumbo.NewConfig(period))
	wanted, err := connection.RST()
	must(t, err)
	equal(t, "the RST to come", wanted, dumbo.RST{Flags: dumbo.FlagRST, Seq: peer.ack})
	must(t, connection.Reset())
	segment, sent := write(t, connection, dumbo.Payload{}, 0)
	equal(t, "cause", sent.Cause, dumbo.CauseReset)
	header, err := dumbo.ParseTCP(segment, fromUs)
	must(t, err)
	equal(t, "its number", header.Seq, wanted.Seq)
	equal(t, "reset", connection.IsReset(), true)
	_, _, err = connection.WriteNextSegment(segment, dumbo.Payload{}, toGuest, 0)
	if !errors.Is(err, dumbo.ErrConnectionReset) || !err.(dumbo.Error).Fatal() {
		t.Errorf("writing after a reset: %v", err)
	}
}

func TestErrorsOfOpening(t *testing.T) {
	peer := &guest{tb: t}
	syn := peer.say(dumbo.FlagSYN, "")
	config := dumbo.NewConfig(period)
	unknownOption := config
	unknownOption.Options = 0x100
	six := netip.MustParseAddr("fe80::1")
	for _, c := range []struct {
		name   string
		syn    []byte
		verify dumbo.AddressPair
		config dumbo.Config
		want   dumbo.Error
	}{
		{"a config without a timeout", syn, fromGuest, dumbo.NewConfig(0), dumbo.ErrInvalidArgument},
		{"an unknown option", syn, fromGuest, unknownOption, dumbo.ErrInvalidArgument},
		{"nothing", nil, fromGuest, config, dumbo.ErrTruncated},
		{"no SYN", peer.say(dumbo.FlagACK, ""), fromGuest, config, dumbo.ErrInvalidSYN},
		{"other addresses", syn, dumbo.AddressPair{Source: ourEnd.Addr(), Destination: ourEnd.Addr()}, config, dumbo.ErrChecksum},
		{"one address", syn, dumbo.AddressPair{Source: guestEnd.Addr()}, config, dumbo.ErrInvalidArgument},
		{"the other address", syn, dumbo.AddressPair{Destination: guestEnd.Addr()}, config, dumbo.ErrInvalidArgument},
		{"IPv6", syn, dumbo.AddressPair{Source: six, Destination: six}, config, dumbo.ErrInvalidArgument},
	} {
		connection, err := dumbo.PassiveOpen(c.syn, c.verify, c.config)
		if connection != nil || !errors.Is(err, c.want) {
			t.Errorf("%s: got %v and %v, want %v", c.name, connection, err, c.want)
		}
	}
}

func TestAConfigIsUsed(t *testing.T) {
	config := dumbo.Config{
		LocalWindow: 1234, RTOPeriod: 50, RTOCountMax: 1, Options: dumbo.OptionsGuestFacing, FixedISN: true, ISN: 4711,
	}
	connection, _ := open(t, config)
	equal(t, "SND.NXT", connection.FirstNotSent(), 4712)
	config.FixedISN = false
	random, _ := open(t, config)
	equal(t, "an ISN that is not asked for", random.FirstNotSent() == 4712, false)
	equal(t, "window", connection.LocalWindow(), 1234)
	equal(t, "MSS", connection.MSS(), dumbo.MSSDefault)
	write(t, connection, dumbo.Payload{}, 0)
	_, sent := write(t, connection, dumbo.Payload{}, 50)
	equal(t, "after the only timeout", sent.Cause, dumbo.CauseGivenUp)

	defaults := dumbo.NewConfig(7)
	equal(t, "defaults", defaults, dumbo.Config{LocalWindow: 65535, RTOPeriod: 7, RTOCountMax: 15})
	equal(t, "all options", dumbo.OptionsGuestFacing, dumbo.OptionACKUnacceptable|dumbo.OptionStrictDupACK|
		dumbo.OptionZeroWindowProbe|dumbo.OptionWindowUpdate|dumbo.OptionTolerantHandshake|dumbo.OptionStrictAcceptance|
		dumbo.OptionRFC5961|dumbo.OptionLinger)
}

func TestErrorsOfReceiving(t *testing.T) {
	connection, peer := establish(t, dumbo.NewConfig(period))
	segment := peer.say(dumbo.FlagACK, "eight...")
	n, _, err := connection.ReceiveSegment(segment, make([]byte, 7), fromGuest, 5)
	failed(t, "a short buffer", err, dumbo.ErrBufferTooSmall)
	equal(t, "the length that is needed", n, 8)
	_, _, err = connection.ReceiveSegment(segment, nil, dumbo.AddressPair{Source: ourEnd.Addr()}, 5)
	failed(t, "half of the addresses", err, dumbo.ErrInvalidArgument)
	_, _, err = connection.ReceiveSegmentInPlace(segment, dumbo.AddressPair{Source: ourEnd.Addr()}, 5)
	failed(t, "in place", err, dumbo.ErrInvalidArgument)
	segment[20] ^= 1
	_, _, err = connection.ReceiveSegment(segment, make([]byte, 8), fromGuest, 5)
	failed(t, "a flipped bit", err, dumbo.ErrChecksum)
	n, _, err = connection.ReceiveSegment(segment, make([]byte, 8), dumbo.AddressPair{}, 5)
	equal(t, "not verified", err, nil)
	equal(t, "taken", n, 8)
	_, _, err = connection.ReceiveSegment(segment, nil, fromGuest, 4)
	failed(t, "time that goes back", err, dumbo.ErrChecksum)
	_, _, err = connection.ReceiveSegment(peer.say(dumbo.FlagACK, ""), nil, fromGuest, 4)
	failed(t, "time that goes back", err, dumbo.ErrTimestampDecreased)
}

func TestErrorsOfWriting(t *testing.T) {
	connection, peer := establish(t, dumbo.NewConfig(period))
	payload := dumbo.Bytes(peer.ack, []byte("data"))
	long := dumbo.ReaderAt(peer.ack, strings.NewReader(""), dumbo.MaxWindowSize+1)
	to := func(change func(*dumbo.Addressing)) dumbo.Addressing {
		changed := toGuest
		change(&changed)
		return changed
	}
	reserved := to(func(a *dumbo.Addressing) { a.MSSReserved = dumbo.MSSDefault + 1 })
	unaddressed := to(func(a *dumbo.Addressing) { a.Source = netip.AddrPort{} })
	unchecked := to(func(a *dumbo.Addressing) { a.Checksum = 3 })
	for _, c := range []struct {
		name    string
		room    int
		payload dumbo.Payload
		to      dumbo.Addressing
		want    dumbo.Error
	}{
		{"no room", 19, payload, toGuest, dumbo.ErrBufferTooSmall},
		{"no room for payload", 20, payload, toGuest, dumbo.ErrEmptyPayload},
		{"a payload that begins later", 100, dumbo.Bytes(peer.ack+1, []byte("data")), toGuest, dumbo.ErrPayloadMissingSeq},
		{"a payload that is too long", 100, long, toGuest, dumbo.ErrPayloadTooLarge},
		{"a negative length", 100, dumbo.ReaderAt(peer.ack, strings.NewReader(""), -1), toGuest, dumbo.ErrInvalidArgument},
		{"a missing reader of a negative length", 100, dumbo.ReaderAt(peer.ack, nil, -1), toGuest, dumbo.ErrInvalidArgument},
		{"too much of the MSS reserved", 100, payload, reserved, dumbo.ErrMSSReserved},
		{"no address", 100, payload, unaddressed, dumbo.ErrInvalidArgument},
		{"an unknown checksum", 100, payload, unchecked, dumbo.ErrInvalidArgument},
	} {
		n, _, err := connection.WriteNextSegment(make([]byte, c.room), c.payload, c.to, 0)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: got %d and %v, want %v", c.name, n, err, c.want)
		}
	}
	must(t, connection.CloseWrite())
	_, _, err := connection.WriteNextSegment(make([]byte, 100), payload, toGuest, 0)
	failed(t, "data behind the FIN", err, dumbo.ErrDataAfterFIN)
}

func TestALongSegmentIsLeftForTheDeviceToCut(t *testing.T) {
	connection, peer := establish(t, dumbo.NewConfig(period))
	to := toGuest
	to.TSO = true
	to.Checksum = dumbo.ChecksumPseudoHeader
	to.MSSReserved = 36
	n, sent, err := connection.WriteNextSegment(make([]byte, 65535), dumbo.Bytes(peer.ack, make([]byte, 5000)), to, 0)
	must(t, err)
	equal(t, "length", n, 5020)
	equal(t, "sent", sent, dumbo.Sent{Cause: dumbo.CauseData, HeaderLength: 20, GSOSize: 500})
}

func TestChecksumPolicies(t *testing.T) {
	connection, _ := open(t, dumbo.NewConfig(period))
	fieldWith := func(policy dumbo.ChecksumPolicy, to dumbo.Addressing) uint16 {
		clone, err := connection.Clone()
		must(t, err)
		defer clone.Close()
		to.Checksum = policy
		segment := make([]byte, 24)
		_, _, err = clone.WriteNextSegment(segment, dumbo.Payload{}, to, 0)
		must(t, err)
		header, err := dumbo.ParseTCP(segment, dumbo.AddressPair{})
		must(t, err)
		equal(t, "source port", header.SourcePort, ourEnd.Port())
		equal(t, "destination port", header.DestinationPort, guestEnd.Port())
		return header.Checksum
	}
	equal(t, "none", fieldWith(dumbo.ChecksumNone, toGuest), 0)
	portsAlone := dumbo.Addressing{
		Source:      netip.AddrPortFrom(netip.Addr{}, ourEnd.Port()),
		Destination: netip.AddrPortFrom(netip.Addr{}, guestEnd.Port()),
	}
	equal(t, "none, without addresses", fieldWith(dumbo.ChecksumNone, portsAlone), 0)
	// 169.254.169.254, 169.254.0.2, protocol 6, 24 bytes
	equal(t, "pseudo header", fieldWith(dumbo.ChecksumPseudoHeader, toGuest), uint16((3*0xa9fe+0x0002+6+24)%0xffff))
}

func TestACloneGoesItsOwnWay(t *testing.T) {
	connection, peer := establish(t, dumbo.NewConfig(period))
	clone, err := connection.Clone()
	must(t, err)
	equal(t, "question to the clone", receive(t, clone, peer.say(dumbo.FlagACK, "for one"), 0), "for one")
	equal(t, "original's RCV.NXT", connection.NextExpected(), peer.seq-uint32(len("for one")))
	must(t, connection.Close())
	equal(t, "clone's RCV.NXT", clone.NextExpected(), peer.seq)
	must(t, clone.Close())
}

// A transfer is cut in two by a snapshot: the restored connection says byte for byte what the original says.
func TestASnapshotInTheMiddleOfATransfer(t *testing.T) {
	data := make([]byte, 20000)
	for i := range data {
		data[i] = byte(i * i >> 5)
	}
	connection, peer := establish(t, dumbo.NewConfig(period))
	payload := dumbo.Bytes(peer.ack, data)
	var got []byte
	for i := 0; i < 7; i++ {
		segment, _ := write(t, connection, payload, 10)
		_, part := peer.hear(segment)
		got = append(got, part...)
	}
	snapshot, err := connection.Snapshot()
	must(t, err)
	restored, err := dumbo.Restore(snapshot, dumbo.RestoreConfig{Rebase: true, OldNow: 10, NewNow: 1_000_010})
	must(t, err)
	defer restored.Close()
	equal(t, "state", restored.State(), dumbo.StateEstablished)
	_, deadline := restored.NextSegmentStatus()
	equal(t, "deadline", deadline, 1_000_010+period)

	for len(got) < len(data) {
		original, _ := write(t, connection, payload, 20)
		segment, _ := write(t, restored, payload, 1_000_020)
		equal(t, "segment", string(segment), string(original))
		_, part := peer.hear(segment)
		got = append(got, part...)
	}
	if !bytes.Equal(got, data) {
		t.Error("the data did not arrive")
	}
	receive(t, restored, peer.say(dumbo.FlagACK, ""), 1_000_030)
	equal(t, "SND.UNA", restored.HighestACKReceived(), peer.ack)
}

func TestErrorsOfRestoring(t *testing.T) {
	connection, _ := establish(t, dumbo.NewConfig(period))
	snapshot, err := connection.Snapshot()
	must(t, err)
	refused := func(name string, snapshot []byte, config dumbo.RestoreConfig, want dumbo.Error) {
		t.Helper()
		restored, err := dumbo.Restore(snapshot, config)
		if restored != nil || !errors.Is(err, want) {
			t.Errorf("%s: got %v and %v, want %v", name, restored, err, want)
		}
	}
	none := dumbo.RestoreConfig{}
	refused("nothing", nil, none, dumbo.ErrSnapshotLength)
	refused("less", snapshot[:len(snapshot)-1], none, dumbo.ErrSnapshotLength)
	refused("times without a rebase", snapshot, dumbo.RestoreConfig{NewNow: 1}, dumbo.ErrInvalidArgument)
	damaged := append([]byte(nil), snapshot...)
	damaged[40] ^= 1
	refused("damaged", damaged, none, dumbo.ErrSnapshotChecksum)
}

func TestCountersCountIfAskedTo(t *testing.T) {
	connection, peer := establish(t, dumbo.NewConfig(period))
	_, err := connection.Counters()
	failed(t, "not asked to", err, dumbo.ErrInvalidArgument)

	config := dumbo.NewConfig(period)
	config.Counters = true
	connection, peer = establish(t, config)
	receive(t, connection, peer.say(dumbo.FlagACK, "seven.."), 0)
	write(t, connection, dumbo.Bytes(peer.ack, []byte("four")), 0)
	write(t, connection, dumbo.Bytes(peer.ack, []byte("four")), period)
	connection.ReceiveSegment(peer.say(dumbo.FlagACK, ""), nil, fromGuest, period)
	connection.ReceiveSegment([]byte{1}, nil, fromGuest, period)
	must(t, connection.Reset())
	counters, err := connection.Counters()
	must(t, err)
	equal(t, "counters", counters, dumbo.Counters{
		SegmentsIn: 3, BytesIn: 7, SegmentsOut: 3, BytesOut: 8, RepeatedOnTimeout: 1, BytesRepeated: 4, DupACK: 1,
		ResetsByCaller: 1, Malformed: 1,
	})
	snapshot, err := connection.Snapshot()
	must(t, err)
	restored, err := dumbo.Restore(snapshot, dumbo.RestoreConfig{Counters: true})
	must(t, err)
	defer restored.Close()
	counters, err = restored.Counters()
	must(t, err)
	equal(t, "counters, restored", counters, dumbo.Counters{})
}

func TestAfterCloseEverythingIsRefused(t *testing.T) {
	connection, _ := establish(t, dumbo.NewConfig(period))
	must(t, connection.Close())
	must(t, connection.Close())
	everythingIsRefused(t, connection)
}

func TestAConnectionThatWasNeverOpenedIsAClosedOne(t *testing.T) {
	var zero dumbo.Connection
	everythingIsRefused(t, &zero)
	must(t, zero.Close())
}

func TestCopiesOfAConnectionAreClosedOnceAndTogether(t *testing.T) {
	connection, peer := establish(t, dumbo.NewConfig(period))
	other := *connection
	equal(t, "what the copy receives", receive(t, &other, peer.say(dumbo.FlagACK, "for both"), 0), "for both")
	equal(t, "the original's RCV.NXT", connection.NextExpected(), peer.seq)
	must(t, other.Close())
	everythingIsRefused(t, connection)
	must(t, connection.Close())
	must(t, other.Close())
}

func everythingIsRefused(t *testing.T, connection *dumbo.Connection) {
	t.Helper()
	segment := (&guest{tb: t}).say(dumbo.FlagACK, "late")
	for name, call := range map[string]func() error{
		"Clone":          func() error { _, err := connection.Clone(); return err },
		"ReceiveSegment": func() error { _, _, err := connection.ReceiveSegment(segment, nil, fromGuest, 0); return err },
		"ReceiveSegmentInPlace": func() error {
			_, _, err := connection.ReceiveSegmentInPlace(segment, fromGuest, 0)
			return err
		},
		"WriteNextSegment": func() error {
			_, _, err := connection.WriteNextSegment(nil, dumbo.Payload{}, toGuest, 0)
			return err
		},
		"WriteNextSegment from a reader": func() error {
			_, _, err := connection.WriteNextSegment(nil, dumbo.ReaderAt(0, strings.NewReader("late"), 4), toGuest, 0)
			return err
		},
		"CloseWrite":         connection.CloseWrite,
		"CloseWriteAfter":    func() error { return connection.CloseWriteAfter(0) },
		"Reset":              connection.Reset,
		"RST":                func() error { _, err := connection.RST(); return err },
		"AdvanceLocalWindow": func() error { return connection.AdvanceLocalWindow(0) },
		"Counters":           func() error { _, err := connection.Counters(); return err },
		"Snapshot":           func() error { _, err := connection.Snapshot(); return err },
	} {
		if err := call(); !errors.Is(err, dumbo.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	equal(t, "done", connection.IsDone(), true)
	equal(t, "reset", connection.IsReset(), true)
	equal(t, "state", connection.State(), dumbo.StateClosed)
	equal(t, "others", fmt.Sprint(connection.IsEstablished(), connection.FINReceived(), connection.FINAcknowledged(),
		connection.DupACKPending(), connection.FirstNotSent(), connection.HighestACKReceived(), connection.RemoteWindowEdge(),
		connection.NextExpected(), connection.LocalWindow(), connection.MSS()), "false false false false 0 0 0 0 0 0")
	status, deadline := connection.NextSegmentStatus()
	equal(t, "status", status, dumbo.StatusNothing)
	equal(t, "deadline", deadline, dumbo.Never)
}

func TestConnectionsOfSeveralGoroutines(t *testing.T) {
	var all sync.WaitGroup
	for i := 0; i < 4; i++ {
		connection, peer := establish(t, dumbo.NewConfig(period))
		all.Add(1)
		go func() {
			defer all.Done()
			buffer := make([]byte, 2000)
			for round := 0; round < 300; round++ {
				said := strings.Repeat("x", 1+round)
				n, _, err := connection.ReceiveSegment(peer.say(dumbo.FlagACK, said), buffer, fromGuest, 0)
				if err != nil || n != len(said) {
					t.Errorf("%d bytes received: %v", n, err)
				}
				connection.AdvanceLocalWindow(uint32(n))
				reader := dumbo.ReaderAt(connection.FirstNotSent(), strings.NewReader(said), int64(n))
				n, _, err = connection.WriteNextSegment(buffer, reader, toGuest, 0)
				if err != nil {
					t.Error(err)
				}
				peer.hear(buffer[:n])
			}
		}()
	}
	all.Wait()
}
