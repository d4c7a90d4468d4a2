// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"sort"
	"strconv"
	"strings"

	dumbo "github.com/libdumbo/libdumbo/bindings/go"
)

// A formatError is thrown where a file is not as FORMAT.md says: a line that is skipped is a check that is not made.
type formatError string

func (e formatError) Error() string { return string(e) }

func refuse(line int, format string, arguments ...any) {
	panic(formatError(fmt.Sprintf("line %d: %s", line, fmt.Sprintf(format, arguments...))))
}

// A record is one line: VERB KEY=VALUE ... -> RESULT | CHANGES
type record struct {
	line          int
	verb          string
	input, output string // the text before and behind the arrow
	fields        fields
	changes       fields // of a connection's state
}

// fields are the KEY=VALUE tokens of one part of a record.
type fields struct {
	line   int
	values map[string]string
}

func readDocument(text string) (kind string, records []record) {
	lines := strings.Split(text, "\n")
	const preface = "dumbo-vectors version=1 kind="
	if !strings.HasPrefix(lines[0], preface) {
		refuse(1, "not a file of vectors")
	}
	if lines[len(lines)-1] != "" {
		refuse(len(lines), "the last line has no end")
	}
	for i, line := range lines[1 : len(lines)-1] {
		if line != "" && line[0] != '#' {
			records = append(records, readRecord(i+2, line))
		}
	}
	return lines[0][len(preface):], records
}

func readRecord(line int, text string) record {
	r := record{line: line}
	r.input, r.output, _ = strings.Cut(text, " -> ")
	verb, rest, _ := strings.Cut(r.input, " ")
	r.verb = verb
	r.fields = readFields(line, rest)
	_, changes, _ := strings.Cut(r.output, " | ")
	r.changes = readFields(line, changes)
	return r
}

func readFields(line int, text string) fields {
	f := fields{line, map[string]string{}}
	if text == "" {
		return f
	}
	for _, token := range strings.Split(text, " ") {
		key, value, found := strings.Cut(token, "=")
		if _, isThere := f.values[key]; !found || value == "" || isThere {
			refuse(line, "the token '%s'", token)
		}
		f.values[key] = value
	}
	return f
}

func (f fields) text(key string) string {
	value, found := f.values[key]
	if !found {
		refuse(f.line, "no %s", key)
	}
	return value
}

func (f fields) has(key string) bool { return f.values[key] != "" }

func (f fields) number(key string, base, bits int) uint64 {
	value, err := strconv.ParseUint(f.text(key), base, bits)
	if err != nil {
		refuse(f.line, "%s: %v", key, err)
	}
	return value
}

func (f fields) u64(key string) uint64 { return f.number(key, 10, 64) }
func (f fields) u32(key string) uint32 { return uint32(f.number(key, 10, 32)) }
func (f fields) u16(key string) uint16 { return uint16(f.number(key, 10, 16)) }
func (f fields) u8(key string) uint8   { return uint8(f.number(key, 10, 8)) }
func (f fields) bit(key string) bool   { return f.number(key, 2, 1) == 1 }
func (f fields) hex8(key string) uint8 { return uint8(f.number(key, 16, 8)) }
func (f fields) hex16(key string) uint16 {
	return uint16(f.number(key, 16, 16))
}

// length is that of a buffer.
func (f fields) length(key string) int { return int(f.number(key, 10, 24)) }

func (f fields) address(key string) netip.Addr { return parseAddress(f.line, f.text(key)) }

func parseAddress(line int, text string) netip.Addr {
	address, err := netip.ParseAddr(text)
	if err != nil || !address.Is4() {
		refuse(line, "the address '%s'", text)
	}
	return address
}

// pair reads two addresses, or "-" for none.
func (f fields) pair(key string) dumbo.AddressPair {
	if f.text(key) == "-" {
		return dumbo.AddressPair{}
	}
	source, destination, _ := strings.Cut(f.text(key), ",")
	return dumbo.AddressPair{Source: parseAddress(f.line, source), Destination: parseAddress(f.line, destination)}
}

func (f fields) mac(key string) (mac dumbo.MAC) {
	octets, err := hex.DecodeString(strings.ReplaceAll(f.text(key), ":", ""))
	if err != nil || copy(mac[:], octets) != len(mac) || mac.String() != f.text(key) {
		refuse(f.line, "the MAC address '%s'", f.text(key))
	}
	return mac
}

// addressing has ports, and the addresses for the checksum, or none.
func (f fields) addressing() dumbo.Addressing {
	addresses := f.pair("csum")
	to := dumbo.Addressing{
		Source:      netip.AddrPortFrom(addresses.Source, f.u16("sport")),
		Destination: netip.AddrPortFrom(addresses.Destination, f.u16("dport")),
	}
	if addresses == (dumbo.AddressPair{}) {
		to.Checksum = dumbo.ChecksumNone
	}
	return to
}

func (f fields) bytes(key string) []byte { return parseBytes(f.line, f.text(key)) }

// parseBytes reads "-", or digits that spell bytes out, perhaps with a run behind them.
func parseBytes(line int, text string) []byte {
	if text == "-" {
		return nil
	}
	digits, run, hasRun := strings.Cut(text, "+")
	bytes, err := hex.DecodeString(digits)
	if err != nil || strings.ToLower(digits) != digits {
		refuse(line, "the bytes '%s'", text)
	}
	if hasRun {
		const longest = 1 << 24
		r := parseRun(line, run)
		if r.length > longest {
			refuse(line, "the bytes '%s' are too long to be true", text)
		}
		bytes = append(bytes, r.expand()...)
	}
	return bytes
}

// A run is LEN@SEQ: the generated bytes of which the first one has a sequence number.
type run struct {
	length uint64
	first  uint32
}

func parseRun(line int, text string) run {
	length, first, _ := strings.Cut(text, "@")
	f := fields{line, map[string]string{"LEN": length, "SEQ": first}}
	return run{f.u64("LEN"), f.u32("SEQ")}
}

func (r run) expand() []byte {
	bytes := make([]byte, r.length)
	r.ReadAt(bytes, 0)
	return bytes
}

// ReadAt generates the bytes from an offset on. It makes a run an io.ReaderAt.
func (r run) ReadAt(to []byte, offset int64) (int, error) {
	for i := range to {
		to[i] = byte((r.first + uint32(offset) + uint32(i)) * 2654435761 >> 24)
	}
	return len(to), nil
}

// payload lends the run, in one of the three ways that there are.
func (r run) payload(way int) dumbo.Payload {
	const longestHeld = 1 << 20
	switch {
	case way%3 == 0 || r.length > longestHeld:
		return dumbo.ReaderAt(r.first, r, int64(r.length))
	case way%3 == 1:
		return dumbo.Bytes(r.first, r.expand())
	default:
		return dumbo.Buffers(r.first, pieces(r.expand()))
	}
}

// pieces cuts bytes into pieces of lengths that fit nothing, and some of none.
func pieces(bytes []byte) (cut [][]byte) {
	lengths := []int{0, 1, 13, 0, 0, 1461, 7, 30011}
	for i := 0; len(bytes) > 0; i++ {
		length := lengths[i%len(lengths)]
		if length > len(bytes) {
			length = len(bytes)
		}
		cut = append(cut, bytes[:length])
		bytes = bytes[length:]
	}
	return cut
}

// A result is a word, or the name of a failure, and KEY=VALUE pairs with byte strings in full.
type result struct {
	word    string
	failure string
	values  map[string]string
	state   map[string]string // of a connection
}

// byteKeys are the keys of results that have byte strings.
var byteKeys = map[string]bool{"seg": true, "frame": true, "header": true}

// readResult reads what a record wants, as far as got has it: later versions may say more.
func readResult(r record, got result) result {
	wanted := result{values: map[string]string{}, state: r.changes.values}
	text, _, _ := strings.Cut(r.output, " | ")
	if text == "" {
		refuse(r.line, "no result")
	}
	for i, token := range strings.Split(text, " ") {
		key, value, found := strings.Cut(token, "=")
		_, isKnown := got.values[key]
		switch {
		case !found && i == 0:
			wanted.word = token
		case !found || value == "":
			refuse(r.line, "the token '%s'", token)
		case key == "err":
			wanted.failure = value
		case byteKeys[key]:
			wanted.values[key] = hex.EncodeToString(parseBytes(r.line, value))
		case isKnown:
			wanted.values[key] = value
		}
	}
	return wanted
}

// differs tells whether a result is another one than is wanted.
func (got result) differs(wanted result) bool {
	return got.word != wanted.word || got.failure != wanted.failure || !sameValues(got.values, wanted.values) ||
		!sameValues(got.state, wanted.state)
}

func sameValues(got, wanted map[string]string) bool {
	if len(got) != len(wanted) {
		return false
	}
	for key, value := range got {
		if wanted[key] != value {
			return false
		}
	}
	return true
}

func (got result) String() string {
	var tokens []string
	if got.word != "" {
		tokens = append(tokens, got.word)
	}
	if got.failure != "" {
		tokens = append(tokens, "err="+got.failure)
	}
	tokens = append(tokens, listed(got.values)...)
	if len(got.state) > 0 {
		tokens = append(append(tokens, "|"), listed(got.state)...)
	}
	return strings.Join(tokens, " ")
}

func listed(values map[string]string) (tokens []string) {
	for key, value := range values {
		tokens = append(tokens, key+"="+value)
	}
	sort.Strings(tokens)
	return tokens
}
