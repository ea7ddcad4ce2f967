/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NIC files. The tree (nic_tree.h) has the lines; libcyaml loads the structs by the schema below,
 * every scalar as text: its numbers let "1e6" pass as 1 and "-1" as 2^64 - 1. The values are then
 * read field by field, strictly, so that each complaint can say what was expected.
 */
#include <nicemu/config/kernel.h>
#include <nicemu/config/nic.h>

#include "nic_tree.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_SIZE_MAX = 1 << 20, NAME_LENGTH_MAX = 64 };
enum { SPEED_MAX = 1600000, MTU_MIN = 68, MTU_MAX = 65535 };

static const char *const models[] = {NIC_DEFAULT_MODEL};

struct file_port {
	char *name, *mac, *speed, *mtu, *kind;
};

struct file_nic {
	char *nic, *model, *kernel, *entries;
	struct file_port *ports;
	uint32_t ports_count;
};

#define TEXT_FIELD(NAME, STRUCT, FLAGS)                                              \
	CYAML_FIELD_STRING_PTR(#NAME, CYAML_FLAG_POINTER | (FLAGS), STRUCT, NAME, 0, \
			       CYAML_UNLIMITED)

static const cyaml_schema_field_t port_fields[] = {
	TEXT_FIELD(name, struct file_port, 0),
	TEXT_FIELD(mac, struct file_port, CYAML_FLAG_OPTIONAL),
	TEXT_FIELD(speed, struct file_port, CYAML_FLAG_OPTIONAL),
	TEXT_FIELD(mtu, struct file_port, CYAML_FLAG_OPTIONAL),
	TEXT_FIELD(kind, struct file_port, CYAML_FLAG_OPTIONAL),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t port_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_port, port_fields),
};

static const cyaml_schema_field_t nic_fields[] = {
	TEXT_FIELD(nic, struct file_nic, 0),
	TEXT_FIELD(model, struct file_nic, CYAML_FLAG_OPTIONAL),
	TEXT_FIELD(kernel, struct file_nic, CYAML_FLAG_OPTIONAL),
	TEXT_FIELD(entries, struct file_nic, CYAML_FLAG_OPTIONAL),
	CYAML_FIELD_SEQUENCE("ports", CYAML_FLAG_POINTER, struct file_nic, ports, &port_value, 1,
			     NIC_PORTS_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t nic_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct file_nic, nic_fields),
};

/* --- the bytes of the file --- */

static int read_error(const char *path, int error, struct config_error *config_error)
{
	nic_file_error(config_error, path, 0, "%s", strerror(error));
	return -error;
}

/* Up to FILE_SIZE_MAX bytes and one more, so that a file that is too long shows. */
static int read_all(int fd, const char *path, char *text, size_t *size, struct config_error *error)
{
	*size = 0;
	while (*size <= FILE_SIZE_MAX) {
		ssize_t n = read(fd, text + *size, FILE_SIZE_MAX + 1 - *size);

		if (n == 0)
			return 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return read_error(path, errno, error);
		*size += (size_t)n;
	}
	nic_file_error(error, path, 0, "longer than %d bytes: not a NIC file", FILE_SIZE_MAX);
	return -EFBIG;
}

/* The caller frees *text. */
static int read_file(const char *path, char **text, size_t *size, struct config_error *error)
{
	int result, fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return read_error(path, errno, error);
	*text = malloc(FILE_SIZE_MAX + 1);
	result = *text ? read_all(fd, path, *text, size, error) : -ENOMEM;
	close(fd);
	return result;
}

/* --- libcyaml --- */

/* What libcyaml says: the complaint first, then from where to where, innermost first. */
struct complaint {
	char what[160], where[160];
};

__attribute__((format(printf, 3, 0))) static void note_complaint(cyaml_log_t level, void *context,
								 const char *format, va_list args)
{
	struct complaint *complaint = context;
	char line[160], *text = line;

	(void)level;
	vsnprintf(line, sizeof(line), format, args);
	line[strcspn(line, "\n")] = '\0';
	if (!strncmp(line, "Load: ", 6))
		text += 6;
	if (!strcmp(text, "Backtrace:"))
		return;
	if (!strncmp(text, "  in ", 5)) {
		if (!*complaint->where)
			snprintf(complaint->where, sizeof(complaint->where), "%s", text + 2);
	} else if (!*complaint->what) {
		snprintf(complaint->what, sizeof(complaint->what), "%s", text);
	}
}

static size_t line_in(const char *where)
{
	const char *line = strstr(where, "(line: ");

	return line ? strtoul(line + strlen("(line: "), NULL, 10) : 0;
}

static int cyaml_failed(const char *path, cyaml_err_t code, const struct complaint *complaint,
			struct config_error *error)
{
	size_t line = line_in(complaint->where);

	switch (code) {
	case CYAML_ERR_OOM: return -ENOMEM;
	case CYAML_ERR_SEQUENCE_ENTRIES_MIN:
		return nic_file_error(error, path, line, "ports: expected at least one port");
	case CYAML_ERR_SEQUENCE_ENTRIES_MAX:
		return nic_file_error(error, path, line, "ports: expected at most %d ports",
				      NIC_PORTS_MAX);
	default:
		return nic_file_error(error, path, line, "%s%s%.*s",
				      *complaint->what ? complaint->what : cyaml_strerror(code),
				      *complaint->where ? " " : "",
				      (int)strcspn(complaint->where, "("), complaint->where);
	}
}

static cyaml_config_t cyaml_config(struct complaint *complaint)
{
	return (cyaml_config_t){
		.log_fn = note_complaint,
		.log_ctx = complaint,
		.log_level = CYAML_LOG_WARNING,
		.mem_fn = cyaml_mem,
		.flags = CYAML_CFG_NO_ALIAS,
	};
}

static int load_structs(const char *path, const char *text, size_t size, struct file_nic **file,
			struct config_error *error)
{
	struct complaint complaint = {0};
	cyaml_config_t config = cyaml_config(&complaint);
	cyaml_err_t code = cyaml_load_data((const uint8_t *)text, size, &config, &nic_value,
					   (cyaml_data_t **)file, NULL);

	return code == CYAML_OK ? 0 : cyaml_failed(path, code, &complaint, error);
}

static void free_structs(struct file_nic *file)
{
	struct complaint complaint = {0};
	cyaml_config_t config = cyaml_config(&complaint);

	cyaml_free(&config, &nic_value, file, 0);
}

/* --- values --- */

/* Where a value stands and what it is called, for messages. */
struct place {
	struct nic_tree *tree;
	int port; /* index, or NIC_TREE_TOP */
	const char *key;
	struct config_error *error;
};

static int bad_value(const struct place *place, const char *value, const char *expected)
{
	size_t line = nic_tree_line(place->tree, place->port, place->key);

	if (place->port == NIC_TREE_TOP)
		return nic_file_error(place->error, place->tree->path, line,
				      "%s: '%.64s' is not right; expected %s", place->key, value,
				      expected);
	return nic_file_error(place->error, place->tree->path, line,
			      "ports[%d].%s: '%.64s' is not right; expected %s", place->port,
			      place->key, value, expected);
}

/* Decimal digits and nothing else. An optional value that is absent leaves *number alone. */
static int read_number(const struct place *place, const char *value, uint64_t min, uint64_t max,
		       uint64_t *number)
{
	char expected[64];
	uint64_t n;

	if (!value)
		return 0;
	errno = 0;
	n = strtoull(value, NULL, 10);
	if (*value && strspn(value, "0123456789") == strlen(value) && !errno && n >= min &&
	    n <= max) {
		*number = n;
		return 0;
	}
	snprintf(expected, sizeof(expected), "a whole number from %llu to %llu",
		 (unsigned long long)min, (unsigned long long)max);
	return bad_value(place, value, expected);
}

static int read_u32(const struct place *place, const char *value, uint32_t min, uint32_t max,
		    uint32_t *number)
{
	uint64_t wide = *number;
	int result = read_number(place, value, min, max, &wide);

	*number = (uint32_t)wide;
	return result;
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	const char *at = c ? strchr(digits, c) : NULL;
	int value = at ? (int)(at - digits) : -1;

	return value > 15 ? value - 6 : value;
}

static bool parse_mac(const char *text, uint8_t *mac)
{
	for (int i = 0; i < 6; i++, text += 3) {
		int high = hex_digit(text[0]), low = high < 0 ? -1 : hex_digit(text[1]);

		if (low < 0 || text[2] != (i < 5 ? ':' : '\0'))
			return false;
		mac[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static int read_mac(const struct place *place, const char *value, uint8_t *mac)
{
	static const uint8_t zero[6];
	uint8_t parsed[6];

	if (!value)
		return 0;
	if (!parse_mac(value, parsed) || parsed[0] & 1 || !memcmp(parsed, zero, sizeof(zero)))
		return bad_value(place, value,
				 "the MAC address of one station, such as 02:00:00:00:00:01");
	memcpy(mac, parsed, sizeof(parsed));
	return 0;
}

static int read_kind(const struct place *place, const char *value, enum nic_port_kind *kind)
{
	if (!value)
		return 0;
	for (int k = NIC_PORT_UPLINK; k <= NIC_PORT_REPRESENTOR; k++) {
		if (!strcmp(value, nic_port_kind_name((enum nic_port_kind)k))) {
			*kind = (enum nic_port_kind)k;
			return 0;
		}
	}
	return bad_value(place, value, "uplink, pf, vf or representor");
}

static int add_port(const struct place *place, struct nic *nic, const char *name)
{
	int number = nic_add_port(nic, name);

	switch (number) {
	case -EINVAL:
		return bad_value(place, name,
				 "the name of an interface: 1 to 15 characters, none of them "
				 "'/', ':' or white space, and not lo");
	case -EEXIST: return bad_value(place, name, "a name that no port before it has");
	default: return number < 0 ? number : 0;
	}
}

static int read_port(struct nic_tree *tree, int index, const struct file_port *from,
		     struct nic *nic, struct config_error *error)
{
	struct place place = {tree, index, "name", error};
	struct nic_port *port;
	int result = add_port(&place, nic, from->name);

	if (result)
		return result;
	port = &nic->ports[nic->num_ports - 1];
	place.key = "mac";
	result = read_mac(&place, from->mac, port->mac);
	place.key = "speed";
	if (!result)
		result = read_u32(&place, from->speed, 1, SPEED_MAX, &port->speed);
	place.key = "mtu";
	if (!result)
		result = read_u32(&place, from->mtu, MTU_MIN, MTU_MAX, &port->mtu);
	place.key = "kind";
	if (!result)
		result = read_kind(&place, from->kind, &port->kind);
	return result;
}

static int copy_text(const char *value, char **copy)
{
	*copy = strdup(value);
	return *copy ? 0 : -ENOMEM;
}

static int read_name(const struct place *place, const char *value, char **name)
{
	size_t length = strlen(value);

	for (const char *c = value; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			length = 0;
	if (!length || length > NAME_LENGTH_MAX)
		return bad_value(place, value, "1 to 64 characters of text");
	return copy_text(value, name);
}

static int read_model(const struct place *place, const char *value, char **model)
{
	if (!value)
		value = NIC_DEFAULT_MODEL;
	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++)
		if (!strcmp(value, models[i]))
			return copy_text(value, model);
	return bad_value(place, value, "generic, the only model there is");
}

static int read_kernel(const struct place *place, const char *value, char **kernel)
{
	struct kernel_behavior behavior;
	char message[320];

	if (!value)
		value = NIC_DEFAULT_KERNEL;
	if (kernel_behavior_find(&behavior, value, message, sizeof(message)))
		return nic_file_error(place->error, place->tree->path,
				      nic_tree_line(place->tree, place->port, place->key),
				      "kernel: %s", message);
	return copy_text(value, kernel);
}

static int read_values(struct nic_tree *tree, const struct file_nic *file, struct nic *nic,
		       struct config_error *error)
{
	struct place place = {tree, NIC_TREE_TOP, "nic", error};
	int result = read_name(&place, file->nic, &nic->name);

	place.key = "model";
	if (!result)
		result = read_model(&place, file->model, &nic->model);
	place.key = "kernel";
	if (!result)
		result = read_kernel(&place, file->kernel, &nic->kernel);
	place.key = "entries";
	if (!result)
		result = read_number(&place, file->entries, 1, NIC_ENTRIES_MAX, &nic->entries);
	for (uint32_t i = 0; !result && i < file->ports_count; i++)
		result = read_port(tree, (int)i, &file->ports[i], nic, error);
	return result;
}

static int parse_text(struct nic *nic, const char *path, const char *text, size_t size,
		      struct config_error *error)
{
	struct nic_tree tree;
	struct file_nic *file = NULL;
	int result = nic_tree_load(&tree, path, text, size, error);

	if (!result)
		result = load_structs(path, text, size, &file, error);
	if (!result && !file)
		result = nic_file_error(error, path, 0, "the file is empty");
	if (!result)
		result = read_values(&tree, file, nic, error);
	if (file)
		free_structs(file);
	nic_tree_clear(&tree);
	return result;
}

int nic_load(struct nic *nic, const char *path, struct config_error *error)
{
	char *text = NULL;
	size_t size = 0;
	int result;

	*nic = (struct nic){.entries = NIC_DEFAULT_ENTRIES};
	*error = (struct config_error){0};
	result = read_file(path, &text, &size, error);
	if (!result)
		result = parse_text(nic, path, text, size, error);
	free(text);
	if (result == -ENOMEM)
		nic_file_error(error, path, 0, "out of memory");
	if (result)
		nic_clear(nic);
	return result;
}
