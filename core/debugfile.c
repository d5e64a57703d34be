/* SPDX-License-Identifier: Apache-2.0 */
/* debugfile.c -- finds the file that holds what strip took out of an object. */
#include "core/debugfile.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* A checksum reads the whole file: not more than this, in steps of that. */
enum { CHECKED_MAX = 64 << 20, CHECK_STEP = 64 << 10 };

struct link {
	char name[NAME_MAX + 1];
	uint32_t checksum;
};

static bool build_id_matches(const struct elf *debug, const struct debugfile_wanted *wanted)
{
	uint8_t id[ELF_BUILD_ID_MAX];

	return elf_build_id(debug, id) == wanted->build_id_size &&
	       memcmp(id, wanted->build_id, wanted->build_id_size) == 0;
}

static bool checksum_matches(const struct elf *debug, uint32_t checksum)
{
	uint8_t *step = debug->size <= CHECKED_MAX ? malloc(CHECK_STEP) : NULL;
	uLong sum = crc32(0, NULL, 0);
	uint64_t done = 0;

	if (step == NULL)
		return false;
	while (done < debug->size) {
		uint64_t len = debug->size - done < CHECK_STEP ? debug->size - done : CHECK_STEP;
		if (!elf_read(debug, done, step, len))
			break;
		sum = crc32(sum, step, (uInt)len);
		done += len;
	}
	free(step);
	return done == debug->size && sum == checksum;
}

/* link is NULL for a file that was found by its build id. */
static bool candidate_open(struct elf *debug, const char *path,
			   const struct debugfile_wanted *wanted, const struct link *link)
{
	Elf64_Shdr symbols;

	if (elf_open_file(debug, path) != 0)
		return false;
	if (elf_section(debug, ".symtab", &symbols) && symbols.sh_type != SHT_NOBITS &&
	    (wanted->build_id_size != 0 ? build_id_matches(debug, wanted)
					: link != NULL && checksum_matches(debug, link->checksum)))
		return true;
	elf_close(debug);
	return false;
}

static bool path_fits(int written)
{
	return written > 0 && written < PATH_MAX;
}

static bool by_build_id(struct elf *debug, const struct debugfile_wanted *wanted, char *path)
{
	char hex[2 * ELF_BUILD_ID_MAX + 1];

	if (wanted->build_id_size < 2 || wanted->build_id_size > ELF_BUILD_ID_MAX)
		return false;
	for (size_t i = 0; i < wanted->build_id_size; i++)
		snprintf(hex + 2 * i, 3, "%02x", wanted->build_id[i]);
	return path_fits(snprintf(path, PATH_MAX, "%s/.build-id/%.2s/%s.debug", wanted->root, hex,
				  hex + 2)) &&
	       candidate_open(debug, path, wanted, NULL);
}

/* A name, NUL, padding to four bytes, a checksum. The name may not lead to another directory. */
static bool link_read(struct link *link, const struct elf *object)
{
	Elf64_Shdr section;

	if (object == NULL || !elf_section(object, ".gnu_debuglink", &section) ||
	    section.sh_type == SHT_NOBITS)
		return false;
	size_t size = section.sh_size < sizeof(link->name) ? section.sh_size : sizeof(link->name);
	if (!elf_read(object, section.sh_offset, link->name, size))
		return false;
	size_t len = strnlen(link->name, size);
	uint64_t checksum = (len + 4) & ~(uint64_t)3;
	return len > 0 && len < size && strchr(link->name, '/') == NULL &&
	       checksum + sizeof(link->checksum) <= section.sh_size &&
	       elf_read(object, section.sh_offset + checksum, &link->checksum,
			sizeof(link->checksum));
}

static bool by_link(struct elf *debug, const struct debugfile_wanted *wanted, char *path)
{
	static const char *const formats[] = {"%s%.*s/%s", "%s%.*s/.debug/%s", "%s%.*s/%s"};
	const char *const roots[] = {"", "", wanted->root};
	const char *slash = strrchr(wanted->path, '/');
	struct link link;

	if (slash == NULL || !link_read(&link, wanted->object))
		return false;
	int directory = (int)(slash - wanted->path);
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		if (path_fits(snprintf(path, PATH_MAX, formats[i], roots[i], directory,
				       wanted->path, link.name)) &&
		    candidate_open(debug, path, wanted, &link))
			return true;
	}
	return false;
}

int debugfile_open(struct elf *debug, const struct debugfile_wanted *wanted)
{
	char *path = malloc(PATH_MAX);
	bool is_open = path != NULL && strlen(wanted->path) < PATH_MAX &&
		       (by_build_id(debug, wanted, path) || by_link(debug, wanted, path));

	free(path);
	return is_open ? 0 : -ENOENT;
}
