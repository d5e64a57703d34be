/* SPDX-License-Identifier: Apache-2.0 */
/* ownlibc.c -- musl without its start code; compiled against musl's internal headers.
 *
 * As of musl 1.2.3: struct pthread, struct __libc.
 */
#include "core/ownlibc.h"

#include <assert.h>
#include <elf.h>
#include <errno.h>
#include <sys/mman.h>

#include "core/resident.h"
#include "libc.h"
#include "pthread_impl.h"

/* What the worker may map for its heap. Half of it is room that the decoder of .gnu_debugdata asks
 * for and does not touch. */
enum { HEAP_MAX = 16 << 20 };

static struct {
	size_t auxv[7];
	size_t heap_size;
} self;

static_assert(sizeof(struct pthread) <= OWNLIBC_THREAD_SIZE, "room for the thread descriptor");

void *ownlibc_begin(void *thread, const struct ownlibc_start *start)
{
	struct pthread *descriptor = thread;
	self.auxv[0] = AT_RANDOM;
	self.auxv[1] = start->random;
	self.auxv[2] = AT_PAGESZ;
	self.auxv[3] = PAGE_SIZE;
	self.auxv[4] = start->vdso ? AT_SYSINFO_EHDR : AT_IGNORE;
	self.auxv[5] = start->vdso;
	self.auxv[6] = AT_NULL;
	libc.auxv = self.auxv;
	descriptor->self = descriptor;
	descriptor->next = descriptor->prev = descriptor;
	descriptor->locale = &libc.global_locale;
	descriptor->robust_list.head = &descriptor->robust_list.head;
	descriptor->detach_state = DT_DETACHED;
	return descriptor;
}

size_t ownlibc_heap_size(void)
{
	return self.heap_size;
}

/* The heap's only ways to memory. They keep it within HEAP_MAX. */

void *__cold_mmap(void *, size_t, int, int, int, off_t);
int __cold_munmap(void *, size_t);
void *__cold_mremap(void *, size_t, size_t, int, ...);

void *__cold_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
	if (size > HEAP_MAX - self.heap_size) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	/* without rights at first: where the program locks all its memory, pages that can be
	 * touched would be there and locked at once */
	void *mapped = __mmap(address, size, PROT_NONE, flags, fd, offset);
	if (mapped == MAP_FAILED)
		return mapped;
	resident_release_range(mapped, size);
	if (protection != PROT_NONE && __mprotect(mapped, size, protection)) {
		__munmap(mapped, size);
		return MAP_FAILED;
	}
	/* no child of fork has use for it: it begins with an empty heap */
	__madvise(mapped, size, MADV_DONTFORK);
	self.heap_size += size;
	return mapped;
}

int __cold_munmap(void *address, size_t size)
{
	self.heap_size -= size;
	return __munmap(address, size);
}

void *__cold_mremap(void *address, size_t from, size_t to, int flags, ...)
{
	if (to > from && to - from > HEAP_MAX - self.heap_size) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	void *mapped = __mremap(address, from, to, flags);
	if (mapped != MAP_FAILED)
		self.heap_size += to - from;
	return mapped;
}

/* What a library may call and the host must never feel. A failed assertion ends the worker alone:
 * no profile any more, and a program that goes on. */

_Noreturn void abort(void)
{
	for (;;)
		__syscall(SYS_exit, 0);
}

_Noreturn void _Exit(int status)
{
	(void)status;
	abort();
}

int raise(int signal)
{
	(void)signal;
	return 0;
}

/* Dispositions are the process's: libcurl would ignore SIGPIPE for a moment, for everybody. */
int sigaction(int signal, const struct sigaction *action, struct sigaction *before)
{
	(void)signal;
	(void)action;
	(void)before;
	errno = ENOSYS;
	return -1;
}
