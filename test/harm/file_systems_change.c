/* SPDX-License-Identifier: Apache-2.0 */
/* file_systems_change.c -- no working directory, a root that is read-only, a /proc that is empty.
 *
 * Each in a mount namespace of its own, before the profiler begins and after.
 *
 * harm: life
 * level: P0
 * needs: root
 */
#include "life.h"
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

static int lose_directory(void)
{
	return mkdir("gone", 0755) || chdir("gone") || rmdir("../gone");
}

static int private_mounts(void)
{
	return unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

static int hide_proc(void)
{
	return private_mounts() || mount("tmpfs", "/proc", "tmpfs", 0, "size=64k");
}

static int make_read_only(void)
{
	return private_mounts() || mount("/", "/", NULL, MS_BIND | MS_REC, NULL) ||
	       mount("none", "/", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) || chroot("/") ||
	       mount("tmpfs", "/tmp", "tmpfs", MS_RDONLY, NULL);
}

static const struct {
	const char *name;
	int (*change)(void);
} changes[] = {
	{"no directory", lose_directory}, {"no /proc", hide_proc}, {"read-only", make_read_only}};

static void *work(void *unused)
{
	burn(0.05);
	return unused;
}

static void live(int change, double before)
{
	pthread_t thread;
	burn(before);
	if (changes[change].change()) {
		perror(changes[change].name);
		exit(2);
	}
	burn(0.12);
	pthread_create(&thread, NULL, work, NULL);
	pthread_join(thread, NULL);
	printf("working directory %d, /proc %d, /tmp %d\n", access(".", F_OK) == 0,
	       access("/proc/self/maps", R_OK) == 0, access("/tmp", W_OK) == 0);
	exit(0);
}

int main(void)
{
	for (int i = 0; i < 6; i++) {
		fflush(stdout);
		pid_t child = fork();
		if (child == 0)
			live(i / 2, i % 2 ? 0.12 : 0);
		print_ending(changes[i / 2].name, wait_at_most(child, 20));
	}
	return 0;
}
