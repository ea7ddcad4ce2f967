/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages of a module, each [length, low byte first: 2 bytes][type][flags][body]: they are taken,
 * refused or end the conversation; then the NIC can still be asked for everything that it holds.
 */
#include "kmod/internal.h"

#include <nicemu/asic/asic.h>
#include <nicemu/config/model.h>
#include <nicemu/flow/view.h>
#include <nicemu/offload/router.h>
#include <nicemu/offload/store.h>

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct world {
	int fd;
	struct nic nic;
	struct clock clock;
	struct asic *asic;
	struct store *store;
	struct router *router;
	struct offload *offload;
	struct kmod *kmod;
};

/* Read once: reading takes longer than most conversations. */
static struct model *model(void)
{
	static struct model *generic;
	struct config_error error;

	if (!generic && model_load(&generic, NIC_DEFAULT_MODEL, &error))
		abort();
	return generic;
}

static void open_world(struct world *w)
{
	const struct kmod_hello hello = {
		.header = {.length = sizeof(hello), .type = KMOD_HELLO},
		.version = KMOD_VERSION,
	};
	char message[256];
	int pair[2];

	*w = (struct world){.nic = {.profile = model(), .entries = 64}};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair) ||
	    send(pair[0], &hello, sizeof(hello), 0) < 0)
		abort();
	w->fd = pair[0];
	w->asic = asic_create(&w->nic, NULL);
	w->store = store_create(&w->nic);
	w->router = router_create(&asic_driver, w->asic, &store_driver, w->store);
	w->offload = offload_create(&router_driver, w->router);
	if (kmod_create(&w->kmod, pair[1],
			&(struct kmod_environment){
				.nic = &w->nic, .offload = w->offload, .clock = &w->clock},
			message, sizeof(message)))
		abort();
}

static void drain(const struct world *w)
{
	static char buffer[KMOD_MESSAGE_MAX];

	while (recv(w->fd, buffer, sizeof(buffer), MSG_DONTWAIT) > 0)
		;
}

static void close_world(struct world *w)
{
	kmod_destroy(w->kmod);
	offload_destroy(w->offload);
	router_destroy(w->router);
	store_destroy(w->store);
	asic_destroy(w->asic);
	w->nic.profile = NULL; /* stays for the next input */
	nic_clear(&w->nic);
	close(w->fd);
}

/* False where the conversation has ended. */
static bool take(struct world *w, const uint8_t *body, size_t size, uint8_t type, uint8_t flags)
{
	struct kmod_header header = {
		.length = (uint32_t)(sizeof(header) + size), .type = type, .flags = flags};
	struct cursor message = cursor_over(w->kmod->message, header.length);
	int error;

	memcpy(w->kmod->message, &header, sizeof(header));
	memcpy(w->kmod->message + sizeof(header), body, size);
	error = kmod_take(w->kmod, &header, &message);
	drain(w);
	if ((error != 0) != (*kmod_error(w->kmod) != '\0'))
		abort();
	return !error;
}

static void print_rule(void *context, const struct offload_binding *binding,
		       const struct offload_command *command)
{
	flow_view_line(context, command->rule, NULL, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor input = cursor_over(data, size);
	struct world w;
	FILE *out = fopen("/dev/null", "w");

	open_world(&w);
	while (cursor_left(&input) >= 4) {
		const uint8_t *head = cursor_bytes(&input, 4);
		size_t length = head[0] | (size_t)head[1] << 8;

		if (length > cursor_left(&input))
			length = cursor_left(&input);
		if (length > KMOD_MESSAGE_MAX - sizeof(struct kmod_header))
			break;
		if (!take(&w, cursor_bytes(&input, length), length, head[2], head[3] & 7))
			break;
	}
	offload_visit(w.offload, print_rule, out);
	store_set_rate(w.store, 1, 60);
	store_tick(w.store, 1);
	kmod_push(w.kmod);
	drain(&w);
	fclose(out);
	close_world(&w);
	return 0;
}
