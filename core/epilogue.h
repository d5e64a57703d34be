/* SPDX-License-Identifier: Apache-2.0 */
/* epilogue.h -- the caller of code without frame descriptions, by following that code to its
 * return.
 *
 * Whatever a function did to the stack, its own epilogue undoes; so the way from pc to the nearest
 * return tells where the return address is, and where the caller's registers are.
 */
#pragma once

#include "core/guess.h"

enum epilogue {
	EPILOGUE_NONE,
	EPILOGUE_LIKELY,  /* a way to a return, and its address stands behind some call */
	EPILOGUE_CERTAIN, /* that call leads to where the way began, or there is no other way */
	EPILOGUE_NEVER,	  /* the code ends in hlt: it does not return */
};

/* [worker] Where the frame's code, inside mapping, returns to: the caller's registers, in *caller,
 * when LIKELY or CERTAIN. */
enum epilogue epilogue_find(struct maps *, const struct mapping *, const struct sample *,
			    const struct guess_frame *, struct guess_frame *caller);
/* [worker] Whether the code at pc runs into hlt, without a branch and after a few instructions. */
bool epilogue_is_never(struct maps *, const struct mapping *, const struct sample *, uint64_t pc);
