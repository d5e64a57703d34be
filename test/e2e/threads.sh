#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# threads.sh -- every thread is seen, by its number and name, whoever made it and when.
. test/e2e/prelude.inc
find_engines

# Linked to a library whose constructor is run before that of a preloaded one.
cp "$fixture/early" "$dir/libearly.so"
gcc -O2 -g -D_GNU_SOURCE -I. test/fixture/threads.c -o "$dir/threads" -Wl,--no-as-needed \
	-L"$dir" -learly -Wl,-rpath,"$dir" -lpthread

for engine in $engines; do
	case $engine in
	perf) percent=7 ;; # while a virtual machine stands still there are no ticks
	*) percent=10 ;; # a thread that nobody announced is found a few tenths of a second later
	esac
	CONPROF_ENGINE=$engine profile_end "$engine" "$dir/threads" >"$dir/$engine.out"
	is_silent "$engine"
	check_profiles "$engine"
	raw=$(sed -n 's/^raw //p' "$dir/$engine.out")
	near "$engine: the first thread" "$(figure "$engine" seconds '^first_work$')" 3 "$percent"
	say "$engine: the first thread has its time"
	near "$engine: a named thread" "$(figure "$engine" thread 'shop: pay')" 3 "$percent"
	say "$engine: a thread is known by its name"
	near "$engine: a thread whose name is no text" "$(figure "$engine" thread 'bad.*name')" 3 \
		"$percent"
	say "$engine: a name that is no UTF-8 is made into some"
	near "$engine: the raw thread" "$(figure "$engine" tid "$raw")" 3 "$percent"
	between "$engine: raw_work()" "$(figure "$engine" seconds '^raw_work$')" 2.6 3.1
	say "$engine: a thread that clone made has its time"
	near "$engine: the early thread" "$(figure "$engine" seconds '^early_work$')" 3 "$percent"
	say "$engine: a thread from before our constructor has its time"
done
