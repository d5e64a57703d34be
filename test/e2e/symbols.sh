#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# symbols.sh -- names are found wherever Debian, toolchains and run-times keep them.
. test/e2e/prelude.inc
find_engines
bin=$dir/bin
mkdir "$bin"

# names CASE FUNCTION LEAST COMMAND...: at least that percent is in the function.
names() {
	case=$1 function=$2 least=$3
	shift 3
	profile_end "$case" "$@" >"$dir/$case.out"
	is_silent "$case"
	check_profiles "$case"
	found=$(figure "$case" share "$function")
	between "$case: $function" "$found" "$least" 100
	say "$case: $found % are in $function"
}

# ---- stripped programs -------------------------------------------------------------------------------

cp "$fixture/names" "$bin/plain"
names plain '^hidden_work$' 90 "$bin/plain"

strip -o "$bin/stripped" "$bin/plain"
profile_end stripped "$bin/stripped" >/dev/null
check_profiles stripped
same "what a stripped program tells of its function" "$(figure stripped share hidden_work)" 0.00
between "share of the file without names" "$(figure stripped share '^\[stripped\]$')" 95 100
say "a stripped program is shown by its file"

mkdir "$bin/.debug"
objcopy --only-keep-debug "$bin/plain" "$bin/.debug/linked.debug"
strip -o "$bin/linked" "$bin/plain"
objcopy --add-gnu-debuglink="$bin/.debug/linked.debug" "$bin/linked"
names debuglink '^hidden_work$' 90 "$bin/linked"

if [ -w /usr/lib/debug/.build-id ]; then
	# a build id of its own, so that the file in the system's directory can be nobody else's
	gcc -O2 -g -D_GNU_SOURCE test/fixture/names.c -o "$bin/identified" \
		-Wl,--build-id=0x"$(od -An -N20 -tx1 /dev/urandom | tr -d ' \n')"
	build_id=$(readelf -n "$bin/identified" | sed -n 's/.*Build ID: //p')
	debug=/usr/lib/debug/.build-id/$(echo "$build_id" | cut -c1-2)
	file=$debug/$(echo "$build_id" | cut -c3-).debug
	mkdir -p "$debug"
	trap 'rm -f "$file"; rmdir "$debug" 2>/dev/null || :; end_children' EXIT
	objcopy --only-keep-debug "$bin/identified" "$file"
	strip "$bin/identified"
	names build-id '^hidden_work$' 90 "$bin/identified"
else
	note "/usr/lib/debug/.build-id cannot be written, no test of files found by build id"
fi

if have xz; then
	nm "$bin/plain" --format=posix --defined-only | awk '$2 == "T" || $2 == "t" { print $1 }' |
		sort >"$bin/keep"
	objcopy -S --remove-section .gdb_index --remove-section .comment \
		--keep-symbols="$bin/keep" "$bin/.debug/linked.debug" "$bin/mini"
	xz -f "$bin/mini"
	strip -o "$bin/minidebug" "$bin/plain"
	objcopy --add-section .gnu_debugdata="$bin/mini.xz" "$bin/minidebug"
	names gnu-debugdata '^hidden_work$' 90 "$bin/minidebug"
else
	note "no xz, no test of .gnu_debugdata"
fi

# ---- code from elsewhere -------------------------------------------------------------------------------

for engine in $engines; do
	CONPROF_ENGINE=$engine names "clock-$engine" '^\[vdso\]$|^__vdso|^clock_gettime$' 90 \
		"$fixture/clock"
	between "$engine: share of the kernel's object" \
		"$(figure "clock-$engine" object '^\[vdso\]$')" 40 100
	CONPROF_ENGINE=$engine names "jit-$engine" '^LazyCompile:\*handMade shop\.js:7$' 90 \
		"$fixture/jit"
	rm -f "$(cat "$dir/jit-$engine.out")"
	between "$engine: jit code that is called by main" \
		"$(figure "jit-$engine" share '^main$')" 90 100
	CONPROF_ENGINE=$engine names "plugin-$engine" '^plugin_work$' 85 \
		"$fixture/loader" "$fixture/plugin" 40 50
	same "the loader's last word" "$(cat "$dir/plugin-$engine.out")" unloaded
done

# ---- other toolchains ----------------------------------------------------------------------------------

if have rustc; then
	cat >"$bin/rusty.rs" <<-'END'
		use std::time::Instant;
		mod shop {
		    pub struct Cart { pub sum: u64 }
		    impl Cart {
		        #[inline(never)]
		        pub fn price(&mut self) {
		            for i in 0..100000u64 { self.sum = std::hint::black_box(self.sum ^ i); }
		        }
		    }
		}
		fn main() {
		    let (begin, mut cart) = (Instant::now(), shop::Cart { sum: 1 });
		    while begin.elapsed().as_millis() < 1500 { cart.price(); }
		}
	END
	rustc -O -o "$bin/rusty" "$bin/rusty.rs" 2>"$dir/rustc.log" ||
		fail "rustc: $(tail -n 3 "$dir/rustc.log")"
	names rust '^<?rusty::shop::Cart>?::price$' 90 "$bin/rusty"
else
	note "no rustc, no test of its names"
fi

if have musl-gcc; then
	musl-gcc -O2 -g -D_GNU_SOURCE test/fixture/names.c -o "$bin/musl"
	names musl '^hidden_work$' 90 "$bin/musl"
	between "musl: stacks that reach main" "$(figure musl share '^main$')" 95 100
else
	note "no musl-gcc, no test of musl programs"
fi

gcc -O2 -g -D_GNU_SOURCE -static-pie test/fixture/names.c -o "$bin/static" 2>"$dir/static.log" ||
	fail "static-pie: $(tail -n 1 "$dir/static.log")"
profile static "$bin/static" >"$dir/static.out"
is_silent static
same "a static program" "$(cat "$dir/static.out")" "done"
same "profiles of a static program" "$(find "$dir/static" -type f | wc -l)" 0
say "a static program runs as if nothing were"
