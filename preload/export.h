/* SPDX-License-Identifier: Apache-2.0 */
/* export.h -- marks what the program sees of this library; everything else is hidden. */
#pragma once

#define EXPORT __attribute__((visibility("default")))
