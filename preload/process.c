/* SPDX-License-Identifier: Apache-2.0 */
/* process.c -- the calls that a second thread would spoil, that it would not hear of, or that end
 * the process behind the destructors' back.
 */
#include <assert.h>
#include <errno.h>
#include <grp.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/arch.h"
#include "core/cpu.h"
#include "core/disposition.h"
#include "core/profiler.h"
#include "core/resident.h"
#include "core/retreat.h"
#include "preload/export.h"
#include "preload/malloc.h"
#include "preload/real.h"

static int fail(int error)
{
	errno = error;
	return -1;
}

/* Nobody may ask for blocks in memory that is no more. */
static bool give_memory_back(void)
{
	if (!resident_may_shrink())
		return false;
	malloc_count_nothing();
	resident_shrink();
	return true;
}

/* The worker goes first, because its heap would be locked too. ENOMEM: all that is mapped does not
 * fit under RLIMIT_MEMLOCK, and without us it might. */
EXPORT int mlockall(int flags)
{
	const struct real *real = real_get();
	if (!real->mlockall)
		return fail(ENOSYS);
	int saved = errno;
	struct retreat retreat = retreat_begin(true);
	int result = real->mlockall(flags);
	bool is_shrunk = result && (errno == ENOMEM || errno == EAGAIN) && give_memory_back();
	if (is_shrunk) {
		errno = saved;
		result = real->mlockall(flags);
	}
	if (!result)
		resident_release(flags & MCL_FUTURE);
	retreat_end(&retreat, is_shrunk ? RETREAT_CLOSES : RETREAT_OVER);
	return result;
}

/* What the kernel refuses to a process with several threads, or to one whose root directory is
 * shared; and what would leave a thread of ours behind in the old namespace. */
enum {
	ALONE_FLAGS = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
		      CLONE_NEWCGROUP | 0x80 /* CLONE_NEWTIME */ | CLONE_THREAD | CLONE_SIGHAND |
		      CLONE_VM
};

/* After CLONE_NEWPID no thread can be made any more: what there is has to be sent before. */
EXPORT int unshare(int flags)
{
	const struct real *real = real_get();
	if (!real->unshare)
		return fail(ENOSYS);
	if (!(flags & ALONE_FLAGS))
		return real->unshare(flags);
	bool is_final = flags & CLONE_NEWPID;
	struct retreat retreat = retreat_begin(is_final);
	int result = real->unshare(flags);
	retreat_end(&retreat, is_final && !result ? RETREAT_STAYS : RETREAT_OVER);
	return result;
}

/* 0 is a namespace of any kind. */
EXPORT int setns(int fd, int type)
{
	const struct real *real = real_get();
	if (!real->setns)
		return fail(ENOSYS);
	if (type && !(type & ALONE_FLAGS))
		return real->setns(fd, type);
	struct retreat retreat = retreat_begin(false);
	int result = real->setns(fd, type);
	retreat_end(&retreat, RETREAT_OVER);
	return result;
}

/* Who gives up new privileges is about to enter a sandbox, often by a system call that does not
 * pass here. A filter without an address only asks whether there are filters. */
static bool begins_sandbox(int option, unsigned long second, unsigned long third)
{
	if (option == PR_SET_NO_NEW_PRIVS)
		return second == 1;
	return option == PR_SET_SECCOMP && (second == SECCOMP_MODE_STRICT || third);
}

EXPORT int prctl(int option, ...)
{
	const struct real *real = real_get();
	unsigned long a[4];
	va_list arguments;
	va_start(arguments, option);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(arguments, unsigned long);
	va_end(arguments);
	if (!real->prctl)
		return fail(ENOSYS);
	if (!begins_sandbox(option, a[0], a[1])) {
		int result = real->prctl(option, a[0], a[1], a[2], a[3]);
		if (option == PR_CAPBSET_DROP || option == PR_SET_SECUREBITS)
			retreat_from_privileges(true);
		return result;
	}
	struct retreat retreat = retreat_begin(true);
	int result = real->prctl(option, a[0], a[1], a[2], a[3]);
	retreat_end(&retreat, result ? RETREAT_OVER : RETREAT_CLOSES);
	return result;
}

/* ---- syscall(2), by which libraries reach what the C library has no name for --------------------
 */

/* A jump and not a call, and no frame of ours: a program may have the kernel return from here onto
 * another stack. Not even al is changed, which says something to a variadic function behind ours.
 * The numbers are those of rt_sigaction, of setuid to capset, of prctl, unshare, setns and seccomp.
 */
__asm__(".text\n"
	".globl syscall\n"
	".type syscall, @function\n"
	"syscall:\n"
	".cfi_startproc\n"
	"endbr64\n"
	"cmpl $13, %edi\n"
	"je 1f\n"
	"leal -105(%rdi), %r11d\n"
	"cmpl $126 - 105, %r11d\n"
	"jbe 1f\n"
	"cmpl $157, %edi\n"
	"je 1f\n"
	"cmpl $272, %edi\n"
	"je 1f\n"
	"cmpl $308, %edi\n"
	"je 1f\n"
	"cmpl $317, %edi\n"
	"je 1f\n"
	"movq syscall_behind(%rip), %r11\n"
	"testq %r11, %r11\n"
	"jz 1f\n"
	"jmpq *%r11\n"
	"1: jmp syscall_of_note\n"
	".cfi_endproc\n"
	".size syscall, . - syscall\n");

static_assert(SYS_rt_sigaction == 13 && SYS_setuid == 105 && SYS_capset == 126 &&
		      SYS_prctl == 157 && SYS_unshare == 272 && SYS_setns == 308 &&
		      SYS_seccomp == 317,
	      "the numbers above");

/* The one behind ours; NULL until the first call. */
__attribute__((used)) static void *syscall_behind;

static long pass_on(const struct real *real, long number, const long a[6])
{
	if (real->syscall)
		return real->syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	long result = arch_syscall6(number, a);
	return result < 0 && result > -4096 ? fail((int)-result) : result;
}

/* A positive result is a descriptor, or a thread that could not be given the filter as well: then
 * nobody has it (seccomp(2)). */
static long install_filter(const struct real *real, const long a[6])
{
	bool is_filter = a[0] == SECCOMP_SET_MODE_STRICT || a[2];
	if (a[0] > SECCOMP_SET_MODE_FILTER || !is_filter)
		return pass_on(real, SYS_seccomp, a);
	struct retreat retreat = retreat_begin(true);
	long result = pass_on(real, SYS_seccomp, a);
	bool is_installed = !result || (result > 0 && a[1] & SECCOMP_FILTER_FLAG_NEW_LISTENER);
	retreat_end(&retreat, is_installed ? RETREAT_CLOSES : RETREAT_OVER);
	return result;
}

/* And calls between them that only ask. */
static long change_privileges(const struct real *real, long number, const long a[6])
{
	long result = pass_on(real, number, a);
	retreat_from_privileges(true);
	return result;
}

/* As rt_sigaction has it. */
struct kernel_action {
	uintptr_t handler;
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

static void believe(int signal, struct kernel_action *seen)
{
	struct sigaction action = {.sa_handler = (void (*)(int))seen->handler};
	if (!cpu_is_tick(seen->handler))
		return;
	disposition_believe(signal, &action);
	seen->handler = (uintptr_t)action.sa_handler;
	seen->flags = (unsigned)action.sa_flags;
	seen->restorer = action.sa_restorer;
	seen->mask = *(const uint64_t *)&action.sa_mask;
}

static long change_disposition(const struct real *real, const long a[6])
{
	bool is_lent = a[1] && disposition_lend(real->sigaction, (int)a[0]);
	long result = pass_on(real, SYS_rt_sigaction, a);
	if (!result && a[2])
		believe((int)a[0], (struct kernel_action *)a[2]);
	if (is_lent)
		disposition_take_back(real->sigaction, (int)a[0]);
	return result;
}

/* NOLINTNEXTLINE(readability-function-size): a system call has so many arguments */
__attribute__((used, noinline, noclone)) static long syscall_of_note(long number, long first,
								     long second, long third,
								     long fourth, long fifth,
								     long sixth)
{
	const struct real *real = real_get();
	const long arguments[6] = {first, second, third, fourth, fifth, sixth};
	syscall_behind = (void *)real->syscall;
	switch (number) {
	case SYS_unshare:
		return unshare((int)first);
	case SYS_setns:
		return setns((int)first, (int)second);
	case SYS_prctl:
		return prctl((int)first, second, third, fourth, fifth);
	case SYS_setuid ... SYS_capset:
		return change_privileges(real, number, arguments);
	case SYS_rt_sigaction:
		return change_disposition(real, arguments);
	case SYS_seccomp:
		return install_filter(real, arguments);
	default:
		return pass_on(real, number, arguments);
	}
}

/* ---- privileges: the program's C library changes those of the threads it knows -----------------
 */

/* What can be taken back, as by seteuid, is no reason to wait: whoever takes the process over could
 * take it back too. */
#define PRIVILEGE_SETTER(name, is_for_good, parameters, arguments) \
	EXPORT int name parameters                                 \
	{                                                          \
		const struct real *real = real_get();              \
		if (!real->name)                                   \
			return fail(ENOSYS);                       \
		int result = real->name arguments;                 \
		retreat_from_privileges(is_for_good);              \
		return result;                                     \
	}

int capset(void *header, const void *data);

PRIVILEGE_SETTER(setuid, true, (uid_t user), (user))
PRIVILEGE_SETTER(seteuid, false, (uid_t user), (user))
PRIVILEGE_SETTER(setreuid, true, (uid_t real_user, uid_t user), (real_user, user))
PRIVILEGE_SETTER(setresuid, true, (uid_t real_user, uid_t user, uid_t saved),
		 (real_user, user, saved))
PRIVILEGE_SETTER(setgid, true, (gid_t group), (group))
PRIVILEGE_SETTER(setegid, false, (gid_t group), (group))
PRIVILEGE_SETTER(setregid, true, (gid_t real_group, gid_t group), (real_group, group))
PRIVILEGE_SETTER(setresgid, true, (gid_t real_group, gid_t group, gid_t saved),
		 (real_group, group, saved))
PRIVILEGE_SETTER(setgroups, true, (size_t count, const gid_t *groups), (count, groups))
PRIVILEGE_SETTER(initgroups, true, (const char *user, gid_t group), (user, group))
PRIVILEGE_SETTER(capset, true, (void *header, const void *data), (header, data))

/* ---- ends that run no destructors
 * ------------------------------------------------------------------ */

EXPORT _Noreturn void _exit(int status)
{
	const struct real *real = real_get();
	profiler_end();
	if (real->_exit)
		real->_exit(status);
	for (;;)
		arch_syscall(SYS_exit_group, status, 0, 0, 0, 0);
}

EXPORT _Noreturn void _Exit(int status)
{
	_exit(status);
}
