/* SPDX-License-Identifier: Apache-2.0 */
/* tar.c -- files in a tar, one after the other. */
#include "collector/tar.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	BLOCK = 512,
	EXTENSION_MAX = 1 << 20, /* bytes of a header of pax's */
};

/* As POSIX has it; each number is octal digits and a NUL or blank. */
struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], time[12], checksum[8], type;
	char link[100], magic[6], version[2], user[32], group[32], major[8], minor[8];
	char prefix[155], rest[12];
};

_Static_assert(sizeof(struct header) == BLOCK, "a header is a block");

/* The sum of all bytes, those of the checksum itself as blanks. */
static unsigned checksum(const struct header *header)
{
	const uint8_t *bytes = (const uint8_t *)header;
	unsigned sum = 0;
	for (size_t i = 0; i < BLOCK; i++)
		sum += i >= offsetof(struct header, checksum) && i < offsetof(struct header, type)
			       ? ' '
			       : bytes[i];
	return sum;
}

/* ---- writing ------------------------------------------------------------------------------- */

static int put(FILE *to, const void *bytes, size_t size)
{
	return fwrite(bytes, 1, size, to) == size ? 0 : -errno;
}

static int pad(FILE *to, uint64_t size)
{
	static const char zeros[BLOCK];
	return put(to, zeros, (size_t)(-size % BLOCK));
}

int tar_write(FILE *to, const struct tar_file *file)
{
	struct header header = {.mode = "0000644",
				.uid = "0000000",
				.gid = "0000000",
				.type = '0',
				.magic = "ustar",
				.version = {'0', '0'}};
	snprintf(header.name, sizeof header.name, "%s", file->name);
	snprintf(header.prefix, sizeof header.prefix, "%s", file->directory);
	snprintf(header.size, sizeof header.size, "%011" PRIo64, file->size & 077777777777);
	snprintf(header.time, sizeof header.time, "%011" PRIo64,
		 (uint64_t)file->time_s & 077777777777);
	snprintf(header.checksum, sizeof header.checksum, "%06o", checksum(&header) & 0777777);
	header.checksum[7] = ' ';
	int error = put(to, &header, sizeof header);
	if (!error)
		error = put(to, file->bytes, (size_t)file->size);
	return error ? error : pad(to, file->size);
}

int tar_finish(FILE *to)
{
	static const char zeros[2 * BLOCK];
	int error = put(to, zeros, sizeof zeros);
	return error || !fflush(to) ? error : -errno;
}

/* ---- reading ------------------------------------------------------------------------------- */

static int get(struct tar *tar, void *bytes, size_t size)
{
	if (fread(bytes, 1, size, tar->file) == size)
		return 0;
	return ferror(tar->file) && errno ? -errno : -EBADMSG;
}

int tar_take(struct tar *tar, void *bytes, size_t size)
{
	int error = size <= tar->left ? get(tar, bytes, size) : -EBADMSG;
	if (!error)
		tar->left -= size;
	return error;
}

/* Read and forgotten: the file may be a pipe. */
static int skip(struct tar *tar)
{
	char bytes[16 << 10];
	uint64_t left = tar->left + tar->padding;
	int error = 0;
	while (left && !error) {
		size_t size = left < sizeof bytes ? (size_t)left : sizeof bytes;
		error = get(tar, bytes, size);
		left -= size;
	}
	tar->left = tar->padding = 0;
	return error;
}

/* Octal digits, or GNU's: a high bit, then bytes. */
static bool read_number(const char *field, size_t size, uint64_t *number)
{
	const uint8_t *at = (const uint8_t *)field;
	const uint8_t *end = at + size;
	*number = 0;
	if (*at == 0x80) {
		for (at++; at < end; at++) {
			if (*number >> 55)
				return false;
			*number = *number << 8 | *at;
		}
		return true;
	}
	while (at < end && *at == ' ')
		at++;
	for (; at < end && *at >= '0' && *at <= '7'; at++)
		*number = *number << 3 | (*at - '0');
	return at == end || *at == '\0' || *at == ' ';
}

static void read_name(struct tar_entry *entry, const struct header *header)
{
	bool has_prefix = !memcmp(header->magic, "ustar", sizeof header->magic) && *header->prefix;
	snprintf(entry->name, sizeof entry->name, "%.*s%s%.*s",
		 has_prefix ? (int)sizeof header->prefix : 0, header->prefix, has_prefix ? "/" : "",
		 (int)sizeof header->name, header->name);
}

/* What headers before the one of a file say of it. */
struct extension {
	char name[TAR_NAME_SIZE]; /* "" when not said */
	bool has_size;
	uint64_t size;
};

static bool set_name(struct extension *extension, const char *name, size_t len)
{
	if (len >= sizeof extension->name || memchr(name, '\0', len))
		return false;
	memcpy(extension->name, name, len);
	extension->name[len] = '\0';
	return true;
}

static bool set_size(struct extension *extension, const char *digits, size_t len)
{
	extension->has_size = true;
	extension->size = 0;
	for (size_t i = 0; i < len; i++) {
		if (digits[i] < '0' || digits[i] > '9' || extension->size >> 59)
			return false;
		extension->size = extension->size * 10 + (uint64_t)(digits[i] - '0');
	}
	return len > 0;
}

/* Lines "LENGTH KEY=VALUE\n". */
static bool read_pax(struct extension *extension, const char *at, size_t left)
{
	while (left) {
		size_t len = 0, digits = 0;
		for (; digits < left && digits < 7 && at[digits] >= '0' && at[digits] <= '9';
		     digits++)
			len = len * 10 + (size_t)(at[digits] - '0');
		if (len > left || len < digits + 3 || at[digits] != ' ' || at[len - 1] != '\n')
			return false;
		const char *key = at + digits + 1;
		const char *equals = memchr(key, '=', (size_t)(at + len - key));
		if (!equals)
			return false;
		const char *value = equals + 1;
		size_t key_len = (size_t)(equals - key);
		size_t value_len = (size_t)(at + len - 1 - value);
		bool good = true;
		if (key_len == 4 && !memcmp(key, "path", 4))
			good = set_name(extension, value, value_len);
		else if (key_len == 4 && !memcmp(key, "size", 4))
			good = set_size(extension, value, value_len);
		if (!good)
			return false;
		at += len;
		left -= len;
	}
	return true;
}

static int read_extension(struct tar *tar, char type, struct extension *extension)
{
	size_t size = (size_t)tar->left;
	if (tar->left > EXTENSION_MAX)
		return -EBADMSG;
	char *bytes = malloc(size + 1);
	if (!bytes)
		return -ENOMEM;
	int error = tar_take(tar, bytes, size);
	bytes[error ? 0 : size] = '\0';
	if (!error && !(type == 'L' ? set_name(extension, bytes, strlen(bytes))
				    : read_pax(extension, bytes, size)))
		error = -EBADMSG;
	free(bytes);
	return error;
}

static bool is_end(const struct header *header)
{
	static const struct header zeros;
	return memcmp(header, &zeros, sizeof zeros) == 0;
}

/* A header whose body comes next. 1, 0 at the end, -EBADMSG, -errno. */
static int read_header(struct tar *tar, struct header *header)
{
	uint64_t sum, size;
	int error = skip(tar);
	if (!error)
		error = get(tar, header, sizeof *header);
	if (error || is_end(header))
		return error;
	if (!read_number(header->checksum, sizeof header->checksum, &sum) ||
	    sum != checksum(header) || !read_number(header->size, sizeof header->size, &size) ||
	    header->type == 'S') /* with holes: GNU's tar has packed with --sparse */
		return -EBADMSG;
	tar->left = size;
	tar->padding = -size % BLOCK;
	return 1;
}

int tar_next(struct tar *tar, struct tar_entry *entry)
{
	struct extension extension = {0};
	struct header header = {0};
	int got;
	while ((got = read_header(tar, &header)) > 0 && strchr("xLgK", header.type) &&
	       header.type) {
		int error = strchr("xL", header.type) ? read_extension(tar, header.type, &extension)
						      : 0;
		if (error)
			return error;
	}
	if (got <= 0)
		return got;
	if (extension.has_size) {
		tar->left = extension.size;
		tar->padding = -extension.size % BLOCK;
	}
	read_name(entry, &header);
	if (*extension.name)
		strcpy(entry->name, extension.name); /* of the same size */
	entry->size = tar->left;
	entry->is_file = header.type == '0' || header.type == '\0' || header.type == '7';
	/* A link has a size and no body. */
	if (strchr("123456", header.type) && header.type)
		tar->left = tar->padding = 0;
	return 1;
}
