#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# gcc.sh -- a project of C++ and C is built by make: each object is the same to the last bit.
#
# fleet: make -j2 of 20 C++ and C files, -O2 -g, LTO, a shared library, an archive, failing builds
# packages: g++ make
# names: object 50 cc1|lto1
# shellcheck source=prelude.inc
. "$FLEET/prelude.inc"

unset MAKEFLAGS MFLAGS MAKELEVEL
n=0
while [ $n -lt 6 ]; do
	n=$((n + 1))
	cat >u$n.cc <<-END
		#include <algorithm>
		#include <map>
		#include <memory>
		#include <regex>
		#include <string>
		#include <vector>
		template <int N> struct F { static constexpr unsigned long v = F<N - 1>::v * 31 + $n; };
		template <> struct F<0> { static constexpr unsigned long v = 1; };
		long u$n(const std::vector<std::string> &words)
		{
			std::map<std::string, std::unique_ptr<int>> seen;
			std::regex pattern("a+(b|c)*[d-f]{$n}");
			long sum = F<200>::v;
			for (auto &w : words) {
				if (std::regex_search(w, pattern)) seen[w] = std::make_unique<int>($n);
				try { sum += seen.at(w) ? *seen.at(w) : 0; } catch (std::out_of_range &) { sum--; }
			}
			return sum;
		}
	END
done
n=0
while [ $n -lt 12 ]; do
	n=$((n + 1))
	awk -v n=$n 'BEGIN { for (i = 0; i < 150; i++) printf "double c%d_%d(double *p, int k) { double s = %d; for (int j = 0; j < k; j++) s += p[j] * p[j + %d] / (j + 1); return s; }\n", n, i, i, i }' >c$n.c
done
awk 'BEGIN { print "#include <cstdio>\n#include <string>\n#include <vector>"; for (i = 1; i <= 6; i++) printf "long u%d(const std::vector<std::string> &);\n", i; print "int main() { std::vector<std::string> w = {\"aabd\", \"x\", \"acdddd\"}; long s = 0;"; for (i = 1; i <= 6; i++) printf "s += u%d(w);\n", i; print "printf(\"%ld\\n\", s); }" }' >main.cc
echo 'int broken(void) { return undeclared + ; }' >broken.c
cat >Makefile <<'END'
CXXFLAGS := -O2 -g
CFLAGS := -O2 -g -fPIC
U := $(patsubst %.cc,%.o,$(wildcard u*.cc)) main.o
C := $(patsubst %.c,%.o,$(filter-out broken.c,$(wildcard c*.c)))
all: program libc.so lib.a small lto
program: $U
	g++ -o $@ $^
libc.so: $C
	gcc -shared -o $@ $^ -Wl,--build-id=sha1
lib.a: $C
	ar rcsD $@ $^
small: program
	strip -o $@ $<
lto: c1.c c2.c main.cc $(wildcard u*.cc)
	gcc -O1 -flto -frandom-seed=1 -c c1.c -o c1.lto.o
	g++ -O0 -flto=2 -frandom-seed=1 -o $@ $(filter %.cc,$^) c1.lto.o
END
started=$(date +%s.%N)
# Each line that it prints comes from one of two jobs, whichever is first.
got=0
"$under" make -j2 >built 2>&1 || got=$?
echo "make: status $got"
rate "$(echo "1 / ($(date +%s.%N) - $started)" | bc -l)"
sort built
./program
./lto
md5sum -- *.o program libc.so lib.a small
"$under" make -q && echo "nothing to do"
"$under" gcc -c broken.c 2>&1 || echo "broken: status $?"
"$under" g++ main.o -o never 2>&1 | grep -c 'undefined reference'
"$under" gcc -O2 -S -o - c3.c | md5sum
"$under" gcc -E -P -include stdio.h c1.c | md5sum
"$under" timeout -s INT 0.5 g++ -O3 -c u1.cc -o cut.o 2>&1 || echo "cut: status $?"
rm -f lto
