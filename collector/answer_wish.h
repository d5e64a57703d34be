/* SPDX-License-Identifier: Apache-2.0 */
/* answer_wish.h -- as what a request wants to have merged profiles: the parameters format,
 * sample_type, nodes and mode.
 */
#pragma once

#include "collector/exchange.h"
#include "collector/figures.h"
#include "collector/rendering.h"

struct answer_format {
	const char *name, *content_type;
	const char *file_end; /* of the name of the file that it is, NULL: it is none */
	int (*render)(const struct rendering *, struct text *); /* NULL: it is pprof */
	uint32_t nodes;						/* by default */
	enum figure figure;
};

struct answer_wish {
	const struct answer_format *format;
	const char *sample_type; /* "": whatever is best; as long as the exchange */
	uint32_t nodes;
	bool is_normalised;
};

/* [any]    Reads what is wished of one merge, pprof by default. If not, the exchange has been
 *          refused. */
bool answer_wish_read(struct answer_wish *, struct exchange *);
/* [any]    The same of two that are compared, flame by default. */
bool answer_wish_read_diff(struct answer_wish *, struct exchange *);
