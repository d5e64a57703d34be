/* SPDX-License-Identifier: Apache-2.0 */
/* config_taker.h -- for tests: a configuration, and the warnings that came with it. */
#pragma once

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "core/config.h"

static struct {
	struct config config;
	unsigned char before[sizeof(struct config)];
	unsigned warnings;
	char last[CONFIG_WARNING_SIZE];
} self;

static inline void note_warning(void *context, const char *text)
{
	ck_assert_ptr_eq(context, &self);
	ck_assert_uint_lt(strlen(text), sizeof self.last);
	self.warnings++;
	strcpy(self.last, text);
}

static inline void set_up(void)
{
	self.warnings = 0;
	self.last[0] = '\0';
	config_defaults(&self.config, "program");
}

static inline void take(char **environment)
{
	set_up();
	config_from_environment(&self.config, environment, note_warning, &self);
}

/* One variable alone, over the defaults. */
static inline void take_one(const char *name, const char *value)
{
	char entry[8192];
	char *environment[] = {entry, NULL};

	snprintf(entry, sizeof entry, "%s=%s", name, value);
	take(environment);
}

static inline void expect_warning(const char *text)
{
	ck_assert_uint_eq(self.warnings, 1);
	ck_assert_str_eq(self.last, text);
}
