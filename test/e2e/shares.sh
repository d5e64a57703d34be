#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# shares.sh -- the profile says where the time went: C++ without frame pointers, four threads.
. test/e2e/prelude.inc
find_engines

for engine in $engines; do
	CONPROF_ENGINE=$engine profile_end "$engine" "$fixture/shares"
	is_silent "$engine"
	check_profiles "$engine"
	same "the engine" "$(figure "$engine" words engine)" "$engine"

	price=$(figure "$engine" share '^shop::Basket<unsigned int>::price')
	tax=$(figure "$engine" share '^shop::tax::compute')
	print=$(figure "$engine" share '^shop::print')
	between "$engine: price()" "$price" 68 72
	between "$engine: tax()" "$tax" 18 22
	between "$engine: print()" "$print" 8 12
	say "$engine: 70/20/10 is $price/$tax/$print"

	whole=$(figure "$engine" share '^(main|start_thread|\[libstdc\+\+.*)$')
	between "$engine: stacks that reach their beginning" "$whole" 99 100
	lost=$(figure "$engine" share '^\[(unknown|truncated)\]$')
	between "$engine: incomplete stacks" "$lost" 0 1
	say "$engine: $whole % reach main or the thread's start, $lost % are incomplete"

	mangled=$(figure "$engine" system 'shop::Basket<unsigned int>::price')
	same "$engine: the mangled name" "$mangled" _ZN4shop6BasketIjE5priceEd
	say "$engine: names are demangled, and kept as they were"
done
