/* SPDX-License-Identifier: Apache-2.0 */
/* program_has_its_own_new.cc -- a program that replaces two of the operators is called by the
 * others, of its own and of its libraries.
 *
 * harm: memory
 * level: P0
 * naive: errno
 * flags: -O2 -std=c++17 -fno-builtin -pthread
 */
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "burn.h"

enum { HEAD = 16, KEEP_ERRNO = 77 };
static const char mark[HEAD] = "of this program";
static thread_local unsigned given, taken, foreign;

/* A block of another operator would have no mark. */
void *operator new(size_t size)
{
	char *block = static_cast<char *>(malloc(size + HEAD));
	if (!block)
		throw std::bad_alloc();
	given++;
	return static_cast<char *>(memcpy(block, mark, HEAD)) + HEAD;
}

void operator delete(void *block) noexcept
{
	char *begin = static_cast<char *>(block) - HEAD;
	if (!block)
		return;
	taken++;
	foreign += memcmp(begin, mark, HEAD) != 0;
	free(begin);
}

static void allocate()
{
	const std::nothrow_t &quiet = std::nothrow;
	std::vector<std::string> texts;
	for (int i = 0; i < 3000; i++) {
		std::ostringstream stream;
		stream << "a text that is too long for the object itself, " << i;
		texts.push_back(stream.str());
	}
	for (size_t size = 1; size < 100000; size *= 3) {
		operator delete(operator new(size), size);
		operator delete[](operator new[](size));
		operator delete[](operator new[](size), size);
		operator delete(operator new(size, quiet), quiet);
		operator delete[](operator new[](size, quiet), quiet);
		operator delete(operator new(size, std::align_val_t(64)), std::align_val_t(64));
	}
}

static void show()
{
	given = taken = foreign = 0;
	errno = KEEP_ERRNO;
	allocate();
	printf("given %u, taken %u, foreign %u, errno %d\n", given, taken, foreign, errno);
}

int main()
{
	burn(0.12);
	show();
	std::thread(show).join();
	burn(0.1);
	return 0;
}
