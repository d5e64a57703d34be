/* SPDX-License-Identifier: Apache-2.0 */
/* notify.c -- tells systemd how far the service is (sd_notify). */
#include "collector/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void notify(const char *state)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path ? strlen(path) : 0;
	if (len < 2 || len >= sizeof name.sun_path || (*path != '/' && *path != '@'))
		return;
	memcpy(name.sun_path, path, len);
	if (*path == '@') /* an abstract one */
		name.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	/* Whether systemd hears of it changes nothing here. */
	(void)!sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&name, size);
	close(fd);
}
