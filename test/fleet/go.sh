#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# go.sh -- a Go program with C in it: a runtime that uses SIGURG, timers of threads and small stacks.
#
# fleet: goroutines, threads of C, callbacks, children, its own CPU profile, preemption, panics
# packages: gcc
# names: object 30 program
# profiled: perf (timers end where a program handles SIGURG itself, as Go does)
# shellcheck source=prelude.inc
. "$FLEET/prelude.inc"

have go || skip "there is no Go toolchain"
export GO111MODULE=off GOPATH="$PWD/tmp/go" CGO_ENABLED=1 GOTOOLCHAIN=local
cat >program.go <<'END'
package main

/*
#cgo LDFLAGS: -lpthread
#include <pthread.h>
#include <stdlib.h>

extern long goAdd(long);

static long c_burn(long n)
{
	volatile long s = n;
	for (long i = 0; i < 1000000; i++)
		s = s * 31 + i;
	return s;
}

static void *c_thread(void *argument)
{
	long n = (long)argument;
	c_burn(n);
	return (void *)goAdd(n);
}

static long c_threads(long count)
{
	pthread_t those[16];
	long sum = 0;
	void *result;
	for (long i = 0; i < count; i++)
		pthread_create(&those[i], NULL, c_thread, (void *)i);
	for (long i = 0; i < count; i++) {
		pthread_join(those[i], &result);
		sum += (long)result;
	}
	return sum;
}
*/
import "C"

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"sync"
	"syscall"
	"time"
)

//export goAdd
func goAdd(n C.long) C.long { return n + 1 }

//go:noinline
func burn(n int) int {
	s := n
	for i := 0; i < 1000000; i++ {
		s = s*31 + i
	}
	return s
}

func deep(n int) int {
	var a [100]int
	a[n%100] = n
	if n == 0 {
		return 0
	}
	return deep(n-1) + a[n%100]
}

func inParallel(count int, work func(int)) {
	var group sync.WaitGroup
	for n := 0; n < count; n++ {
		group.Add(1)
		go func(n int) { defer group.Done(); work(n) }(n)
	}
	group.Wait()
}

func goroutines() {
	var lock sync.Mutex
	sum := 0
	inParallel(200, func(n int) { s := burn(n) % 1000; lock.Lock(); sum += s; lock.Unlock() })
	inParallel(50, func(n int) { s := deep(5000 + n); lock.Lock(); sum += s; lock.Unlock() })
	fmt.Println("goroutines", sum)
	// One that never calls anything has to be preempted, by SIGURG.
	before := runtime.GOMAXPROCS(1)
	go func() {
		for {
		}
	}()
	time.Sleep(50 * time.Millisecond)
	fmt.Println("preempted")
	runtime.GOMAXPROCS(before)
}

func cgo() {
	var total int64
	for n := 0; n < 10; n++ {
		total += int64(C.c_threads(16))
	}
	var lock sync.Mutex
	inParallel(50, func(n int) { s := int64(C.c_burn(C.long(n))); lock.Lock(); total += s % 1000; lock.Unlock() })
	fmt.Println("cgo", total)
}

func children() {
	codes := make([]int, 60)
	inParallel(len(codes), func(n int) {
		err := exec.Command("/bin/sh", "-c", fmt.Sprintf("exit %d", n%7)).Run()
		if e, ok := err.(*exec.ExitError); ok {
			codes[n] = e.ExitCode()
		}
		burn(n)
	})
	cat := exec.Command("cat")
	cat.Stdin = bytes.NewReader(make([]byte, 2000000))
	out, err := cat.Output()
	fmt.Println("children", codes, len(out), err)
}

func faults() {
	caught := 0
	for n := 0; n < 2000; n++ {
		func() {
			defer func() {
				if recover() != nil {
					caught++
				}
			}()
			var p *[10]int
			p[n%10] = 1
		}()
	}
	fmt.Println("nil pointers", caught)
	usr := make(chan os.Signal, 100)
	signal.Notify(usr, syscall.SIGUSR1)
	for n := 0; n < 10; n++ {
		syscall.Kill(os.Getpid(), syscall.SIGUSR1)
		<-usr
		burn(n)
	}
	fmt.Println("signals 10")
	early := 0
	for n := 0; n < 30; n++ {
		burn(n)
		began := time.Now()
		time.Sleep(20 * time.Millisecond)
		if time.Since(began) < 20*time.Millisecond {
			early++
		}
	}
	fmt.Println("early", early)
}

func ownProfile() {
	var profile bytes.Buffer
	pprof.StartCPUProfile(&profile)
	inParallel(2, func(n int) {
		for began := time.Now(); time.Since(began) < time.Second; {
			burn(n)
		}
	})
	pprof.StopCPUProfile()
	file, _ := os.Create("own.pprof")
	io.Copy(file, &profile)
	file.Close()
}

func main() {
	ownProfile()
	goroutines()
	cgo()
	children()
	faults()
	if len(os.Args) > 1 {
		panic("at last")
	}
	os.Exit(8)
}
END
go build -o program program.go
started=$(date +%s.%N)
got=0
"$under" ./program 2>&1 || got=$?
echo "status $got"
rate "$(echo "1 / ($(date +%s.%N) - $started)" | bc -l)"
# Its own profile is as large as before, and of the same function.
go tool pprof -top program own.pprof >"$FLEET_ASIDE/own" 2>/dev/null
awk '$6 == "main.burn" { print "own profile of burn:", ($2 + 0 > 60 ? "most" : "not most") }' "$FLEET_ASIDE/own"
sed -n 's/.*Total samples = \([0-9.]*\)s.*/\1/p' "$FLEET_ASIDE/own" | awk '{ print "own profile:", ($1 > 0.5 && $1 < 2.5 ? "as long as it ran" : $1 " s") }'
got=0
GOTRACEBACK=none "$under" ./program panic 2>&1 || got=$?
echo "panic: status $got"
rm -rf program own.pprof tmp/*
