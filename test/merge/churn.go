// SPDX-License-Identifier: Apache-2.0

// churn.go -- churn DIRECTORY SEED COUNT: profiles of a program that never does the same twice, as
// DIRECTORY/cpu/SEED-N.pb.gz and DIRECTORY/heap/SEED-N.pb.gz, four each second.
//
// It parses, prints, searches and compresses files of Go's standard library as chance has it, and is
// to be built with -buildmode=pie, so that each run lies elsewhere.
package main

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io"
	"math/rand"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"
)

var declaration = regexp.MustCompile(`(func|type)\s+(\w+).*\{`)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func sources() (files []string) {
	check(filepath.Walk(runtime.GOROOT()+"/src", func(path string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() && strings.HasSuffix(path, ".go") {
			files = append(files, path)
		}
		return nil
	}))
	return files
}

// What is done with a file; nil when it is no Go.
func work(path string, what int) *ast.File {
	source, err := os.ReadFile(path)
	check(err)
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, source, parser.ParseComments)
	if err != nil {
		return nil
	}
	switch what {
	case 0:
		_ = format.Node(io.Discard, set, file)
	case 1:
		declaration.FindAllSubmatch(source, -1)
	case 2:
		writer, err := flate.NewWriter(io.Discard, 6)
		check(err)
		_, err = writer.Write(source)
		check(err)
		check(writer.Close())
	case 3:
		_, err = json.Marshal(strings.Fields(string(source)))
		check(err)
	}
	return file
}

func main() {
	runtime.MemProfileRate = 256 << 10
	seed, err := strconv.Atoi(os.Args[2])
	check(err)
	count, err := strconv.Atoi(os.Args[3])
	check(err)
	random := rand.New(rand.NewSource(int64(seed)))
	files := sources()
	var kept []*ast.File
	for n := 0; n < count; n++ {
		name := fmt.Sprintf("%03d-%03d.pb.gz", seed, n)
		var cpu bytes.Buffer
		check(pprof.StartCPUProfile(&cpu))
		for end := time.Now().Add(250 * time.Millisecond); time.Now().Before(end); {
			file := work(files[random.Intn(len(files))], random.Intn(5))
			if file != nil && random.Intn(8) == 0 {
				kept = append(kept, file)
			}
			if len(kept) > 50 {
				kept = kept[25:]
			}
		}
		pprof.StopCPUProfile()
		check(os.WriteFile(filepath.Join(os.Args[1], "cpu", name), cpu.Bytes(), 0o644))
		heap, err := os.Create(filepath.Join(os.Args[1], "heap", name))
		check(err)
		check(pprof.Lookup("heap").WriteTo(heap, 0))
		check(heap.Close())
	}
}
