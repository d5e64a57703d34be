/* SPDX-License-Identifier: Apache-2.0 */
/* upload.c -- clients that upload files to a collector as fast as it takes them.
 *
 *     upload PORT TYPE CLIENTS COUNT FILE...
 *
 * Each client has a connection of its own to 127.0.0.1 and waits for every answer. COUNT uploads
 * are made of the files in turn; each time round they come from another instance, as it would be
 * with several processes of one program. Prints "TAKEN SECONDS P50_US P99_US", the latter two of
 * single uploads. It uses little beside the collector, which has the same processors.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { CLIENTS_MAX = 256, STACK = 256 << 10, ANSWER_MAX = 16 << 10 };

struct file {
	char *bytes;
	size_t size;
};

static struct file *files;
static size_t file_count, upload_count;
static uint16_t port;
static const char *type;
static atomic_size_t next_upload, taken;
static uint32_t *latencies_us; /* by upload */

__attribute__((noreturn)) static void die(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void read_file(struct file *file, const char *path)
{
	FILE *stream = fopen(path, "rb");
	if (!stream || fseek(stream, 0, SEEK_END))
		die(path);
	file->size = (size_t)ftell(stream);
	file->bytes = malloc(file->size + 1);
	rewind(stream);
	if (!file->bytes || fread(file->bytes, 1, file->size, stream) != file->size)
		die(path);
	fclose(stream);
}

static int open_connection(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)))
		die("connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

static void send_all(int fd, struct iovec *parts, int count)
{
	while (count) {
		ssize_t sent = writev(fd, parts, count);
		if (sent < 0)
			die("write");
		for (; count && (size_t)sent >= parts->iov_len; parts++, count--)
			sent -= (ssize_t)parts->iov_len;
		if (count) {
			parts->iov_base = (char *)parts->iov_base + sent;
			parts->iov_len -= (size_t)sent;
		}
	}
}

/* Whether text ends a whole answer, which has a Content-Length, as those of both collectors. */
static int is_whole(const char *text, size_t size)
{
	const char *end = strstr(text, "\r\n\r\n"),
		   *length = strcasestr(text, "\r\ncontent-length:");
	return end && length && size >= (size_t)(end + 4 - text) + strtoul(length + 17, NULL, 10);
}

/* The status of the answer. */
static int receive(int fd)
{
	char text[ANSWER_MAX];
	size_t size = 0;
	do {
		ssize_t got = read(fd, text + size, sizeof(text) - 1 - size);
		if (got <= 0)
			die("read");
		size += (size_t)got;
		text[size] = '\0';
	} while (!is_whole(text, size));
	return atoi(text + strlen("HTTP/1.1 "));
}

static void *upload(void *unused)
{
	int fd = open_connection();
	size_t i;
	while ((i = next_upload++) < upload_count) {
		struct file *file = &files[i % file_count];
		char head[512];
		int head_size =
			snprintf(head, sizeof(head),
				 "POST /api/0/profiles?service=bench&type=%s&labels=instance"
				 "%%3D%zu HTTP/1.1\r\nHost: bench\r\nContent-Length: %zu\r\n\r\n",
				 type, i / file_count, file->size);
		struct iovec parts[] = {{head, (size_t)head_size}, {file->bytes, file->size}};
		uint64_t begin = now_ns();
		send_all(fd, parts, 2);
		taken += receive(fd) == 200;
		latencies_us[i] = (uint32_t)((now_ns() - begin) / 1000);
	}
	close(fd);
	return unused;
}

static int ascending(const void *a, const void *b)
{
	uint32_t one = *(const uint32_t *)a, two = *(const uint32_t *)b;
	return (one > two) - (one < two);
}

int main(int argc, char **argv)
{
	pthread_t threads[CLIENTS_MAX];
	pthread_attr_t attributes;
	if (argc < 6)
		return 2;
	port = (uint16_t)atoi(argv[1]);
	type = argv[2];
	int clients = atoi(argv[3]);
	upload_count = strtoul(argv[4], NULL, 10);
	file_count = (size_t)argc - 5;
	files = calloc(file_count, sizeof(*files));
	latencies_us = calloc(upload_count, sizeof(*latencies_us));
	if (!files || !latencies_us || clients < 1 || clients > CLIENTS_MAX || !upload_count)
		return 2;
	for (size_t i = 0; i < file_count; i++)
		read_file(&files[i], argv[5 + i]);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	uint64_t begin = now_ns();
	for (int i = 0; i < clients; i++)
		if (pthread_create(&threads[i], &attributes, upload, NULL))
			die("pthread_create");
	for (int i = 0; i < clients; i++)
		pthread_join(threads[i], NULL);
	double seconds = (double)(now_ns() - begin) / 1e9;
	qsort(latencies_us, upload_count, sizeof(*latencies_us), ascending);
	printf("%zu %.4f %u %u\n", (size_t)taken, seconds, latencies_us[upload_count / 2],
	       latencies_us[upload_count - 1 - upload_count / 100]);
	return 0;
}
