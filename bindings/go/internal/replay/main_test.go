// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const vectors = "../../../../tests/conformance/vectors"

func filesOfVectors(t *testing.T) []string {
	paths, err := filepath.Glob(filepath.Join(vectors, "*.txt"))
	if err != nil || len(paths) != len(codecs)+1 {
		t.Fatalf("%d files of vectors, and %d kinds: %v", len(paths), len(codecs)+1, err)
	}
	return paths
}

func linesOf(t *testing.T, path string) []string {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// casesOf returns the first records, or traces, of a file, each as a file of its own.
func casesOf(t *testing.T, path string, most int) (cases [][]string) {
	lines := linesOf(t, path)
	one := []string{lines[0]}
	for _, line := range lines[1:] {
		if strings.HasPrefix(line, "#") {
			continue
		}
		one = append(one, line)
		if line == "end" || !strings.HasSuffix(lines[0], "kind=connection") {
			cases = append(cases, one)
			one = []string{lines[0]}
		}
		if len(cases) == most {
			break
		}
	}
	return cases
}

func joined(lines []string) string { return strings.Join(lines, "\n") + "\n" }

// altered has another character at the end of a line.
func altered(line string) string {
	last := line[len(line)-1]
	other := byte('1')
	if last == '1' {
		other = '0'
	}
	return line[:len(line)-1] + string(other)
}

func TestNothingDiffers(t *testing.T) {
	var out bytes.Buffer
	if status := replayFiles(&out, filesOfVectors(t)); status != 0 {
		t.Errorf("status %d", status)
	}
	if out.String() != counts {
		t.Errorf("got\n%s\nwant\n%s", &out, counts)
	}
}

// counts are those of all that is checked. Behind the contradictions lie 38 records more.
const counts = `arp.txt: 400 records, 0 differences
checksum.txt: 600 records, 0 differences
connection.txt: 29435 records of 1500 traces (3 end early, at a contradiction), 0 differences
ethernet.txt: 200 records, 0 differences
ipv4.txt: 596 records, 0 differences
rst.txt: 250 records, 0 differences
seq.txt: 1000 records, 0 differences
tcp_parse.txt: 1200 records, 0 differences
tcp_write.txt: 800 records, 0 differences
`

func TestAPanicGoesOn(t *testing.T) {
	codecs["seq"]["break"] = func(record) result { panic("broken") }
	defer delete(codecs["seq"], "break")
	defer func() {
		if got := recover(); got != "broken" {
			t.Errorf("the panic is %v", got)
		}
	}()
	replay("dumbo-vectors version=1 kind=seq\nbreak -> ok\n")
}

func TestEveryAlteredResultIsADifference(t *testing.T) {
	for _, path := range filesOfVectors(t) {
		altered, noticed := 0, 0
		for _, lines := range casesOf(t, path, 60) {
			for at := range lines {
				if strings.Contains(lines[at], " -> ") {
					altered++
					noticed += differencesWhenAltered(t, lines, at)
				}
			}
		}
		if altered < 60 || noticed != altered {
			t.Errorf("%s: %d results altered, %d noticed", filepath.Base(path), altered, noticed)
		}
	}
}

func differencesWhenAltered(t *testing.T, lines []string, at int) int {
	changed := append([]string(nil), lines...)
	changed[at] = altered(changed[at])
	summary, err := replay(joined(changed))
	if err != nil {
		t.Errorf("%s: %v", changed[at], err)
	}
	return len(summary.differences)
}

func TestAnAlteredByteFailsTheProgram(t *testing.T) {
	lines := linesOf(t, filepath.Join(vectors, "checksum.txt"))
	lines[7] = altered(lines[7])
	path := filepath.Join(t.TempDir(), "altered.txt")
	if err := os.WriteFile(path, []byte(joined(lines)), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if status := replayFiles(&out, []string{path}); status != 1 || !strings.Contains(out.String(), "line 8: csum") {
		t.Errorf("status %d: %s", status, &out)
	}
	if status := replayFiles(&out, []string{path + ".missing"}); status != 2 {
		t.Errorf("status %d for a file that is missing", status)
	}
}

func TestWhatIsNotUnderstoodIsRefused(t *testing.T) {
	const preface = "dumbo-vectors version=1 kind="
	const opened = "trace id=1 kind=x now=0 rbuf=1 wbuf=1 res=0 sport=1 dport=1 csum=-\n" +
		"open seg=- rwnd=1 rto=1 rto_max=1 isn=1 -> err=slice_too_short\n"
	for _, text := range []string{
		"",
		"dumbo-vectors version=2 kind=seq\n",
		preface + "other\nseq a=1 b=1 -> after=0 at_or_after=1\n",
		preface + "seq\nseq a=1 b=1 -> after=0 at_or_after=1",
		preface + "seq\nsequence a=1 b=1 -> after=0 at_or_after=1\n",
		preface + "seq\nseq a=1 -> after=0 at_or_after=1\n",
		preface + "seq\nseq a=1 a=1 b=1 -> after=0 at_or_after=1\n",
		preface + "seq\nseq a=1  b=1 -> after=0 at_or_after=1\n",
		preface + "seq\nseq a=x b=1 -> after=0 at_or_after=1\n",
		preface + "seq\nseq a=4294967296 b=1 -> after=0 at_or_after=1\n",
		preface + "seq\nseq a=1 b=1\n",
		preface + "rst\nrst seg=0 -> cfg=seq:0\n",
		preface + "rst\nrst seg=AB -> cfg=seq:0\n",
		preface + "rst\nrst seg=+16777217@0 -> cfg=seq:0\n",
		preface + "connection\nopen seg=-\nend\n",
		preface + "connection\n" + opened,
		preface + "connection\n" + opened + "close -> ok\nend\n",
	} {
		if summary, err := replay(text); err == nil {
			t.Errorf("not refused, but %v: %s", summary, text)
		}
	}
}
