/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NIC files: their schema, and the values in them (document.h, place.h). */
#include <nicemu/config/kernel.h>
#include <nicemu/config/model.h>
#include <nicemu/config/nic.h>

#include "place.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_LENGTH_MAX = 64 };
enum { SPEED_MAX = 1600000, MTU_MIN = 68, MTU_MAX = 65535 };

struct file_port {
	char *name, *mac, *speed, *mtu, *kind, *offload, *represents;
};

struct file_nic {
	char *nic, *model, *kernel, *entries;
	struct file_port *ports;
	uint32_t ports_count;
};

#define TEXT_FIELD(KEY, STRUCT, MEMBER, FLAGS)                                       \
	CYAML_FIELD_STRING_PTR(KEY, CYAML_FLAG_POINTER | (FLAGS), STRUCT, MEMBER, 0, \
			       CYAML_UNLIMITED)

static const cyaml_schema_field_t port_fields[] = {
	TEXT_FIELD("name", struct file_port, name, 0),
	TEXT_FIELD("mac", struct file_port, mac, CYAML_FLAG_OPTIONAL),
	TEXT_FIELD("speed", struct file_port, speed, CYAML_FLAG_OPTIONAL),
	TEXT_FIELD("mtu", struct file_port, mtu, CYAML_FLAG_OPTIONAL),
	TEXT_FIELD("kind", struct file_port, kind, CYAML_FLAG_OPTIONAL),
	TEXT_FIELD("hw-tc-offload", struct file_port, offload, CYAML_FLAG_OPTIONAL),
	TEXT_FIELD("represents", struct file_port, represents, CYAML_FLAG_OPTIONAL),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t port_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_port, port_fields),
};

static const cyaml_schema_field_t nic_fields[] = {
	TEXT_FIELD("nic", struct file_nic, nic, 0),
	TEXT_FIELD("model", struct file_nic, model, CYAML_FLAG_OPTIONAL),
	TEXT_FIELD("kernel", struct file_nic, kernel, CYAML_FLAG_OPTIONAL),
	TEXT_FIELD("entries", struct file_nic, entries, CYAML_FLAG_OPTIONAL),
	CYAML_FIELD_SEQUENCE("ports", CYAML_FLAG_POINTER, struct file_nic, ports, &port_value, 1,
			     NIC_PORTS_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t nic_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct file_nic, nic_fields),
};

static const struct document_noun nouns[] = {{"ports", "a port"}, {0}};

static const struct document_kind nic_kind = {"a NIC file", &nic_value, nouns};

static int read_u32(const struct place *place, const char *text, uint32_t min, uint32_t max,
		    uint32_t *number)
{
	uint64_t wide = *number;
	int result = place_decimal(place, text, min, max, &wide);

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

static int read_mac(const struct place *place, const char *text, uint8_t *mac)
{
	static const uint8_t zero[6];
	uint8_t parsed[6];

	if (!text)
		return 0;
	if (!parse_mac(text, parsed) || parsed[0] & 1 || !memcmp(parsed, zero, sizeof(zero)))
		return place_bad(place, text,
				 "the MAC address of one station, such as 02:00:00:00:00:01");
	memcpy(mac, parsed, sizeof(parsed));
	return 0;
}

static const char *kind_name(int kind)
{
	return nic_port_kind_name((enum nic_port_kind)kind);
}

static int read_kind(const struct place *place, const char *text, enum nic_port_kind *kind)
{
	static const struct choices kinds = {"", NIC_PORT_REPRESENTOR + 1, kind_name};
	int value = (int)*kind;
	int result = place_choose(place, text, &kinds, &value);

	*kind = (enum nic_port_kind)value;
	return result;
}

/* The file says whether it is on, the port whether it is off. */
static int read_offload(const struct place *place, const char *text, bool *off)
{
	static const char *const names[2] = {"off", "on"};
	bool on = true;
	int result = place_yes(place, text, names, &on);

	*off = !on;
	return result;
}

static int add_port(const struct place *place, struct nic *nic, const char *name)
{
	int number = nic_add_port(nic, name);

	switch (number) {
	case -EINVAL:
		return place_bad(place, name,
				 "the name of an interface: 1 to 15 characters, none of them "
				 "'/', ':' or white space, and not lo");
	case -EEXIST: return place_bad(place, name, "a name that no port before it has");
	default: return number < 0 ? number : 0;
	}
}

static int read_port(const struct place *at, const struct file_port *from, struct nic *nic)
{
	const struct place name = place_field(at, "name"), mac = place_field(at, "mac"),
			   speed = place_field(at, "speed"), mtu = place_field(at, "mtu"),
			   kind = place_field(at, "kind"),
			   offload = place_field(at, "hw-tc-offload");
	struct nic_port *port;
	int result = add_port(&name, nic, from->name);

	if (result)
		return result;
	port = &nic->ports[nic->num_ports - 1];
	result = read_mac(&mac, from->mac, port->mac);
	if (!result)
		result = read_u32(&speed, from->speed, 1, SPEED_MAX, &port->speed);
	if (!result)
		result = read_u32(&mtu, from->mtu, MTU_MIN, MTU_MAX, &port->mtu);
	if (!result)
		result = read_kind(&kind, from->kind, &port->kind);
	if (!result)
		result = read_offload(&offload, from->offload, &port->hw_tc_offload_off);
	return result;
}

/* After all ports: a representor may stand before what it represents. */
static int read_represents(const struct place *at, const struct file_port *from, struct nic *nic,
			   int number)
{
	const struct place place = place_field(at, "represents");
	struct nic_port *port = &nic->ports[number], *other;
	int peer;

	if (!from->represents)
		return 0;
	if (port->kind != NIC_PORT_REPRESENTOR)
		return place_error(&place,
				   "only a port of kind representor can have it; '%s' is "
				   "of kind %s",
				   port->name, nic_port_kind_name(port->kind));
	peer = nic_port_by_name(nic, from->represents);
	if (peer < 0)
		return place_bad(&place, from->represents, "the name of a port of this file");
	other = &nic->ports[peer];
	if (other->kind != NIC_PORT_VF && other->kind != NIC_PORT_PF)
		return place_error(&place, "'%s' is of kind %s; expected a port of kind vf or pf",
				   other->name, nic_port_kind_name(other->kind));
	if (other->peer >= 0)
		return place_error(&place, "'%s' is represented by '%s' already", other->name,
				   nic->ports[other->peer].name);
	port->peer = peer;
	other->peer = number;
	return 0;
}

static int read_ports(const struct place *at, const struct file_nic *file, struct nic *nic)
{
	const struct place ports = place_field(at, "ports");
	int result = 0;

	for (uint32_t i = 0; !result && i < file->ports_count; i++) {
		const struct place item = place_item(&ports, i);

		result = read_port(&item, &file->ports[i], nic);
	}
	for (uint32_t i = 0; !result && i < file->ports_count; i++) {
		const struct place item = place_item(&ports, i);

		result = read_represents(&item, &file->ports[i], nic, (int)i);
	}
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
		return place_bad(place, value, "1 to 64 characters of text");
	return copy_text(value, name);
}

/* A model's file is sought from where the NIC file is. */
static void model_path(const char *nic_path, const char *model, char *path, size_t size)
{
	const char *slash = strrchr(nic_path, '/');

	if (!model_is_file(model) || *model == '/' || !slash)
		snprintf(path, size, "%s", model);
	else
		snprintf(path, size, "%.*s/%s", (int)(slash - nic_path), nic_path, model);
}

/* What is wrong inside a model's file has both lines: here, and there. */
static int read_model(const struct place *place, const char *text, struct nic *nic)
{
	struct config_error error = {""};
	char path[PATH_MAX];
	int result;

	model_path(place->document->path, text ? text : NIC_DEFAULT_MODEL, path, sizeof(path));
	result = nic_set_model(nic, path, &error);
	if (!result || result == -ENOMEM)
		return result;
	return place_error(place, "%s", error.text);
}

static int read_kernel(const struct place *place, const char *value, char **kernel)
{
	struct kernel_behavior behavior;
	char message[320];

	if (!value)
		value = NIC_DEFAULT_KERNEL;
	if (kernel_behavior_find(&behavior, value, message, sizeof(message)))
		return place_error(place, "%s", message);
	return copy_text(value, kernel);
}

/* A model whose tables say how large they are has the last word. */
static int read_entries(const struct place *place, const char *text, struct nic *nic)
{
	if (text && !nic_takes_entries(nic))
		return place_error(place,
				   "model %s has tables of its own size; only a model that does "
				   "not say (such as generic) takes it from here",
				   nic->model);
	return place_decimal(place, text, 1, NIC_ENTRIES_MAX, &nic->entries);
}

static int read_values(const struct place *at, const struct file_nic *file, struct nic *nic)
{
	const struct place name = place_field(at, "nic"), model = place_field(at, "model"),
			   kernel = place_field(at, "kernel"), entries = place_field(at, "entries");
	int result = read_name(&name, file->nic, &nic->name);

	if (!result)
		result = read_model(&model, file->model, nic);
	if (!result)
		result = read_kernel(&kernel, file->kernel, &nic->kernel);
	if (!result)
		result = read_entries(&entries, file->entries, nic);
	return result ? result : read_ports(at, file, nic);
}

static int parse_text(struct nic *nic, const char *path, const char *text, size_t size,
		      struct config_error *error)
{
	struct document document;
	int result = document_load(&document, &nic_kind, path, text, size, error);

	if (!result) {
		const struct place root = place_root(&document, error);

		result = read_values(&root, document.structs, nic);
	}
	document_clear(&document);
	return result;
}

int nic_load(struct nic *nic, const char *path, struct config_error *error)
{
	char *text = NULL;
	size_t size = 0;
	int result;

	*nic = (struct nic){0};
	*error = (struct config_error){0};
	result = document_read(path, nic_kind.what, &text, &size, error);
	if (!result)
		result = parse_text(nic, path, text, size, error);
	free(text);
	if (result == -ENOMEM)
		document_error(error, path, 0, "out of memory");
	if (result)
		nic_clear(nic);
	return result;
}
