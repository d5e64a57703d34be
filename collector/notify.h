/* SPDX-License-Identifier: Apache-2.0 */
/* notify.h -- tells systemd how far the service is (sd_notify). */
#pragma once

/* [any]    Sends "READY=1", "STOPPING=1", ... to NOTIFY_SOCKET; nothing when there is none. */
void notify(const char *state);
