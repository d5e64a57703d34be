/* SPDX-License-Identifier: Apache-2.0 */
/* profiled_by_its_compiler.c -- a program built with -pg writes gmon.out with its own ticks in it.
 *
 * harm: signals
 * level: P0
 * naive: cpu
 * flags: -O1 -pg -pthread
 */
#include "life.h"
#include <fcntl.h>
#include <stdint.h>

enum { HISTOGRAM = 0, TICKS_A_SECOND = 100, WORK_MS = 500 };

/* As <sys/gmon_out.h> has it: a tag, then for a histogram low, high, bins, rate, and names. */
static long count_ticks(const unsigned char *data, ssize_t size)
{
	uint32_t bins, rate;
	uint16_t bin;
	long ticks = 0;
	const unsigned char *at = data + 20;
	if (size < 61 || memcmp(data, "gmon", 4) != 0 || *at != HISTOGRAM)
		return -1;
	memcpy(&bins, at + 17, sizeof bins);
	memcpy(&rate, at + 21, sizeof rate);
	printf("rate %u\n", rate);
	for (uint32_t i = 0; i < bins && at + 41 + 2 * i + 2 <= data + size; i++) {
		memcpy(&bin, at + 41 + 2 * i, sizeof bin);
		ticks += bin;
	}
	return ticks;
}

int main(void)
{
	static unsigned char data[1 << 20];
	pid_t child = fork();
	if (child == 0) {
		burn(WORK_MS / 1000.0);
		exit(3);
	}
	print_ending("child", wait_at_most(child, 60));
	int fd = open("gmon.out", O_RDONLY);
	ssize_t size = read(fd, data, sizeof data);
	close(fd);
	long ticks = count_ticks(data, size), expected = WORK_MS * TICKS_A_SECOND / 1000;
	printf("ticks: %s\n", ticks < expected / 2	 ? "too few"
			      : ticks > expected * 3 / 2 ? "too many"
							 : "as many as expected");
	/* main writes it once more when it ends, with what one cannot foresee */
	unlink("gmon.out");
	_exit(0);
}
