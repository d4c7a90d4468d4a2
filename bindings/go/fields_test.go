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

// numbers are the fields that hold one, by their names without underscores and in lower case.
func numbers(of reflect.Value) map[string]reflect.Value {
	fields := map[string]reflect.Value{}
	for i := 0; i < of.NumField(); i++ {
		if of.Field(i).CanUint() {
			name := strings.ReplaceAll(of.Type().Field(i).Name, "_", "")
			fields[strings.ToLower(name)] = of.Field(i)
		}
	}
	return fields
}

// fill gives each of them another number. Fields of C's cannot be set, as they begin with a small letter, but by their
// address.
func fill(fields reflect.Value) {
	next := uint64(1)
	for i := 0; i < fields.NumField(); i++ {
		if field := fields.Field(i); field.CanUint() {
			reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem().SetUint(next)
			next++
		}
	}
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
		if our, found := ours[name]; !found || our.Uint() != field.Uint() {
			t.Errorf("%v: %s is %v in Go, and %d in C", forGo.Type(), name, our, field.Uint())
		}
	}
	if len(theirs) < 4 {
		t.Errorf("%v has %d fields that were compared", forC.Type(), len(theirs))
	}
}
