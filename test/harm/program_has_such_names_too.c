/* SPDX-License-Identifier: Apache-2.0 */
/* program_has_such_names_too.c -- functions of the program named like those inside the library are
 * called by the program only.
 *
 * harm: loading
 * level: P0
 * flags: -O2 -rdynamic
 */
#include <stdio.h>
#include <stdlib.h>

#include "burn.h"

#define NAMES(X)                   \
	X(deflate)                 \
	X(deflateInit2_)           \
	X(inflate)                 \
	X(crc32)                   \
	X(gzip_write)              \
	X(upload)                  \
	X(config)                  \
	X(config_read)             \
	X(log_open)                \
	X(log_write)               \
	X(worker_main)             \
	X(ring_reserve)            \
	X(ring_commit)             \
	X(state_open)              \
	X(profiler_begin)          \
	X(pprof_encode)            \
	X(http_post)               \
	X(maps_read)               \
	X(cpu_begin)               \
	X(curl_multi_perform)      \
	X(curl_easy_init)          \
	X(ares_init_options)       \
	X(mbedtls_ssl_init)        \
	X(cJSON_Parse)             \
	X(cJSON_CreateObject)      \
	X(protobuf_c_message_pack) \
	X(lzma_code)               \
	X(unw_step)                \
	X(unw_init_local2)         \
	X(cplus_demangle)          \
	X(rust_demangle)           \
	X(real_get)                \
	X(spool_open)              \
	X(delivery_create)         \
	X(queue_find)              \
	X(elf_open)                \
	X(symbols_find)            \
	X(target_parse)

static int calls;

/* A program that finds itself called by a stranger says so. */
#define X(name)           \
	int name(void);   \
	int name(void)    \
	{                 \
		calls++;  \
		return 0; \
	}
NAMES(X)
#undef X

static int (*const functions[])(void) = {
#define X(name) name,
	NAMES(X)
#undef X
};

int main(void)
{
	int count = sizeof functions / sizeof functions[0];
	burn(1.3);
	int strange = calls;
	for (int i = 0; i < count; i++)
		functions[i]();
	printf("called by others %d times, by itself %d of %d\n", strange, calls - strange, count);
	burn(0.1);
	return calls == count ? 0 : 1;
}
