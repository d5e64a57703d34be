/* SPDX-License-Identifier: Apache-2.0 */
/* pprof_fields.h -- the numbers of the fields of a Profile, as google/pprof's profile.proto has
 * them.
 */
#pragma once

enum { /* fields of the Profile */
       PROFILE_SAMPLE_TYPE = 1,
       PROFILE_SAMPLE,
       PROFILE_MAPPING,
       PROFILE_LOCATION,
       PROFILE_FUNCTION,
       PROFILE_STRING,
       PROFILE_DROP_FRAMES,
       PROFILE_KEEP_FRAMES,
       PROFILE_TIME,
       PROFILE_DURATION,
       PROFILE_PERIOD_TYPE,
       PROFILE_PERIOD,
       PROFILE_COMMENT,
       PROFILE_DEFAULT_TYPE,
       PROFILE_DOC_URL,
};
