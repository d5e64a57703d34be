/* SPDX-License-Identifier: Apache-2.0 */
/* perf.c -- opening the events, and reading their rings.
 *
 * Facts of the interface: perf_event_open(2), linux/perf_event.h.
 */
#include "core/perf.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	PAGE = 4096,
	RINGS_SIZE = 4 << 20, /* all rings together */
	RING_MAX = 512 << 10, /* what perf_event_mlock_kb allows per CPU by default */
	DRAINS_PER_TICK = 10, /* the rings are drained every so many ticks of a busy CPU */
	ROOM_FACTOR = 2,      /* and hold so many times the records of that time */
	SLICE_MIN = 4 << 10,
};

/* perf's numbers of the registers of sample.h, in its order (asm/perf_regs.h). */
static const uint8_t perf_register[REGISTER_COUNT] = {
	0 /* ax */, 3 /* dx */, 2 /* cx */, 1 /* bx */, 4 /* si */, 5 /* di */,
	6 /* bp */, 7 /* sp */, 16,	    17,		18,	    19,
	20,	    21,		22,	    23,		8 /* ip */,
};

struct cpu_ring {
	int fd; /* of the event that owns the ring; -1: this CPU is offline */
	struct perf_event_mmap_page *page;
};

struct perf {
	struct state *state;
	uint64_t period_ns;
	size_t ring_size;
	uint32_t slice;
	size_t cpu_count;
	struct cpu_ring rings[PERF_CPUS_MAX];
	int fds[PERF_EVENTS_MAX];
	size_t fd_count;
	union {
		struct sample sample;
		uint8_t room[sizeof(struct sample) + SAMPLE_STACK_MAX];
	};
};

/* CPUs may be offline or forbidden; the number of those that can ever be there. */
static size_t count_cpus(void)
{
	long count = sysconf(_SC_NPROCESSORS_CONF);
	char text[64] = "";
	int fd = open("/sys/devices/system/cpu/possible", O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		ssize_t len = read(fd, text, sizeof(text) - 1);
		close(fd);
		const char *last = len > 0 ? strpbrk(text, "-") : NULL;
		if (last && !strchr(text, ','))
			count = strtol(last + 1, NULL, 10) + 1;
	}
	return count > 0 ? (size_t)count : 1;
}

static uint64_t register_mask(void)
{
	uint64_t mask = 0;
	for (int i = 0; i < REGISTER_COUNT; i++)
		mask |= UINT64_C(1) << perf_register[i];
	return mask;
}

static int open_event(const struct perf *perf, uint32_t tid, size_t cpu)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_TASK_CLOCK,
		.sample_period = perf->period_ns,
		.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER,
		.sample_regs_user = register_mask(),
		.sample_stack_user = perf->slice,
		.disabled = 1,
		.inherit = 1,
		.inherit_thread = 1, /* since Linux 5.13, EINVAL before: then timers it is */
	};
	return (int)syscall(SYS_perf_event_open, &attr, (pid_t)tid, (int)cpu, -1,
			    PERF_FLAG_FD_CLOEXEC);
}

static int map_ring(struct perf *perf, struct cpu_ring *ring, int fd)
{
	void *page = mmap(NULL, PAGE + perf->ring_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		return -errno;
	ring->page = page;
	ring->fd = fd;
	return 0;
}

/* The first event of a CPU owns its ring; the others write into it. */
static int add_event(struct perf *perf, uint32_t tid, size_t cpu)
{
	struct cpu_ring *ring = &perf->rings[cpu];
	int fd = open_event(perf, tid, cpu);
	if (fd < 0)
		return -errno;
	perf->fds[perf->fd_count++] = fd;
	if (ring->fd < 0)
		return map_ring(perf, ring, fd);
	return ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, ring->fd) ? -errno : 0;
}

static int add_thread(struct perf *perf, uint32_t tid)
{
	for (size_t cpu = 0; cpu < perf->cpu_count; cpu++) {
		int error = add_event(perf, tid, cpu);
		if (error == -ESRCH) /* the thread has ended */
			return 0;
		if (error && error != -ENODEV) /* the CPU is offline */
			return error;
	}
	return 0;
}

/* A slice of stack takes its full size in the ring, however little of it there is. */
static uint32_t slice_for(size_t ring_size)
{
	size_t slice = ring_size / DRAINS_PER_TICK / ROOM_FACTOR;
	if (slice > SAMPLE_STACK_MAX)
		slice = SAMPLE_STACK_MAX;
	if (slice < SLICE_MIN)
		slice = SLICE_MIN;
	return (uint32_t)(slice & ~(size_t)7);
}

struct perf *perf_open(struct state *state, const uint32_t *tids, size_t count, uint64_t period_ns)
{
	size_t cpu_count = count_cpus();
	if (cpu_count > PERF_CPUS_MAX || count > PERF_EVENTS_MAX / cpu_count) {
		errno = E2BIG;
		return NULL;
	}
	struct perf *perf = calloc(1, sizeof(*perf));
	if (!perf)
		return NULL;
	perf->state = state;
	perf->period_ns = period_ns;
	perf->cpu_count = cpu_count;
	perf->ring_size = RING_MAX;
	while (perf->ring_size * cpu_count > RINGS_SIZE)
		perf->ring_size /= 2;
	perf->slice = slice_for(perf->ring_size);
	for (size_t cpu = 0; cpu < cpu_count; cpu++)
		perf->rings[cpu].fd = -1;
	int error = 0;
	for (size_t i = 0; i < count && !error; i++)
		error = add_thread(perf, tids[i]);
	if (!error && perf->fd_count)
		return perf;
	perf_close(perf);
	errno = error ? -error : ESRCH;
	return NULL;
}

void perf_close(struct perf *perf)
{
	if (!perf)
		return;
	for (size_t cpu = 0; cpu < perf->cpu_count; cpu++)
		if (perf->rings[cpu].page)
			munmap(perf->rings[cpu].page, PAGE + perf->ring_size);
	for (size_t i = 0; i < perf->fd_count; i++)
		close(perf->fds[i]);
	free(perf);
}

void perf_enable(struct perf *perf, int on)
{
	for (size_t i = 0; i < perf->fd_count; i++)
		ioctl(perf->fds[i], on ? PERF_EVENT_IOC_ENABLE : PERF_EVENT_IOC_DISABLE, 0);
}

int perf_drain_ms(const struct perf *perf)
{
	uint64_t ms = perf->period_ns * DRAINS_PER_TICK / 1000000;
	return ms < 10 ? 10 : ms > 100 ? 100 : (int)ms;
}

/* Copies len bytes at the absolute position out of the ring. */
static void copy_out(const struct perf *perf, const struct cpu_ring *ring, uint64_t position,
		     void *to, size_t len)
{
	const uint8_t *bytes = (const uint8_t *)ring->page + PAGE;
	size_t at = position & (perf->ring_size - 1);
	size_t first = perf->ring_size - at < len ? perf->ring_size - at : len;
	memcpy(to, bytes + at, first);
	memcpy((uint8_t *)to + first, bytes, len - first);
}

/* A record in a ring, which may wrap round its end. */
struct reader {
	const struct perf *perf;
	const struct cpu_ring *ring;
	uint64_t at, end; /* absolute positions */
};

/* The next 8 bytes of a record; 0 behind its end. */
static uint64_t next_word(struct reader *reader)
{
	uint64_t word = 0;
	if (reader->end - reader->at < sizeof(word)) {
		reader->at = reader->end;
		return 0;
	}
	copy_out(reader->perf, reader->ring, reader->at, &word, sizeof(word));
	reader->at += sizeof(word);
	return word;
}

static void read_registers(struct sample *sample, struct reader *reader)
{
	uint64_t by_number[64] = {0};
	uint64_t mask = register_mask();
	uint64_t abi = next_word(reader);
	if (abi != PERF_SAMPLE_REGS_ABI_64)
		mask = 0; /* no user registers: the thread was ending */
	for (int i = 0; i < 64; i++)
		if (mask >> i & 1)
			by_number[i] = next_word(reader);
	for (int i = 0; i < REGISTER_COUNT; i++)
		sample->regs[i] = by_number[perf_register[i]];
}

/* The slice has its full size in the ring; behind it stands how much of it was filled. */
static void read_stack(struct sample *sample, struct reader *reader)
{
	uint64_t size = next_word(reader);
	uint64_t bytes = reader->at;
	sample->stack_size = 0;
	if (size > reader->end - reader->at)
		return;
	reader->at += size;
	uint64_t filled = size ? next_word(reader) : 0;
	if (filled > size || filled > SAMPLE_STACK_MAX)
		return;
	copy_out(reader->perf, reader->ring, bytes, sample->stack, filled);
	sample->stack_size = (uint32_t)filled;
	sample->stack_cut = filled == size;
}

static const struct sample *read_sample(struct perf *perf, struct reader *reader)
{
	uint64_t ids = next_word(reader);
	perf->sample.kind = SAMPLE_CPU;
	perf->sample.tid = (uint32_t)(ids >> 32);
	perf->sample.weight = perf->period_ns;
	read_registers(&perf->sample, reader);
	read_stack(&perf->sample, reader);
	return &perf->sample;
}

static void read_lost(struct perf *perf, struct reader *reader)
{
	next_word(reader); /* the event's id */
	atomic_fetch_add_explicit(&perf->state->lost[LOST_PERF], next_word(reader),
				  memory_order_relaxed);
}

static size_t drain_ring(struct perf *perf, struct cpu_ring *ring,
			 void (*take)(void *, const struct sample *), void *context)
{
	size_t taken = 0;
	uint64_t tail = ring->page->data_tail;
	/* pairs with the kernel's publication of data_head */
	uint64_t head = __atomic_load_n(&ring->page->data_head, __ATOMIC_ACQUIRE);
	while (head - tail >= sizeof(struct perf_event_header)) {
		struct perf_event_header header;
		copy_out(perf, ring, tail, &header, sizeof(header));
		if (header.size < sizeof(header) || header.size > head - tail)
			break;
		struct reader reader = {perf, ring, tail + sizeof(header), tail + header.size};
		const struct sample *sample = NULL;
		if (header.type == PERF_RECORD_LOST)
			read_lost(perf, &reader);
		else if (header.type == PERF_RECORD_SAMPLE)
			sample = read_sample(perf, &reader);
		tail += header.size;
		/* the kernel may overwrite it from here on: it was copied */
		__atomic_store_n(&ring->page->data_tail, tail, __ATOMIC_RELEASE);
		if (!sample)
			continue;
		take(context, sample);
		taken++;
	}
	return taken;
}

size_t perf_drain(struct perf *perf, void (*take)(void *context, const struct sample *),
		  void *context)
{
	size_t taken = 0;
	for (size_t cpu = 0; cpu < perf->cpu_count; cpu++)
		if (perf->rings[cpu].page)
			taken += drain_ring(perf, &perf->rings[cpu], take, context);
	return taken;
}
