/* SPDX-License-Identifier: Apache-2.0 */
/* naive.c -- a library that does to its host what a careless profiler does, one sin at a time.
 *
 * NAIVE=thread,sock names the modes. A row that notices nothing of the mode it is there for
 * proves nothing about a good library either. Built twice, the second time with a large
 * NAIVE_TLS, which a running library cannot choose. What it does to the allocator is in
 * naive_malloc.c.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "naive.h"

unsigned naive_modes;

static struct {
	int socket;
	timer_t main_timer;
	pthread_key_t timer_key;
	int (*pthread_create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
} self = {.socket = -1};

#ifdef NAIVE_TLS
static __thread char large[NAIVE_TLS] __attribute__((tls_model("initial-exec")));
#endif

/* ---- ticks ---------------------------------------------------------------------------------- */

static void eat_stack(void)
{
	char frame[3000];
	memset(frame, 1, sizeof frame);
	__asm__ volatile("" : : "r"(frame) : "memory");
}

static void on_tick(int number)
{
	(void)number;
	void *frames[64];
	if (naive_modes & EATSTACK)
		eat_stack();
	if (naive_modes & BACKTRACE)
		backtrace(frames, 64);
#ifdef NAIVE_TLS
	large[0]++;
#endif
}

static void install_tick(void)
{
	struct sigaction action = {.sa_handler = on_tick, .sa_flags = SA_RESTART};
	if (naive_modes & ONSTACK)
		action.sa_flags |= SA_ONSTACK;
	sigaction(SIGPROF, &action, NULL);
}

static timer_t begin_timer(void)
{
	struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGPROF};
	event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
	bool wall = naive_modes & WALL;
	timer_t timer;
	if (timer_create(wall ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID, &event, &timer))
		return NULL;
	long period_ns = wall ? 1000000 : 4000000;
	struct itimerspec every = {{0, period_ns}, {0, period_ns}};
	timer_settime(timer, 0, &every, NULL);
	return timer;
}

static void end_timer(void *timer)
{
	if (!(naive_modes & LEAK))
		timer_delete(timer);
}

struct start {
	void *(*routine)(void *);
	void *argument;
};

static void *begin_thread(void *argument)
{
	struct start start = *(struct start *)argument;
	free(argument);
	pthread_setspecific(self.timer_key, begin_timer());
	return start.routine(start.argument);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*routine)(void *),
		   void *argument)
{
	if (!self.pthread_create)
		self.pthread_create = dlsym(RTLD_NEXT, "pthread_create");
	if (!(naive_modes & (CPU | WALL)))
		return self.pthread_create(thread, attributes, routine, argument);
	struct start *start = malloc(sizeof *start);
	*start = (struct start){routine, argument};
	int error = self.pthread_create(thread, attributes, begin_thread, start);
	if (error)
		free(start);
	return error;
}

static void begin_ticks(void)
{
	pthread_key_create(&self.timer_key, end_timer);
	install_tick();
	self.main_timer = begin_timer();
}

static void *kill_main(void *unused)
{
	(void)unused;
	do
		syscall(SYS_tgkill, getpid(), getpid(), SIGPROF);
	while (!usleep(100) || errno == EINTR);
	return NULL;
}

static void begin_tgkill(void)
{
	pthread_t thread;
	install_tick();
	pthread_create(&thread, NULL, kill_main, NULL);
}

/* ---- a resident thread ------------------------------------------------------------------------
 */

static void write_spool(void)
{
	char path[64];
	snprintf(path, sizeof path, "/tmp/naive-spool-%d", (int)getpid());
	int fd = open(path, O_CREAT | O_WRONLY, 0600);
	ssize_t written = write(fd, "profile", 7);
	(void)written;
	close(fd);
	unlink(path);
}

static void *reside(void *unused)
{
	(void)unused;
	unsigned long all = ~0UL;
	if (naive_modes & RAWMASK)
		syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof all);
	while (!usleep(100000) || errno == EINTR) {
		if (naive_modes & FSIZE)
			write_spool();
		if (naive_modes & SOCK) {
			ssize_t written = write(self.socket, "a profile, not yours\n", 21);
			(void)written;
		}
	}
	return NULL;
}

static void begin_resident(void)
{
	pthread_t thread;
	pthread_create(&thread, NULL, reside, NULL);
}

static void begin_thread_mode(void)
{
	int pair[2];
	if (naive_modes & SOCK && !socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair))
		self.socket = pair[0];
	begin_resident();
}

static void begin_forkthread(void)
{
	pthread_atfork(NULL, NULL, begin_resident);
}

/* ---- the process ------------------------------------------------------------------------------
 */

static void begin_stderr(void)
{
	fprintf(stderr, "naive: profiling this program\n");
}

static void begin_environ(void)
{
	setenv("NAIVE_WAS_HERE", "1", 1);
}

static void begin_child(void)
{
	pid_t parent = getpid();
	if (fork())
		return;
	for (int fd = 0; fd < 256; fd++)
		close(fd);
	while (getppid() == parent)
		usleep(100000);
	_exit(0);
}

static void begin_fd(void)
{
	int fd = open("/dev/null", O_RDONLY);
	(void)fd;
}

/* To an agent that takes the connection and never answers. */
static void begin_connect(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;
	int agent = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
	if (!bind(agent, (struct sockaddr *)&address, size) && !listen(agent, 1) &&
	    !getsockname(agent, (struct sockaddr *)&address, &size) &&
	    !connect(client, (struct sockaddr *)&address, size)) {
		struct pollfd answer = {.fd = client, .events = POLLIN};
		poll(&answer, 1, 500);
	}
	close(agent);
	close(client);
}

static void begin_altstack(void)
{
	static char room[16384];
	sigaltstack(&(stack_t){.ss_sp = room, .ss_size = sizeof room}, NULL);
}

static void on_fault(int number)
{
	signal(number, SIG_DFL);
}

static void begin_segv(void)
{
	signal(SIGSEGV, on_fault);
}

/* ---- which ------------------------------------------------------------------------------------
 */

static const struct mode {
	const char *name;
	unsigned bits;
	void (*begin)(void);
} modes[] = {
	{"thread", THREAD, begin_thread_mode},
	{"rawmask", THREAD | RAWMASK, begin_thread_mode},
	{"sock", THREAD | SOCK, begin_thread_mode},
	{"fsize", THREAD | FSIZE, begin_thread_mode},
	{"cpu", CPU, begin_ticks},
	{"wall", WALL, begin_ticks},
	{"tgkill", TGKILL, begin_tgkill},
	{"onstack", CPU | ONSTACK, begin_ticks},
	{"eatstack", CPU | EATSTACK, begin_ticks},
	{"backtrace", CPU | BACKTRACE, begin_ticks},
	{"leak", CPU | LEAK, begin_ticks},
	{"malloc", MALLOC, NULL},
	{"errno", ERRNO, NULL},
	{"missing", MISSING, NULL},
	{"late", LATE, NULL},
	{"lock", LOCK, NULL},
	{"usable", USABLE, NULL},
	{"tls", TLS, NULL},
	{"stderr", 0, begin_stderr},
	{"environ", 0, begin_environ},
	{"child", 0, begin_child},
	{"slowexit", SLOWEXIT, NULL},
	{"fd", 0, begin_fd},
	{"connect", 0, begin_connect},
	{"forkthread", FORKTHREAD, begin_forkthread},
	{"altstack", 0, begin_altstack},
	{"segv", SEGV, begin_segv},
};

static bool is_named(const char *list, const char *name)
{
	size_t size = strlen(name);
	for (const char *at = list; (at = strstr(at, name)); at += size)
		if ((at == list || at[-1] == ',') && (at[size] == ',' || !at[size]))
			return true;
	return false;
}

enum { MODES = sizeof modes / sizeof modes[0] };

void naive_read_modes(void)
{
	const char *list = getenv("NAIVE");
	for (size_t i = 0; list && i < MODES; i++)
		if (is_named(list, modes[i].name))
			naive_modes |= modes[i].bits;
	if (naive_modes & WALL)
		naive_modes &= ~(unsigned)CPU;
}

/* All bits first, because they say how a thread or a handler begins; each beginning once. */
__attribute__((constructor)) static void begin(void)
{
	const char *list = getenv("NAIVE");
	naive_read_modes();
	void (*begun[MODES])(void) = {NULL};
	for (size_t i = 0, j, n = 0; list && i < MODES; i++) {
		if (!modes[i].begin || !is_named(list, modes[i].name))
			continue;
		for (j = 0; j < n && begun[j] != modes[i].begin; j++)
			;
		if (j < n)
			continue;
		begun[n++] = modes[i].begin;
		modes[i].begin();
	}
}

__attribute__((destructor)) static void end(void)
{
	if (naive_modes & SLOWEXIT)
		sleep(3);
}
