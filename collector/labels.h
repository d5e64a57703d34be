/* SPDX-License-Identifier: Apache-2.0 */
/* labels.h -- the labels of a profile: sorted by key, each key once, valid UTF-8.
 *
 * Their text form, which is also the one that profefe's parameter "labels" has, is k=v,k2=v2 with
 * percent-encoding.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum {
	LABELS_MAX = 64,
	LABEL_KEY_MAX = 200, /* bytes; longer keys and values are refused */
	LABEL_VALUE_MAX = 2048,
};

struct labels {
	size_t count;
	struct label {
		char *key, *value;
	} at[LABELS_MAX];
};

/* [any]    Sets a label; an older value of the key goes. What is no text becomes U+FFFD. 0,
 *          -EINVAL for an empty key, -E2BIG when there are too many or one is too long, -ENOMEM. */
int labels_set(struct labels *, const char *key, size_t key_len, const char *value,
	       size_t value_len);
/* [any]    The value of this key, NULL when there is none. */
const char *labels_get(const struct labels *, const char *key);
/* [any]    Removes a key, if it is there. */
void labels_remove(struct labels *, const char *key);
/* [any]    Adds the labels of a text; entries without a key are skipped. 0, -EINVAL when an
 *          escape is broken, or what labels_set says. */
int labels_parse(struct labels *, const char *text);
/* [any]    The text form, from malloc, the caller's; NULL without memory. */
char *labels_write(const struct labels *);
/* [any]    Whether each of the wanted labels is there with the same value. */
bool labels_include(const struct labels *, const struct labels *wanted);
/* [any]    Frees them; a struct of zeros has none. */
void labels_clear(struct labels *);
