/* SPDX-License-Identifier: Apache-2.0 */
/* config_fuzz.c -- any environment leaves a configuration within its limits. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/config.h"
#include "preload/conprof.h"

enum { ENTRIES_MAX = 64 };

static void require(int holds)
{
	if (!holds)
		abort();
}

static void check_warning(void *context, const char *text)
{
	(void)context;
	require(strlen(text) < CONFIG_WARNING_SIZE);
	for (; *text; text++)
		require(*text >= ' ' && *text <= '~');
}

static void check_limits(const struct config *config)
{
	require(config->period_ms >= 1000 && config->period_ms <= 3600000);
	require(config->cpu_duration_ms >= 100 && config->cpu_duration_ms <= config->period_ms);
	require(config->cpu_rate >= 1 && config->cpu_rate <= 1000);
	require(config->wall_rate >= 1 && config->wall_rate <= 1000);
	require(config->upload_timeout_ms >= 100 && config->upload_timeout_ms <= 300000);
	require(config->log_level >= 1 && config->log_level <= 4);
	require(config->heap_interval >= 1 && config->heap_interval <= 1u << 30);
	require(config->types >= 1 && config->types <= CONFIG_TYPE_ALL);
	require(config->engine >= CONFIG_ENGINE_AUTO && config->engine <= CONFIG_ENGINE_TIMER);
	require(config->label_count <= CONFIG_LABELS_MAX);
	for (unsigned i = 0; i < config->label_count; i++)
		require(config->labels[i].key[0] != '\0');
}

/* The same texts once more as options, which take them the other way in. */
static void set_options(struct config *config, char **texts, size_t count)
{
	struct conprof_options options = {.size = sizeof options};

	options.url = count > 0 ? texts[0] : NULL;
	options.labels = count > 1 ? texts[1] : NULL;
	options.types = count > 2 ? texts[2] : NULL;
	options.engine = count > 3 ? texts[3] : NULL;
	options.period_ms = count > 4 ? (uint32_t)strlen(texts[4]) : 0;
	require(config_from_options(config, &options, check_warning, NULL) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = malloc(size + 1), *environment[ENTRIES_MAX + 1] = {NULL};
	size_t count = 0;
	struct config config;

	if (!bytes)
		return 0;
	memcpy(bytes, data, size);
	bytes[size] = '\0';
	for (size_t at = 0; at < size && count < ENTRIES_MAX; at += strlen(bytes + at) + 1)
		environment[count++] = bytes + at;
	config_defaults(&config, count > 0 ? environment[0] : NULL);
	config_from_environment(&config, environment, check_warning, NULL);
	check_limits(&config);
	(void)config_covers(&config, config.service);
	set_options(&config, environment, count);
	check_limits(&config);
	free(bytes);
	return 0;
}
