// SPDX-License-Identifier: Apache-2.0

// Replay checks the package against the vectors in tests/conformance/vectors, of which FORMAT.md there is the
// description: it does what they say, and tells every result that differs.
//
// Usage: replay FILE...
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: replay FILE...")
		os.Exit(2)
	}
	os.Exit(replayFiles(os.Stdout, os.Args[1:]))
}

// replayFiles returns what the program ends with: 0 if nothing differs, 1 if something does, 2 for a file that cannot be
// replayed.
func replayFiles(out io.Writer, paths []string) (status int) {
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			fmt.Fprintln(out, err)
			return 2
		}
		summary, err := replay(string(text))
		if err != nil {
			fmt.Fprintf(out, "%s: %v\n", path, err)
			return 2
		}
		fmt.Fprintf(out, "%s: %v\n", filepath.Base(path), summary)
		for i, d := range summary.differences {
			if i == shownMax {
				fmt.Fprintf(out, "  and %d more\n", len(summary.differences)-i)
				break
			}
			fmt.Fprintf(out, "  line %d: %s\n    wanted: %s\n    got:    %s\n", d.line, d.input, d.wanted, d.got)
		}
		if len(summary.differences) > 0 {
			status = 1
		}
	}
	return status
}

const shownMax = 5

// A summary is what came of a file.
type summary struct {
	kind           string
	records        int
	traces         int
	contradictions int // traces that end early, at a record which contradicts itself
	differences    []difference
}

// A difference is a record with another result than it has to have.
type difference struct {
	line               int
	input, wanted, got string
}

func (s summary) String() string {
	text := fmt.Sprintf("%d records", s.records)
	if s.kind == "connection" {
		text += fmt.Sprintf(" of %d traces (%d end early, at a contradiction)", s.traces, s.contradictions)
	}
	return text + fmt.Sprintf(", %d differences", len(s.differences))
}

// replay does what a file says.
func replay(text string) (s summary, err error) {
	defer func() {
		switch thrown := recover().(type) {
		case nil:
		case formatError:
			err = thrown
		default:
			panic(thrown)
		}
	}()
	var records []record
	s.kind, records = readDocument(text)
	if s.kind == "connection" {
		replayTraces(&s, records)
		return s, nil
	}
	for _, r := range records {
		s.records++
		s.check(r, runCodec(s.kind, r))
	}
	return s, nil
}

// check notes a result that differs, and tells whether it is as wanted.
func (s *summary) check(r record, got result) bool {
	wanted := readResult(r, got)
	if got.differs(wanted) {
		s.differences = append(s.differences, difference{r.line, r.input, r.output, got.String()})
		return false
	}
	return true
}
