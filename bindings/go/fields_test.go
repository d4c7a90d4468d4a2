// SPDX-License-Identifier: Apache-2.0

package dumbo

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"unsafe"
)

// The fields of Go's structs are copied to and from C's one by one, and mostly look the same from outside when two of them
// are mistaken for each other. These tests go by their names.

func TestEveryCounterIsTheOneOfItsName(t *testing.T) {
	for _, convert := range []any{toCounters, toInterfaceCounters} {
		function := reflect.ValueOf(convert)
		from := reflect.New(function.Type().In(0).Elem())
		fill(from.Elem())
		got := function.Call([]reflect.Value{from})[0]
		compare(t, got, from.Elem(), "structsize", "reserved")
	}
}

func TestEveryFieldOfAConfigIsTheOneOfItsName(t *testing.T) {
	stack := StackConfig{Address: netip.AddrFrom4([4]byte{1, 2, 3, 4})}
	fill(reflect.ValueOf(&stack).Elem())
	forC, err := stack.forC()
	if err != nil {
		t.Fatal(err)
	}
	compare(t, reflect.ValueOf(stack), reflect.ValueOf(forC), "structsize", "flags", "reserved")

	connection := Config{}
	fill(reflect.ValueOf(&connection).Elem())
	compare(t, reflect.ValueOf(connection), reflect.ValueOf(connection.forC()), "structsize", "localrwndsize", "flags",
		"reserved")

	header := VirtioNetHeader{}
	fill(reflect.ValueOf(&header).Elem())
	compare(t, reflect.ValueOf(header), reflect.ValueOf(header.forC()), "structsize", "reserved")
	if back := toVirtioNetHeader(header.forC()); back != header {
		t.Errorf("%+v became %+v", header, back)
	}
}

func TestEveryFieldOfAVerdictIsTheOneOfItsName(t *testing.T) {
	from := reflect.New(reflect.TypeOf(toVerdict).In(0).Elem())
	fill(from.Elem())
	verdict := call[Verdict](toVerdict, from)
	compare(t, reflect.ValueOf(verdict), from.Elem(), "structsize", "reserved", "error")
	if code := from.Elem().FieldByName("error").Int(); verdict.Err != Error(code) {
		t.Errorf("the error is %v in Go, and %d in C", verdict.Err, code)
	}
}

func TestEveryFieldOfAConnectionInfoIsTheOneOfItsName(t *testing.T) {
	from := reflect.New(reflect.TypeOf(toConnectionInfo).In(0).Elem())
	fill(from.Elem())
	info := call[ConnectionInfo](toConnectionInfo, from)
	compare(t, reflect.ValueOf(info), from.Elem(), "structsize", "flags", "peerport")
	if port := from.Elem().FieldByName("peer_port").Uint(); uint64(info.Peer.Port()) != port {
		t.Errorf("the peer's port is %d in Go, and %d in C", info.Peer.Port(), port)
	}
	for flags, want := range []ConnectionInfo{{}, {Closing: true}, {LentMissing: true}, {Closing: true, LentMissing: true}} {
		set(from.Elem().FieldByName("flags"), uint64(flags))
		info := call[ConnectionInfo](toConnectionInfo, from)
		if info.Closing != want.Closing || info.LentMissing != want.LentMissing {
			t.Errorf("flags %d are %+v in Go", flags, info)
		}
	}
}

// call calls a function whose argument is of a type of C's, which tests cannot name.
func call[Result any](function any, argument reflect.Value) Result {
	return reflect.ValueOf(function).Call([]reflect.Value{argument})[0].Interface().(Result)
}

// numbers are the fields that hold one, by their names without underscores and in lower case.
func numbers(of reflect.Value) map[string]reflect.Value {
	fields := map[string]reflect.Value{}
	for i := 0; i < of.NumField(); i++ {
		if isNumber(of.Field(i)) {
			name := strings.ReplaceAll(of.Type().Field(i).Name, "_", "")
			fields[strings.ToLower(name)] = of.Field(i)
		}
	}
	return fields
}

func isNumber(field reflect.Value) bool { return field.CanUint() || field.CanInt() }

// fill gives each of them another number.
func fill(fields reflect.Value) {
	next := uint64(1)
	for i := 0; i < fields.NumField(); i++ {
		if isNumber(fields.Field(i)) {
			set(fields.Field(i), next)
			next++
		}
	}
}

// Fields of C's cannot be set, as they begin with a small letter, but by their address.
func set(field reflect.Value, number uint64) {
	field = reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem()
	field.Set(reflect.ValueOf(number).Convert(field.Type()))
}

func valueOf(number reflect.Value) uint64 {
	if number.CanInt() {
		return uint64(number.Int())
	}
	return number.Uint()
}

// compare looks for each field of C's, but for some, among those of Go.
func compare(t *testing.T, forGo, forC reflect.Value, butFor ...string) {
	t.Helper()
	theirs := numbers(forC)
	for _, name := range butFor {
		delete(theirs, name)
	}
	ours := numbers(forGo)
	for name, field := range theirs {
		if our, found := ours[name]; !found || valueOf(our) != valueOf(field) {
			t.Errorf("%v: %s is %v in Go, and %d in C", forGo.Type(), name, our, valueOf(field))
		}
	}
	if len(theirs) < 4 {
		t.Errorf("%v has %d fields that were compared", forC.Type(), len(theirs))
	}
}
