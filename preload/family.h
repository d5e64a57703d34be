/* SPDX-License-Identifier: Apache-2.0 */
/* family.h -- the functions that give blocks of memory and take them back, of C and of C++.
 *
 * X(result, name, parameters, arguments). The names of C++ are those of operator new and delete as
 * the Itanium ABI mangles them; an alignment travels as a size_t does.
 */
#pragma once

#include <stddef.h>

struct nothrow; /* std::nothrow_t */

#define BLOCKS(X)                                                                    \
	X(void *, malloc, (size_t size), (size))                                     \
	X(void *, calloc, (size_t count, size_t size), (count, size))                \
	X(void *, memalign, (size_t alignment, size_t size), (alignment, size))      \
	X(void *, aligned_alloc, (size_t alignment, size_t size), (alignment, size)) \
	X(int, posix_memalign, (void **block, size_t alignment, size_t size),        \
	  (block, alignment, size))                                                  \
	X(void *, valloc, (size_t size), (size))                                     \
	X(void *, pvalloc, (size_t size), (size))

/* These end a block as well. */
#define RESIZES(X)                                                    \
	X(void *, realloc, (void *block, size_t size), (block, size)) \
	X(void *, reallocarray, (void *block, size_t count, size_t size), (block, count, size))

#define ALLOCATORS(X) BLOCKS(X) RESIZES(X)

#define NEWS(X)                                                                               \
	X(void *, _Znwm, (size_t size), (size))                                               \
	X(void *, _Znam, (size_t size), (size))                                               \
	X(void *, _ZnwmRKSt9nothrow_t, (size_t size, const struct nothrow *tag), (size, tag)) \
	X(void *, _ZnamRKSt9nothrow_t, (size_t size, const struct nothrow *tag), (size, tag)) \
	X(void *, _ZnwmSt11align_val_t, (size_t size, size_t alignment), (size, alignment))   \
	X(void *, _ZnamSt11align_val_t, (size_t size, size_t alignment), (size, alignment))   \
	X(void *, _ZnwmSt11align_val_tRKSt9nothrow_t,                                         \
	  (size_t size, size_t alignment, const struct nothrow *tag), (size, alignment, tag)) \
	X(void *, _ZnamSt11align_val_tRKSt9nothrow_t,                                         \
	  (size_t size, size_t alignment, const struct nothrow *tag), (size, alignment, tag))

#define FREES(X)                                                                               \
	X(void, free, (void *block), (block))                                                  \
	X(void, cfree, (void *block), (block))                                                 \
	X(void, free_sized, (void *block, size_t size), (block, size))                         \
	X(void, free_aligned_sized, (void *block, size_t alignment, size_t size),              \
	  (block, alignment, size))                                                            \
	X(void, _ZdlPv, (void *block), (block))                                                \
	X(void, _ZdaPv, (void *block), (block))                                                \
	X(void, _ZdlPvm, (void *block, size_t size), (block, size))                            \
	X(void, _ZdaPvm, (void *block, size_t size), (block, size))                            \
	X(void, _ZdlPvRKSt9nothrow_t, (void *block, const struct nothrow *tag), (block, tag))  \
	X(void, _ZdaPvRKSt9nothrow_t, (void *block, const struct nothrow *tag), (block, tag))  \
	X(void, _ZdlPvSt11align_val_t, (void *block, size_t alignment), (block, alignment))    \
	X(void, _ZdaPvSt11align_val_t, (void *block, size_t alignment), (block, alignment))    \
	X(void, _ZdlPvmSt11align_val_t, (void *block, size_t size, size_t alignment),          \
	  (block, size, alignment))                                                            \
	X(void, _ZdaPvmSt11align_val_t, (void *block, size_t size, size_t alignment),          \
	  (block, size, alignment))                                                            \
	X(void, _ZdlPvSt11align_val_tRKSt9nothrow_t,                                           \
	  (void *block, size_t alignment, const struct nothrow *tag), (block, alignment, tag)) \
	X(void, _ZdaPvSt11align_val_tRKSt9nothrow_t,                                           \
	  (void *block, size_t alignment, const struct nothrow *tag), (block, alignment, tag))
