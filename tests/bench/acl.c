/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "acl.h"

#include <arpa/inet.h>
#include <rte_acl.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_memory.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FIELDS4 = 5, FIELDS6 = 11, KEY6_WORDS = 4 };

RTE_ACL_RULE_DEF(acl_rule, FIELDS6);

#define FIELD(KEY, TYPE, MEMBER, INDEX, INPUT, SIZE, MORE)                      \
	{                                                                       \
		TYPE, SIZE, INDEX, INPUT, offsetof(struct KEY, MEMBER) + (MORE) \
	}

static const struct rte_acl_field_def fields4[FIELDS4] = {
	FIELD(acl_key4, RTE_ACL_FIELD_TYPE_BITMASK, protocol, 0, 0, 1, 0),
	FIELD(acl_key4, RTE_ACL_FIELD_TYPE_MASK, source, 1, 1, 4, 0),
	FIELD(acl_key4, RTE_ACL_FIELD_TYPE_MASK, destination, 2, 2, 4, 0),
	FIELD(acl_key4, RTE_ACL_FIELD_TYPE_BITMASK, source_port, 3, 3, 2, 0),
	FIELD(acl_key4, RTE_ACL_FIELD_TYPE_BITMASK, destination_port, 4, 3, 2, 0)};

static const struct rte_acl_field_def fields6[FIELDS6] = {
	FIELD(acl_key6, RTE_ACL_FIELD_TYPE_BITMASK, protocol, 0, 0, 1, 0),
	FIELD(acl_key6, RTE_ACL_FIELD_TYPE_MASK, source, 1, 1, 4, 0),
	FIELD(acl_key6, RTE_ACL_FIELD_TYPE_MASK, source, 2, 2, 4, 4),
	FIELD(acl_key6, RTE_ACL_FIELD_TYPE_MASK, source, 3, 3, 4, 8),
	FIELD(acl_key6, RTE_ACL_FIELD_TYPE_MASK, source, 4, 4, 4, 12),
	FIELD(acl_key6, RTE_ACL_FIELD_TYPE_MASK, destination, 5, 5, 4, 0),
	FIELD(acl_key6, RTE_ACL_FIELD_TYPE_MASK, destination, 6, 6, 4, 4),
	FIELD(acl_key6, RTE_ACL_FIELD_TYPE_MASK, destination, 7, 7, 4, 8),
	FIELD(acl_key6, RTE_ACL_FIELD_TYPE_MASK, destination, 8, 8, 4, 12),
	FIELD(acl_key6, RTE_ACL_FIELD_TYPE_BITMASK, source_port, 9, 9, 2, 0),
	FIELD(acl_key6, RTE_ACL_FIELD_TYPE_BITMASK, destination_port, 10, 9, 2, 0)};

void acl_key4_make(const struct header *header, struct acl_key4 *key)
{
	*key = (struct acl_key4){.protocol = header->protocol,
				 .source = htonl((uint32_t)header->source.low),
				 .destination = htonl((uint32_t)header->destination.low),
				 .source_port = htons(header->source_port),
				 .destination_port = htons(header->destination_port)};
}

/* The word of an address, from the left. */
static uint32_t address_word(struct address address, unsigned int word)
{
	return (uint32_t)((word < 2 ? address.high : address.low) >> (word % 2 ? 0 : 32));
}

void acl_key6_make(const struct header *header, struct acl_key6 *key)
{
	*key = (struct acl_key6){.protocol = header->protocol,
				 .source_port = htons(header->source_port),
				 .destination_port = htons(header->destination_port)};
	for (unsigned int word = 0; word < KEY6_WORDS; word++) {
		key->source[word] = htonl(address_word(header->source, word));
		key->destination[word] = htonl(address_word(header->destination, word));
	}
}

static void set_port(struct rte_acl_field *field, struct port_match port, enum rule_form form)
{
	field->value.u16 = port.min;
	field->mask_range.u16 = form == FORM_RANGES ? port.max : port_mask(port);
}

static void set_address6(struct rte_acl_field *fields, struct address address, unsigned int length)
{
	for (unsigned int word = 0; word < KEY6_WORDS; word++) {
		unsigned int before = 32 * word;
		unsigned int rest = length > before ? length - before : 0;

		fields[word].value.u32 = address_word(address, word);
		fields[word].mask_range.u32 = rest < 32 ? rest : 32;
	}
}

static void set_rule(struct acl_rule *acl, const struct rule *rule, enum rule_form form)
{
	struct rte_acl_field *ports = &acl->field[rule->ipv6 ? 9 : 3];

	acl->field[0].value.u8 = rule->protocol;
	acl->field[0].mask_range.u8 = rule->any_protocol ? 0 : 0xff;
	if (rule->ipv6) {
		set_address6(&acl->field[1], rule->source, rule->source_length);
		set_address6(&acl->field[5], rule->destination, rule->destination_length);
	} else {
		acl->field[1].value.u32 = (uint32_t)rule->source.low;
		acl->field[1].mask_range.u32 = rule->source_length;
		acl->field[2].value.u32 = (uint32_t)rule->destination.low;
		acl->field[2].mask_range.u32 = rule->destination_length;
	}
	set_port(&ports[0], rule->source_port, form);
	set_port(&ports[1], rule->destination_port, form);
}

static void set_config(struct rte_acl_config *config, bool ipv6, enum rule_form form)
{
	memset(config, 0, sizeof(*config));
	config->num_categories = 1;
	config->num_fields = ipv6 ? FIELDS6 : FIELDS4;
	memcpy(config->defs, ipv6 ? fields6 : fields4, config->num_fields * sizeof(*config->defs));
	if (form == FORM_RANGES)
		for (uint32_t i = config->num_fields - 2; i < config->num_fields; i++)
			config->defs[i].type = RTE_ACL_FIELD_TYPE_RANGE;
}

static int add_rules(struct rte_acl_ctx *context, const struct rule *rules, size_t count, bool ipv6,
		     enum rule_form form)
{
	struct acl_rule acl;

	for (size_t i = 0; i < count; i++) {
		int error;

		if (rules[i].ipv6 != ipv6)
			continue;
		memset(&acl, 0, sizeof(acl));
		set_rule(&acl, &rules[i], form);
		acl.data.category_mask = 1;
		acl.data.priority = (int32_t)(count - i);
		acl.data.userdata = (uint32_t)(i + 1);
		error = rte_acl_add_rules(context, (const struct rte_acl_rule *)&acl, 1);
		if (error)
			return error;
	}
	return 0;
}

struct rte_acl_ctx *acl_build(const struct rule *rules, size_t count, bool ipv6,
			      enum rule_form form)
{
	static unsigned int contexts;
	char name[RTE_ACL_NAMESIZE];
	struct rte_acl_param parameters = {.name = name,
					   .socket_id = SOCKET_ID_ANY,
					   .rule_size = RTE_ACL_RULE_SZ(ipv6 ? FIELDS6 : FIELDS4)};
	struct rte_acl_config config;
	struct rte_acl_ctx *context;
	int error;

	for (size_t i = 0; i < count; i++)
		parameters.max_rule_num += rules[i].ipv6 == ipv6;
	if (parameters.max_rule_num == 0)
		return NULL;
	snprintf(name, sizeof(name), "rules%u", contexts++);
	context = rte_acl_create(&parameters);
	if (!context) {
		fprintf(stderr, "rte_acl_create: %s\n", rte_strerror(rte_errno));
		return NULL;
	}
	set_config(&config, ipv6, form);
	error = add_rules(context, rules, count, ipv6, form);
	if (!error)
		error = rte_acl_build(context, &config);
	if (!error)
		return context;
	fprintf(stderr, "rte_acl: %s\n", rte_strerror(-error));
	rte_acl_free(context);
	return NULL;
}

enum rte_acl_classify_alg acl_usual_algorithm(void)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2"))
		return RTE_ACL_CLASSIFY_AVX2;
#endif
	return RTE_ACL_CLASSIFY_DEFAULT;
}

size_t acl_memory(void)
{
	struct rte_malloc_socket_stats stats;

	return rte_malloc_get_socket_stats(0, &stats) ? 0 : stats.heap_allocsz_bytes;
}

/* Without huge pages of its own DPDK takes small ones; a user has large ones, so it gets those. */
static int take_huge_pages(const struct rte_memseg_list *list, void *unused)
{
	madvise(list->base_va, list->len, MADV_HUGEPAGE);
	return 0;
}

/* DPDK makes folders for what processes share, which nobody needs here. */
static const char *make_runtime_folder(void)
{
	static char folder[] = "/tmp/bench_peers.XXXXXX";

	if (!mkdtemp(folder) || setenv("RUNTIME_DIRECTORY", folder, 1))
		return NULL;
	return folder;
}

static void remove_runtime_folder(const char *folder)
{
	static const char *const inside[] = {"/dpdk/rte", "/dpdk", ""};
	char path[64];

	for (size_t i = 0; i < sizeof(inside) / sizeof(*inside); i++) {
		snprintf(path, sizeof(path), "%s%s", folder, inside[i]);
		rmdir(path);
	}
}

int acl_begin(const char *program, unsigned int megabytes)
{
	char memory[16];
	const char *words[] = {program,
			       "-l",
			       "0",
			       "--no-huge",
			       "--no-pci",
			       "--no-shconf",
			       "--no-telemetry",
			       "--log-level",
			       "lib.*:error",
			       "-m",
			       memory,
			       "--force-max-simd-bitwidth",
			       "512"};
	const char *folder = make_runtime_folder();
	cpu_set_t before;
	int result;

	if (!folder)
		return -1;
	snprintf(memory, sizeof(memory), "%u", megabytes);
	/* It binds this thread to a core; the measurements leave that to the system. */
	sched_getaffinity(0, sizeof(before), &before);
	result = rte_eal_init(sizeof(words) / sizeof(*words), (char **)(uintptr_t)words);
	sched_setaffinity(0, sizeof(before), &before);
	remove_runtime_folder(folder);
	if (result < 0)
		return result;
	rte_memseg_list_walk(take_huge_pages, NULL);
	return 0;
}
