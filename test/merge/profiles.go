// SPDX-License-Identifier: Apache-2.0

// profiles.go -- profiles.go DIRECTORY NAME: a Go program's own profiles, DIRECTORY/NAME.cpu and
// DIRECTORY/NAME.heap, with labels.
package main

import (
	"bytes"
	"compress/flate"
	"context"
	"os"
	"regexp"
	"runtime"
	"runtime/pprof"
	"strings"
	"time"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func work(text string) int {
	words := regexp.MustCompile(`(w\w+)\d`).FindAllString(text, -1)
	var packed bytes.Buffer
	writer, err := flate.NewWriter(&packed, 6)
	check(err)
	_, err = writer.Write([]byte(strings.Join(words, " ")))
	check(err)
	check(writer.Close())
	return packed.Len()
}

func main() {
	runtime.MemProfileRate = 4096
	path := os.Args[1] + "/" + os.Args[2]
	cpu, err := os.Create(path + ".cpu")
	check(err)
	check(pprof.StartCPUProfile(cpu))
	end := time.Now().Add(400 * time.Millisecond)
	for round := 0; time.Now().Before(end); round++ {
		labels := pprof.Labels("round", []string{"even", "odd"}[round%2], "who", os.Args[2])
		pprof.Do(context.Background(), labels, func(context.Context) {
			work(strings.Repeat("word7 wide9 ", 2000+round%50))
		})
	}
	pprof.StopCPUProfile()
	check(cpu.Close())
	heap, err := os.Create(path + ".heap")
	check(err)
	check(pprof.Lookup("heap").WriteTo(heap, 0))
	check(heap.Close())
}
