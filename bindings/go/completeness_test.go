// SPDX-License-Identifier: Apache-2.0

package dumbo_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// leftOut is what the package has no use for, by the beginning of its name.
var leftOut = []string{
	// Go has no storage of its own to bring: memory that C keeps a pointer to comes from C.
	"dumbo_connection_passive_open_in", "dumbo_connection_clone_in", "dumbo_connection_restore_in", "dumbo_stack_create_in",
	"dumbo_stack_restore_in", "dumbo_connection_size", "dumbo_connection_counted_size", "dumbo_connection_alignment",
	"dumbo_stack_alignment", "DUMBO_CONNECTION_SIZE_MAX", "DUMBO_CONNECTION_COUNTED_SIZE_MAX",
	"DUMBO_CONNECTION_ALIGNMENT_MAX",
	// Nor can it lend bytes to a stack, see README.md. ConnectionInfo says how many C has lent.
	"dumbo_stack_lend", "dumbo_stack_lent",
	// Scattered payload is read by a callback, see Buffers.
	"DUMBO_PAYLOAD_IOVEC",
	// Of the header's own.
	"DUMBO_API", "DUMBO_DUMBO_H", "DUMBO_ERR_FATAL",
}

func TestThePackageHasEverythingThatTheHeaderHas(t *testing.T) {
	header, err := os.ReadFile("../../capi/include/dumbo/dumbo.h")
	must(t, err)
	var sources strings.Builder
	for _, pattern := range []string{"*.go", "shim.h"} {
		paths, err := filepath.Glob(pattern)
		must(t, err)
		for _, path := range paths {
			if !strings.HasSuffix(path, "_test.go") {
				text, err := os.ReadFile(path)
				must(t, err)
				sources.Write(text)
			}
		}
	}
	isUsed := map[string]bool{}
	for _, name := range regexp.MustCompile(`\b(dumbo|DUMBO)_\w+\b`).FindAllString(sources.String(), -1) {
		isUsed[name] = true
	}
	for _, name := range leftOut {
		isUsed[name] = true
	}
	names := 0
	declared := regexp.MustCompile(`(?m)^DUMBO_API .*?\b(dumbo_\w+)\(|^#define (DUMBO_\w+)|^ {4}(DUMBO_\w+) = |` +
		`enum \w+ \{ (DUMBO_\w+) = \d, (DUMBO_\w+) = `)
	for _, found := range declared.FindAllStringSubmatch(string(header), -1) {
		for _, name := range found[1:] {
			if name != "" {
				names++
				if !isUsed[name] {
					t.Errorf("%s is not used", name)
				}
			}
		}
	}

	if names < 250 {
		t.Errorf("the header has %d names, which cannot be all", names)
	}
}

func TestEverythingExportedHasAComment(t *testing.T) {
	goFiles := func(info fs.FileInfo) bool { return !strings.HasSuffix(info.Name(), "_test.go") }
	packages, err := parser.ParseDir(token.NewFileSet(), ".", goFiles, parser.ParseComments)
	must(t, err)
	names := 0
	needs := func(name string, comments ...*ast.CommentGroup) {
		if !ast.IsExported(name) {
			return
		}
		names++
		for _, comment := range comments {
			if comment.Text() != "" {
				return
			}
		}
		t.Errorf("%s has no comment", name)
	}
	for _, file := range packages["dumbo"].Files {
		for _, declaration := range file.Decls {
			switch d := declaration.(type) {
			case *ast.FuncDecl:
				if isOfExportedType(d) {
					needs(d.Name.Name, d.Doc)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch s := spec.(type) {
					case *ast.TypeSpec:
						needs(s.Name.Name, d.Doc, s.Doc)
					case *ast.ValueSpec:
						for _, name := range s.Names {
							needs(name.Name, d.Doc, s.Doc, s.Comment)
						}
					}
				}
			}
		}
	}

	if names < 250 {
		t.Errorf("%d exported names, which cannot be all", names)
	}
}

// isOfExportedType tells that a function is no method of a type that nobody sees.
func isOfExportedType(function *ast.FuncDecl) bool {
	if function.Recv == nil {
		return true
	}
	receiver := function.Recv.List[0].Type
	if pointer, isPointer := receiver.(*ast.StarExpr); isPointer {
		receiver = pointer.X
	}
	return ast.IsExported(receiver.(*ast.Ident).Name)
}
