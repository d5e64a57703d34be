/* SPDX-License-Identifier: Apache-2.0 */
/* demangle.h -- from the linker's name to the one that stands in the source.
 *
 * C++ keeps namespaces and template arguments and loses parameters, return type and clone suffixes:
 * one function is one frame in a flame graph, and its overloads differ by system_name. Rust loses
 * the hash. Names come from untrusted files, so length, stack, output and with it time are bounded.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* libiberty (as of 20230104) recurses over the structure of a C++ name: 8 KiB of stack and up to
 * 430 bytes for each character were measured on hostile ones. A longer name stays mangled. Raising
 * the bound, to 1023 where libiberty gives up by itself, takes 448 KiB. Rust names of any length
 * stop at a depth of 1024, which takes 154 KiB. */
enum { DEMANGLE_NAME_MAX = 384, DEMANGLE_STACK_MAX = 176 * 1024 };

/* [worker] Writes the readable form of mangled, NUL included, into the size bytes at to. false when
 * it is not a C++ or Rust name, is malformed, or exceeds a bound; to is then unspecified. */
bool demangle_name(const char *mangled, char *to, size_t size);
