/* SPDX-License-Identifier: Apache-2.0 */
/* archive.h -- profiles in a tar: for each two files, first what is known of it, then its bytes.
 *
 *	20261121/shop/cpu/20261121T101500Z-KEY.json     {"service":"shop","type":"cpu",...}
 *	20261121/shop/cpu/20261121T101500Z-KEY.pb.gz    as it was uploaded
 *
 * Both lie beside each other, so that an archive of any size is read in one go. Names and
 * directories are for people: what counts is in the first file. Who unpacks one and packs it again
 * has to keep the order, as tar --sort=name does.
 */
#pragma once

#include "collector/labels.h"
#include "collector/store.h"
#include "collector/tar.h"

enum {
	ARCHIVE_ERROR_SIZE = 160,
};

/* [any]    Writes a profile that arrived on this day, "20261121". 0, -ENOMEM, -errno. */
int archive_put(FILE *, const char *day, const struct store_profile *, const uint8_t *body);

struct archived {
	char service[STORE_TEXT_MAX], type[STORE_TEXT_MAX];
	struct labels labels;
	int64_t time_ns, duration_ns, arrived_ns;
	uint8_t key[STORE_KEY_SIZE];
	uint8_t *body; /* from malloc */
	size_t size;
};

struct archive {
	struct tar tar;		  /* its file is the caller's */
	uint64_t body_max;	  /* of one profile */
	struct tar_entry entry;	  /* the last one that was read */
	char stem[TAR_NAME_SIZE]; /* of the description whose profile has not come yet; or "" */
	struct archived described;
	bool is_refused; /* the description was wrong: its profile is passed over */
};

/* [any]    The next profile. 1: it is the caller's, for archived_clear; 0 at the end. -EINVAL:
 * there is one that cannot be used, the entry's name says which and error why, and more may follow;
 * -EBADMSG when it is no tar or cut off, -ENOMEM, -errno: then none does. */
int archive_next(struct archive *, struct archived *, char error[ARCHIVE_ERROR_SIZE]);
/* [any]    Frees it; a struct of zeros is fine. */
void archived_clear(struct archived *);
/* [any]    Frees what was read ahead. */
void archive_close(struct archive *);
