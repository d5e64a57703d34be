#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# rust.sh -- a Rust program: its runtime has an alternate stack and a handler of SIGSEGV of its own.
#
# fleet: threads, channels, 300 caught panics, children, a stack overflow that is reported, aborts
# packages: rustc
# names: object 40 program
# shellcheck source=prelude.inc
. "$FLEET/prelude.inc"

cat >program.rs <<'END'
use std::collections::HashMap;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::{mpsc, Arc, Condvar, Mutex};
use std::time::{Duration, Instant};
use std::{env, hint, panic, process, thread};

fn burn(n: u64) -> u64 {
    let mut s = n;
    for i in 0..1_000_000u64 { s = hint::black_box(s.wrapping_mul(31).wrapping_add(i)); }
    s % 1000
}

fn deep(n: u64) -> u64 {
    let big = hint::black_box([n; 64]);
    if n == u64::MAX { 0 } else { deep(n + 1) + hint::black_box(big)[3] }
}

fn threads() {
    let sums: Vec<u64> = (0..20).map(|round| {
        let those: Vec<_> = (0..16).map(|n| thread::spawn(move || burn(round * 16 + n))).collect();
        those.into_iter().map(|t| t.join().unwrap()).sum()
    }).collect();
    println!("threads {:?}", sums);
    let (tx, rx) = mpsc::channel();
    for n in 0..8 {
        let tx = tx.clone();
        thread::spawn(move || for k in 0..1000u64 { tx.send(n * k).unwrap(); });
    }
    drop(tx);
    println!("channel {}", rx.iter().sum::<u64>());
    let small = thread::Builder::new().stack_size(32 * 1024).spawn(|| burn(5)).unwrap().join().unwrap();
    println!("small stack {}", small);
}

fn panics() {
    panic::set_hook(Box::new(|_| {}));
    let mut caught = 0;
    for n in 0..300 {
        burn(n / 100);
        if panic::catch_unwind(|| { if hint::black_box(n) < 1000 { panic!("{}", n) } }).is_err() { caught += 1; }
    }
    let failed = (0..20).map(|n| thread::spawn(move || { burn(n); let v: Vec<u64> = vec![]; v[n as usize] }))
        .filter(|_| true).map(|t| t.join().is_err() as u32).sum::<u32>();
    let _ = panic::take_hook();
    println!("panics {} {}", caught, failed);
}

fn children() {
    let mut codes = HashMap::new();
    for n in 0..100 {
        let code = Command::new("/bin/sh").arg("-c").arg(format!("exit {}", n % 5)).status().unwrap().code().unwrap();
        *codes.entry(code).or_insert(0) += 1;
    }
    let mut sorted: Vec<_> = codes.into_iter().collect();
    sorted.sort();
    let mut cat = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut to = cat.stdin.take().unwrap();
    let writer = thread::spawn(move || to.write_all(&vec![b'x'; 3_000_000]).unwrap());
    let mut got = Vec::new();
    cat.stdout.take().unwrap().read_to_end(&mut got).unwrap();
    writer.join().unwrap();
    println!("children {:?} {} {:?}", sorted, got.len(), cat.wait().unwrap().code());
}

fn waits() {
    let pair = Arc::new((Mutex::new(()), Condvar::new()));
    let mut early = 0;
    for n in 0..30 {
        burn(n);
        let began = Instant::now();
        thread::sleep(Duration::from_millis(20));
        if began.elapsed() < Duration::from_millis(20) { early += 1; }
        let guard = pair.0.lock().unwrap();
        let began = Instant::now();
        let (_guard, over) = pair.1.wait_timeout(guard, Duration::from_millis(10)).unwrap();
        if over.timed_out() && began.elapsed() < Duration::from_millis(10) { early += 1; }
    }
    println!("early {}", early);
}

fn main() {
    match env::args().nth(1).as_deref() {
        Some("overflow") => { burn(1); burn(2); for n in 0..100 { burn(n); } println!("{}", deep(1)); }
        Some("thread") => { for n in 0..50 { burn(n); } thread::Builder::new().name("diver".into()).spawn(|| deep(1)).unwrap().join().unwrap(); }
        Some("panic") => { for n in 0..50 { burn(n); } panic!("at last"); }
        Some("abort") => { for n in 0..50 { burn(n); } process::abort(); }
        _ => { threads(); panics(); children(); waits(); process::exit(9); }
    }
}
END
rustc -O -g -o program program.rs
started=$(date +%s.%N)
got=0
"$under" ./program 2>&1 || got=$?
echo "status $got"
rate "$(echo "1 / ($(date +%s.%N) - $started)" | bc -l)"
# These are to die, and how is their own affair; a core of each would be one more file.
for end in overflow thread panic abort; do
	got=0
	prlimit --core=0 "$under" ./program $end >said 2>&1 || got=$?
	grep -v -i -E 'aborted|dumped' said | sed -E 's/\([0-9]+\) (panicked|has overflowed)/\1/' || :
	echo "$end: status $got"
done
rm -f said program
