/* SPDX-License-Identifier: Apache-2.0 */
/* small_profile.h -- a profile of one sample in which every kind of row is used, with ids that are
 * not 1...n, to be spoilt in one place and packed. */
#pragma once

#include "encoder/profile.pb-c.h"

#include <stdlib.h>
#include <string.h>

/* Lists name a row twice, so that a count of 2 makes a duplicate. */
static Perftools__Profiles__ValueType type, period, *type_list[] = {&type, &type};
static Perftools__Profiles__Mapping mapping, *mapping_list[] = {&mapping, &mapping};
static Perftools__Profiles__Function function, second, *function_list[] = {&second, &function};
static Perftools__Profiles__Line line, *line_list[] = {&line, &line};
static Perftools__Profiles__Location location, *location_list[] = {&location, &location};
static Perftools__Profiles__Label label, *label_list[] = {&label, &label};
static Perftools__Profiles__Sample sample, *sample_list[] = {&sample, &sample};
static Perftools__Profiles__Profile profile;
static char *texts[3];
static uint64_t stack[2];
static int64_t values[2], comments[2];

/* As if nobody had spoilt anything. */
static void small_profile(void)
{
	type = period = (Perftools__Profiles__ValueType)PERFTOOLS__PROFILES__VALUE_TYPE__INIT;
	mapping = (Perftools__Profiles__Mapping)PERFTOOLS__PROFILES__MAPPING__INIT;
	function = second = (Perftools__Profiles__Function)PERFTOOLS__PROFILES__FUNCTION__INIT;
	line = (Perftools__Profiles__Line)PERFTOOLS__PROFILES__LINE__INIT;
	location = (Perftools__Profiles__Location)PERFTOOLS__PROFILES__LOCATION__INIT;
	label = (Perftools__Profiles__Label)PERFTOOLS__PROFILES__LABEL__INIT;
	sample = (Perftools__Profiles__Sample)PERFTOOLS__PROFILES__SAMPLE__INIT;
	profile = (Perftools__Profiles__Profile)PERFTOOLS__PROFILES__PROFILE__INIT;
	texts[0] = "", texts[1] = "samples", texts[2] = "count";
	type.type = period.type = 1;
	type.unit = period.unit = 2;
	mapping.id = 5;
	mapping.memory_start = 0x10000;
	mapping.memory_limit = 0x12000;
	second.id = 9;
	function.id = 7;
	function.name = function.system_name = function.filename = 1;
	line.function_id = 7;
	location.id = 40;
	location.mapping_id = 5;
	location.address = 0x10123;
	location.n_line = 1, location.line = line_list;
	label.key = label.str = 2;
	stack[0] = stack[1] = 40;
	values[0] = values[1] = 3;
	comments[0] = comments[1] = 1;
	sample.n_location_id = 2, sample.location_id = stack;
	sample.n_value = 1, sample.value = values;
	sample.n_label = 1, sample.label = label_list;
	profile.n_sample_type = 1, profile.sample_type = type_list;
	profile.period_type = &period;
	profile.n_mapping = 1, profile.mapping = mapping_list;
	profile.n_function = 2, profile.function = function_list;
	profile.n_location = 1, profile.location = location_list;
	profile.n_sample = 1, profile.sample = sample_list;
	profile.n_comment = 1, profile.comment = comments;
	profile.n_string_table = 3, profile.string_table = texts;
	profile.time_nanos = 1;
}

/* The bytes of the profile as it is now, from malloc. */
static uint8_t *small_profile_pack(size_t *size)
{
	*size = perftools__profiles__profile__get_packed_size(&profile);
	uint8_t *bytes = malloc(*size);
	perftools__profiles__profile__pack(&profile, bytes);
	return bytes;
}
