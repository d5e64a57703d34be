/* SPDX-License-Identifier: Apache-2.0 */
/* amount.h -- durations and sizes as people write them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* [any]    "45" (seconds), "500ms", "1m30s", "120h", "5d"; at most a hundred years. */
bool amount_duration(const char *text, uint64_t *ms);
/* [any]    "4096", "512K", "64M", "10G", "2T", in powers of 1024. */
bool amount_size(const char *text, uint64_t *bytes);
