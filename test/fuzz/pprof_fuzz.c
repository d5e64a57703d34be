/* SPDX-License-Identifier: Apache-2.0 */
/* pprof_fuzz.c -- whatever the bytes, pprof_decode refuses them or makes a profile that can be
 * used. */
#include "encoder/pprof_decode.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void expect(int truth)
{
	if (!truth)
		abort();
}

static void use_texts(const Perftools__Profiles__Profile *p, int64_t index, size_t *total)
{
	*total += strlen(p->string_table[index]);
}

/* Follows every reference that a reader would follow. */
static void use(const Perftools__Profiles__Profile *p)
{
	size_t total = 0;
	for (size_t i = 0; i < p->n_sample; i++) {
		const Perftools__Profiles__Sample *sample = p->sample[i];
		expect(sample->n_value == p->n_sample_type && p->n_sample_type);
		for (size_t k = 0; k < sample->n_location_id; k++)
			total += p->location[sample->location_id[k] - 1]->n_line;
		for (size_t k = 0; k < sample->n_label; k++)
			use_texts(p, sample->label[k]->key, &total);
	}
	for (size_t i = 0; i < p->n_location; i++) {
		const Perftools__Profiles__Location *location = p->location[i];
		expect(location->id == i + 1 && location->mapping_id <= p->n_mapping);
		for (size_t k = 0; k < location->n_line; k++)
			use_texts(p, p->function[location->line[k]->function_id - 1]->name, &total);
	}
	expect(total < SIZE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const size_t limits[] = {1 << 20, 64}; /* the second one reaches the memory bound */
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		Perftools__Profiles__Profile *profile;
		char error[PPROF_ERROR_SIZE] = "";
		int result = pprof_decode(bytes, size, limits[i], &profile, error);
		expect(!result == !*error && !result == !!profile);
		if (profile)
			use(profile);
		pprof_free(profile);
	}
	return 0;
}
