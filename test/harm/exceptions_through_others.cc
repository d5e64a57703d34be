/* SPDX-License-Identifier: Apache-2.0 */
/* exceptions_through_others.cc -- exceptions pass callbacks of C, threads end by unwinding.
 *
 * Also a function whose mangled name has tens of thousands of characters computes.
 *
 * harm: unwinding
 * level: P0
 */
#include "life.h"
#include <cxxabi.h>
#include <pthread.h>
#include <search.h>
#include <stdexcept>
#include <string>
#include <tuple>
#include <unwind.h>

namespace
{

int throw_from_callback(const void *, const void *)
{
	burn(0.001);
	throw std::runtime_error("callback");
}

int sort_and_catch()
{
	int values[] = {3, 1, 2};
	try {
		qsort(values, 3, sizeof *values, throw_from_callback);
	} catch (const std::runtime_error &error) {
		return error.what() == std::string("callback");
	}
	return 0;
}

struct counter {
	int &count;
	~counter()
	{
		burn(0.005);
		count++;
	}
};

int unwound;

void *exit_deep(void *argument)
{
	counter counted{unwound};
	burn(0.02);
	pthread_exit(argument);
}

void *wait_for_cancellation(void *)
{
	counter counted{unwound};
	for (;;) {
		burn(0.01);
		pthread_testcancel();
	}
}

void *nested(void *)
{
	try {
		try {
			throw 1;
		} catch (int) {
			counter counted{unwound};
			burn(0.01);
			throw;
		}
	} catch (int value) {
		return reinterpret_cast<void *>(static_cast<long>(value));
	}
}

_Unwind_Reason_Code count_frame(_Unwind_Context *, void *count)
{
	++*static_cast<int *>(count);
	return _URC_NO_REASON;
}

template <typename T, int N> struct deeper {
	using type = std::tuple<typename deeper<T, N - 1>::type, typename deeper<T, N - 1>::type>;
};
template <typename T> struct deeper<T, 0> {
	using type = T;
};

template <typename... T> __attribute__((noinline)) size_t with_a_long_name()
{
	burn(0.15);
	return sizeof...(T);
}

void *run(void *(*routine)(void *), bool cancel)
{
	pthread_t thread;
	void *result;
	pthread_create(&thread, nullptr, routine, &unwound);
	if (cancel)
		pthread_cancel(thread);
	pthread_join(thread, &result);
	return result;
}

} // namespace

int main()
{
	int caught = 0, frames = 0;
	for (int i = 0; i < 50; i++)
		caught += sort_and_catch();
	printf("caught %d\n", caught);
	printf("exited %d\n", run(exit_deep, false) == &unwound);
	printf("cancelled %d\n", run(wait_for_cancellation, true) == PTHREAD_CANCELED);
	printf("thrown again %d, unwound %d\n", run(nested, false) == reinterpret_cast<void *>(1),
	       unwound);
	_Unwind_Backtrace(count_frame, &frames);
	printf("frames %d\n", frames);
	printf("computed %zu\n", with_a_long_name<deeper<std::string, 9>::type, int>());
	return 0;
}
