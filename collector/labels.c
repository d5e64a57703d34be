/* SPDX-License-Identifier: Apache-2.0 */
/* labels.c -- the labels of a profile: sorted by key, each key once, valid UTF-8. */
#include "collector/labels.h"

#include "collector/percent.h"
#include "collector/text.h"
#include "encoder/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Where the key is, or would be. */
static size_t place_of(const struct labels *labels, const char *key, bool *found)
{
	size_t i = 0;
	int order = 1;
	while (i < labels->count && (order = strcmp(labels->at[i].key, key)) < 0)
		i++;
	*found = i < labels->count && order == 0;
	return i;
}

static char *clean(const char *bytes, size_t len)
{
	size_t size = 3 * len + 1; /* a bad byte becomes three */
	char *out = malloc(size);
	if (out)
		utf8_clean(out, size, bytes, len);
	return out;
}

static int insert(struct labels *labels, char *key, char *value)
{
	bool found;
	size_t i = place_of(labels, key, &found);
	struct label *label = &labels->at[i];
	if (!found && labels->count == LABELS_MAX)
		return -E2BIG;
	if (found) {
		free(label->key);
		free(label->value);
	} else {
		memmove(label + 1, label, (labels->count++ - i) * sizeof *label);
	}
	*label = (struct label){key, value};
	return 0;
}

int labels_set(struct labels *labels, const char *key, size_t key_len, const char *value,
	       size_t value_len)
{
	if (key_len == 0)
		return -EINVAL;
	if (key_len > LABEL_KEY_MAX || value_len > LABEL_VALUE_MAX)
		return -E2BIG;
	char *own_key = clean(key, key_len);
	char *own_value = clean(value, value_len);
	int error = own_key && own_value ? 0 : -ENOMEM;
	if (!error && (strlen(own_key) > LABEL_KEY_MAX || strlen(own_value) > LABEL_VALUE_MAX))
		error = -E2BIG;
	if (!error)
		error = insert(labels, own_key, own_value);
	if (error) {
		free(own_key);
		free(own_value);
	}
	return error;
}

const char *labels_get(const struct labels *labels, const char *key)
{
	bool found;
	size_t i = place_of(labels, key, &found);
	return found ? labels->at[i].value : NULL;
}

void labels_remove(struct labels *labels, const char *key)
{
	bool found;
	size_t i = place_of(labels, key, &found);
	if (!found)
		return;
	free(labels->at[i].key);
	free(labels->at[i].value);
	memmove(&labels->at[i], &labels->at[i + 1], (--labels->count - i) * sizeof labels->at[0]);
}

static int parse_one(struct labels *labels, const char *text, size_t len)
{
	char key[3 * LABEL_KEY_MAX + 1], value[3 * LABEL_VALUE_MAX + 1];
	const char *equals = memchr(text, '=', len);
	size_t key_len = equals ? (size_t)(equals - text) : len;
	const char *value_text = equals ? equals + 1 : "";
	size_t value_len = equals ? len - key_len - 1 : 0;
	text_trim(&text, &key_len);
	text_trim(&value_text, &value_len);
	if (key_len >= sizeof key || value_len >= sizeof value)
		return -E2BIG;
	if (percent_decode(key, text, key_len, true) ||
	    percent_decode(value, value_text, value_len, true))
		return -EINVAL;
	return *key ? labels_set(labels, key, strlen(key), value, strlen(value)) : 0;
}

int labels_parse(struct labels *labels, const char *text)
{
	int error = 0;
	while (*text && !error) {
		size_t len = strcspn(text, ",");
		error = parse_one(labels, text, len);
		text += len + (text[len] == ',');
	}
	return error;
}

char *labels_write(const struct labels *labels)
{
	char escaped[3 * LABEL_VALUE_MAX + 1];
	struct text text = {0};
	for (size_t i = 0; i < labels->count; i++) {
		if (i)
			text_append(&text, ",", 1);
		text_append(&text, escaped, percent_encode(escaped, labels->at[i].key, ",=+ "));
		text_append(&text, "=", 1);
		text_append(&text, escaped, percent_encode(escaped, labels->at[i].value, ",=+ "));
	}
	size_t len;
	return text_take(&text, &len);
}

bool labels_include(const struct labels *labels, const struct labels *wanted)
{
	for (size_t i = 0; i < wanted->count; i++) {
		const char *value = labels_get(labels, wanted->at[i].key);
		if (!value || strcmp(value, wanted->at[i].value) != 0)
			return false;
	}
	return true;
}

void labels_clear(struct labels *labels)
{
	for (size_t i = 0; i < labels->count; i++) {
		free(labels->at[i].key);
		free(labels->at[i].value);
	}
	labels->count = 0;
}
