/* SPDX-License-Identifier: Apache-2.0 */
/* tenant.c -- whose profiles a token is for: constraints, all of which they fit. */
#include "collector/tenant.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tenant {
	atomic_int references;
	char *service, *type; /* patterns; NULL: any */
	struct labels labels;
};

static void free_tenant(struct tenant *tenant)
{
	free(tenant->service);
	free(tenant->type);
	labels_clear(&tenant->labels);
	free(tenant);
}

/* Takes a constraint that is no label out of the labels. 0, -EINVAL, -ENOMEM. */
static int take_pattern(struct tenant *tenant, const char *key, char **pattern)
{
	const char *value = labels_get(&tenant->labels, key);
	if (!value)
		return 0;
	if (!*value)
		return -EINVAL;
	*pattern = strdup(value);
	labels_remove(&tenant->labels, key);
	return *pattern ? 0 : -ENOMEM;
}

/* Each with a key of its own and an =, so that a slip of the pen does not mean less than was meant;
 * 0 when it is not so. */
static size_t count_constraints(const char *text)
{
	size_t count = 0;
	while (*text) {
		size_t len = strcspn(text, ",");
		const char *equals = memchr(text, '=', len);
		if (!equals || equals == text)
			return 0;
		text += len + (text[len] == ',');
		count++;
	}
	return count;
}

int tenant_parse(struct tenant **out, const char *text)
{
	struct tenant *tenant = calloc(1, sizeof *tenant);
	if (!tenant)
		return -ENOMEM;
	tenant->references = 1;
	size_t count = count_constraints(text);
	int error = count ? labels_parse(&tenant->labels, text) : -EINVAL;
	if (!error && tenant->labels.count != count)
		error = -EINVAL;
	if (!error)
		error = take_pattern(tenant, "service", &tenant->service);
	if (!error)
		error = take_pattern(tenant, "type", &tenant->type);
	if (!error) {
		*out = tenant;
		return 0;
	}
	free_tenant(tenant);
	return error == -ENOMEM ? error : -EINVAL;
}

const struct tenant *tenant_nobody(void)
{
	static char none[] = ""; /* and a service is never empty */
	static const struct tenant nobody = {.service = none};
	return &nobody;
}

struct tenant *tenant_hold(struct tenant *tenant)
{
	if (tenant)
		tenant->references++;
	return tenant;
}

void tenant_release(struct tenant *tenant)
{
	if (tenant && --tenant->references == 0)
		free_tenant(tenant);
}

static bool fits(const char *pattern, const char *value)
{
	return !pattern || fnmatch(pattern, value, 0) == 0;
}

bool tenant_has(const struct tenant *tenant, const char *service, const char *type,
		const struct labels *labels)
{
	return !tenant || (fits(tenant->service, service) && fits(tenant->type, type) &&
			   labels_include(labels, &tenant->labels));
}

static int complain(char error[TENANT_ERROR_SIZE], const char *key, const char *wanted,
		    const char *value)
{
	snprintf(error, TENANT_ERROR_SIZE,
		 "this token is for profiles with %.60s=%.60s, this one has %.60s", key, wanted,
		 value);
	return -EACCES;
}

int tenant_admit(const struct tenant *tenant, const char *service, const char *type,
		 struct labels *labels, char error[TENANT_ERROR_SIZE])
{
	int status = 0;
	if (!tenant)
		return 0;
	if (!fits(tenant->service, service))
		return complain(error, "service", tenant->service, service);
	if (!fits(tenant->type, type))
		return complain(error, "type", tenant->type, type);
	for (size_t i = 0; i < tenant->labels.count && !status; i++) {
		const struct label *wanted = &tenant->labels.at[i];
		const char *value = labels_get(labels, wanted->key);
		if (!value)
			status = labels_set(labels, wanted->key, strlen(wanted->key), wanted->value,
					    strlen(wanted->value));
		else if (strcmp(value, wanted->value) != 0)
			return complain(error, wanted->key, wanted->value, value);
	}
	if (status)
		snprintf(error, TENANT_ERROR_SIZE, "too many labels");
	return status;
}
