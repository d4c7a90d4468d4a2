// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	dumbo "github.com/libdumbo/libdumbo/bindings/go"
)

// A trace is the life of one connection.
type trace struct {
	settings   fields
	connection *dumbo.Connection
	state      map[string]string // as the latest record wants it
}

func replayTraces(s *summary, records []record) {
	for len(records) > 0 {
		end := 1
		for end < len(records) && records[end].verb != "end" {
			end++
		}
		if records[0].verb != "trace" || end < 2 || end == len(records) {
			refuse(records[0].line, "a trace that is none")
		}
		s.traces++
		replayTrace(s, records[:end])
		records = records[end+1:]
	}
}

// replayTrace stops at the first difference: what comes behind it would differ as well.
func replayTrace(s *summary, records []record) {
	t := trace{settings: records[0].fields, state: map[string]string{}}
	defer func() {
		if t.connection != nil {
			t.connection.Close()
		}
	}()
	for i, r := range records[1:] {
		if (i == 0) != (r.verb == "open") || i > 0 && t.connection == nil {
			refuse(r.line, "'%s' in the wrong place", r.verb)
		}
		s.records++
		t.set(r)
		if t.contradictsItself(r) {
			s.contradictions++
			if got := t.perform(r); got.failure != "tcp_empty_payload" || len(got.state) > 0 {
				s.differences = append(s.differences, difference{r.line, r.input, "err=tcp_empty_payload", got.String()})
			}
			return
		}
		if got := t.perform(r); !s.check(r, got) {
			return
		}
	}
}

// set takes over the settings that a record changes.
func (t *trace) set(r record) {
	for _, key := range []string{"now", "rbuf", "wbuf", "res", "sport", "dport", "csum"} {
		if r.fields.has(key) {
			t.settings.values[key] = r.fields.text(key)
		}
	}
}

func (t *trace) perform(r record) result {
	got := t.event(r)
	if t.connection == nil {
		return got
	}
	got.state = map[string]string{}
	for key, value := range stateOf(t.connection) {
		if t.state[key] != value {
			got.state[key] = value
			t.state[key] = value
		}
	}
	return got
}

func (t *trace) event(r record) result {
	if r.verb == "open" {
		return t.open(r)
	}
	t.replace(r.line)
	switch r.verb {
	case "recv":
		return t.receive(r)
	case "write":
		return t.write(r)
	case "close":
		return done(t.connection.CloseWrite())
	case "reset":
		return done(t.connection.Reset())
	case "adv":
		return done(t.connection.AdvanceLocalWindow(r.fields.u32("n")))
	case "rstcfg":
		rst, err := t.connection.RST()
		if err != nil {
			return done(err)
		}
		return result{word: rstText(rst)}
	}
	refuse(r.line, "the verb '%s'", r.verb)
	return result{}
}

func (t *trace) open(r record) result {
	f := r.fields
	config := dumbo.Config{
		LocalWindow: f.u32("rwnd"), RTOPeriod: f.u64("rto"), RTOCountMax: f.u16("rto_max"), FixedISN: true, ISN: f.u32("isn"),
	}
	connection, err := dumbo.PassiveOpen(f.bytes("seg"), dumbo.AddressPair{}, config)
	t.connection = connection
	return done(err)
}

// replace has a clone, or what is made of a snapshot, go on in the connection's place, every now and then.
func (t *trace) replace(line int) {
	var other *dumbo.Connection
	var err error
	switch line % 8 {
	case 1:
		other, err = t.connection.Clone()
	case 5:
		var snapshot []byte
		if snapshot, err = t.connection.Snapshot(); err == nil {
			other, err = dumbo.Restore(snapshot, dumbo.RestoreConfig{})
		}
	default:
		return
	}
	if err != nil {
		refuse(line, "a connection that cannot be replaced: %v", err)
	}
	t.connection.Close()
	t.connection = other
}

// receive takes a segment with and without a copy, in turns. Without a buffer nothing can be too small.
func (t *trace) receive(r record) result {
	segment := r.fields.bytes("seg")
	now := t.settings.u64("now")
	payload := segment[int(segment[12]>>4)*4:]
	var n int
	var anomalies dumbo.Anomalies
	var err error
	isRight := true
	if r.line%2 == 0 && len(payload) <= t.settings.length("rbuf") {
		var got []byte
		got, anomalies, err = t.connection.ReceiveSegmentInPlace(segment, dumbo.AddressPair{}, now)
		n = len(got)
		isRight = n == 0 || &got[0] == &payload[0] && n == len(payload)
	} else {
		buffer := untouched(t.settings.length("rbuf"))
		n, anomalies, err = t.connection.ReceiveSegment(segment, buffer, dumbo.AddressPair{}, now)
		delivered := payload[:min(n, len(payload))]
		if err != nil {
			delivered = nil
		}
		isRight = isDelivered(buffer, delivered)
	}
	if !isRight || n != 0 && n != len(payload) {
		return result{failure: "other bytes are delivered than were sent"}
	}
	if err != nil {
		return result{failure: failureName(err)}
	}
	return values("len=%d flags=%x", n, uint32(anomalies))
}

// untouched returns a buffer with a pattern that depends on the place, so that bytes moved within it show as well.
func untouched(length int) []byte {
	return run{uint64(length), 12345}.expand()
}

// isDelivered tells whether a payload stands at the start of the buffer, and nothing else was written to.
func isDelivered(buffer, payload []byte) bool {
	return bytes.HasPrefix(buffer, payload) &&
		bytes.Equal(buffer[len(payload):], untouched(len(buffer))[len(payload):])
}

func (t *trace) write(r record) result {
	segment := make([]byte, t.settings.length("wbuf"))
	to := t.settings.addressing()
	to.MSSReserved = t.settings.u16("res")
	var payload dumbo.Payload
	if r.fields.has("src") {
		payload = parseRun(r.line, r.fields.text("src")).payload(r.line)
	}
	n, _, err := t.connection.WriteNextSegment(segment, payload, to, t.settings.u64("now"))
	if err != nil {
		return result{failure: failureWhenWriting(err)}
	}
	if n == 0 {
		return result{word: "none"}
	}
	return written("seg", segment[:n])
}

func failureWhenWriting(err error) string {
	switch err {
	case dumbo.ErrBufferTooSmall:
		return "tcp_slice_too_short"
	case dumbo.ErrMSSOptionRoom:
		return "tcp_mss_remaining"
	case dumbo.ErrEmptyPayload:
		return "tcp_empty_payload"
	}
	return failureName(err)
}

// contradictsItself tells whether a record wants payload that does not lie inside the source which it names.
func (t *trace) contradictsItself(r record) bool {
	wanted := readResult(r, result{}).values["seg"]
	if r.verb != "write" || !r.fields.has("src") || wanted == "" {
		return false
	}
	segment, _ := hex.DecodeString(wanted)
	source := parseRun(r.line, r.fields.text("src"))
	length := uint64(len(segment) - int(segment[12]>>4)*4)
	offset := binary.BigEndian.Uint32(segment[4:]) - source.first
	return length > 0 && uint64(offset)+length > source.length
}

func done(err error) result {
	if err != nil {
		return result{failure: failureName(err)}
	}
	return result{word: "ok"}
}

func stateOf(connection *dumbo.Connection) map[string]string {
	return readFields(0, fmt.Sprintf("fns=%d har=%d rre=%d est=%d fin=%d done=%d dup=%d next=%s",
		connection.FirstNotSent(), connection.HighestACKReceived(), connection.RemoteWindowEdge(),
		bit(connection.IsEstablished()), bit(connection.FINReceived()), bit(connection.IsDone()),
		bit(connection.DupACKPending()), nextText(connection))).values
}

func nextText(connection *dumbo.Connection) string {
	switch status, deadline := connection.NextSegmentStatus(); status {
	case dumbo.StatusAvailable:
		return "A"
	case dumbo.StatusTimeout:
		return fmt.Sprintf("T%d", deadline)
	default:
		return "N"
	}
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}
