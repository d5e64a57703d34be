/* SPDX-License-Identifier: Apache-2.0 */
/* under_filter.c -- under_filter NAME PROGRAM...: runs the program under a system call filter as it
 * is met in the world.
 *
 *     docker      what a container of Docker may not do is refused with EPERM
 *     kubernetes  the same is unknown to the kernel, and so are calls since Linux 5.2
 *     unit        a systemd service: SystemCallFilter=@system-service, which kills,
 *                 MemoryDenyWriteExecute=, RestrictNamespaces=, NoNewPrivileges=
 *     strict      SystemCallFilter=~@debug ~@timer ~@resources, which kills
 *     tolerant    the same with SystemCallErrorNumber=EPERM
 *
 * The lists name what is forbidden, though most of these filters list what is allowed: they differ
 * for calls that neither programs nor the library make.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	PROGRAM_MAX = 2048,
	NAMESPACES = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
		     CLONE_NEWPID | CLONE_NEWNET,
};

#define REFUSE(error) (SECCOMP_RET_ERRNO | (error))

/* Newer than some headers. */
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#ifndef SYS_set_mempolicy_home_node
#define SYS_set_mempolicy_home_node 450
#endif

static const int of_containers[] = {
	SYS_acct,
	SYS_add_key,
	SYS_bpf,
	SYS_chroot,
	SYS_clock_adjtime,
	SYS_clock_settime,
	SYS_create_module,
	SYS_delete_module,
	SYS_fanotify_init,
	SYS_finit_module,
	SYS_fsconfig,
	SYS_fsmount,
	SYS_fsopen,
	SYS_fspick,
	SYS_get_kernel_syms,
	SYS_get_mempolicy,
	SYS_init_module,
	SYS_io_uring_enter,
	SYS_io_uring_register,
	SYS_io_uring_setup,
	SYS_ioperm,
	SYS_iopl,
	SYS_kcmp,
	SYS_kexec_file_load,
	SYS_kexec_load,
	SYS_keyctl,
	SYS_lookup_dcookie,
	SYS_mbind,
	SYS_mount,
	SYS_mount_setattr,
	SYS_move_mount,
	SYS_move_pages,
	SYS_nfsservctl,
	SYS_open_by_handle_at,
	SYS_open_tree,
	SYS_perf_event_open,
	SYS_pidfd_getfd,
	SYS_pivot_root,
	SYS_process_madvise,
	SYS_query_module,
	SYS_quotactl,
	SYS_reboot,
	SYS_request_key,
	SYS_set_mempolicy,
	SYS_set_mempolicy_home_node,
	SYS_setdomainname,
	SYS_sethostname,
	SYS_setns,
	SYS_settimeofday,
	SYS_swapoff,
	SYS_swapon,
	SYS_syslog,
	SYS_umount2,
	SYS_unshare,
	SYS_uselib,
	SYS_userfaultfd,
	SYS_ustat,
	SYS_vhangup,
	-1,
};

/* Unknown to a filter that was written when the kernel had 5.1; clone3 is told apart above. */
static const int since_5_2[] = {
	SYS_pidfd_open,	      SYS_close_range,	     SYS_openat2, SYS_faccessat2,
	SYS_process_vm_readv, SYS_process_vm_writev, -1};

static const int not_of_services[] = {
	SYS_acct,	   SYS_bpf,
	SYS_chroot,	   SYS_clock_adjtime,
	SYS_clock_settime, SYS_create_module,
	SYS_delete_module, SYS_fanotify_init,
	SYS_finit_module,  SYS_fsconfig,
	SYS_fsmount,	   SYS_fsopen,
	SYS_fspick,	   SYS_get_kernel_syms,
	SYS_init_module,   SYS_ioperm,
	SYS_iopl,	   SYS_kexec_file_load,
	SYS_kexec_load,	   SYS_lookup_dcookie,
	SYS_modify_ldt,	   SYS_mount,
	SYS_mount_setattr, SYS_move_mount,
	SYS_nfsservctl,	   SYS_open_by_handle_at,
	SYS_open_tree,	   SYS_perf_event_open,
	SYS_pidfd_getfd,   SYS_pivot_root,
	SYS_ptrace,	   SYS_query_module,
	SYS_quotactl,	   SYS_reboot,
	SYS_settimeofday,  SYS_swapoff,
	SYS_swapon,	   SYS_syslog,
	SYS_umount2,	   SYS_uselib,
	SYS_userfaultfd,   SYS_ustat,
	SYS_vhangup,	   -1,
};

static const int debug_timer_resources[] = {
	SYS_lookup_dcookie,
	SYS_perf_event_open,
	SYS_pidfd_getfd,
	SYS_ptrace,
	SYS_alarm,
	SYS_getitimer,
	SYS_setitimer,
	SYS_timer_create,
	SYS_timer_delete,
	SYS_timer_getoverrun,
	SYS_timer_gettime,
	SYS_timer_settime,
	SYS_timerfd_create,
	SYS_timerfd_gettime,
	SYS_timerfd_settime,
	SYS_times,
	SYS_ioprio_set,
	SYS_mbind,
	SYS_migrate_pages,
	SYS_move_pages,
	SYS_sched_setaffinity,
	SYS_sched_setattr,
	SYS_sched_setparam,
	SYS_sched_setscheduler,
	SYS_set_mempolicy,
	SYS_set_mempolicy_home_node,
	SYS_setpriority,
	SYS_setrlimit,
	-1,
};

static struct {
	struct sock_filter code[PROGRAM_MAX];
	unsigned short count;
} self;

static void emit(uint16_t code, uint32_t k, uint8_t yes, uint8_t no)
{
	self.code[self.count++] = (struct sock_filter){code, yes, no, k};
}

static void load(size_t offset)
{
	emit(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void forbid(int number, uint32_t action)
{
	load(offsetof(struct seccomp_data, nr));
	emit(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 1);
	emit(BPF_RET | BPF_K, action, 0, 0);
}

static void forbid_all(const int *numbers, uint32_t action)
{
	for (; *numbers >= 0; numbers++)
		forbid(*numbers, action);
}

/* The call when of these bits of an argument all, or any, are set. */
static void forbid_bits(int number, int argument, uint32_t bits, int all, uint32_t action)
{
	load(offsetof(struct seccomp_data, nr));
	emit(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 4);
	load(offsetof(struct seccomp_data, args) + (size_t)argument * 8);
	emit(BPF_ALU | BPF_AND | BPF_K, bits, 0, 0);
	if (all)
		emit(BPF_JMP | BPF_JEQ | BPF_K, bits, 0, 1);
	else
		emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0);
	emit(BPF_RET | BPF_K, action, 0, 0);
}

static void container(uint32_t action)
{
	forbid(SYS_clone3, REFUSE(ENOSYS)); /* its flags cannot be seen, so that libc takes clone */
	forbid_bits(SYS_clone, 0, NAMESPACES, 0, action);
	forbid_all(of_containers, action);
}

static void unit(void)
{
	forbid(SYS_clone3, REFUSE(ENOSYS));
	forbid_bits(SYS_clone, 0, NAMESPACES, 0, REFUSE(EPERM));
	forbid(SYS_unshare, REFUSE(EPERM));
	forbid(SYS_setns, REFUSE(EPERM));
	forbid_bits(SYS_mmap, 2, PROT_WRITE | PROT_EXEC, 1, REFUSE(EPERM));
	forbid_bits(SYS_mprotect, 2, PROT_EXEC, 1, REFUSE(EPERM));
	forbid_bits(SYS_pkey_mprotect, 2, PROT_EXEC, 1, REFUSE(EPERM));
	forbid_all(not_of_services, SECCOMP_RET_KILL_PROCESS);
}

static int write_filter(const char *name)
{
	load(offsetof(struct seccomp_data, arch));
	emit(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
	emit(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
	if (!strcmp(name, "docker"))
		container(REFUSE(EPERM));
	else if (!strcmp(name, "unit"))
		unit();
	else if (!strcmp(name, "strict"))
		forbid_all(debug_timer_resources, SECCOMP_RET_KILL_PROCESS);
	else if (!strcmp(name, "tolerant"))
		forbid_all(debug_timer_resources, REFUSE(EPERM));
	else if (strcmp(name, "kubernetes"))
		return -1;
	else {
		container(REFUSE(ENOSYS));
		forbid_all(since_5_2, REFUSE(ENOSYS));
	}
	emit(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 3 || write_filter(argv[1])) {
		fputs("under_filter docker|kubernetes|unit|strict|tolerant PROGRAM...\n", stderr);
		return 126;
	}
	struct sock_fprog filter = {self.count, self.code};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter)) {
		perror("under_filter");
		return 126;
	}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
}
