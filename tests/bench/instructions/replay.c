/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay.h"
#include "small_emulator.h"

#include <nicemu/engine/replay.h>
#include <nicemu/ports/capture.h>

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static int capture_of(const struct frames *frames)
{
	static const char *const interfaces[] = {"eth0"};
	int fd = memfd_create("frames", MFD_CLOEXEC), error;
	struct capture_writer *writer;

	error = capture_writer_open(&writer, dup(fd), CAPTURE_PCAP, interfaces, 1);
	for (size_t i = 0; !error && i < FRAMES; i++)
		error = capture_write(writer, &frames->packet[i], 0, false, NULL);
	if (error || capture_writer_close(writer) || lseek(fd, 0, SEEK_SET))
		errx(1, "no capture");
	return fd;
}

/* Rules that tell the frames by their source's last bits: half are dropped, a quarter redirected.
 */
static void add_rule(struct emulator *emulator, uint32_t binding, uint32_t number)
{
	static const struct flow_action_entry actions[] = {
		{.id = FLOW_ACTION_DROP},
		{.id = FLOW_ACTION_REDIRECT, .ifindex = NIC_FIRST_IFINDEX + 1},
		{.id = FLOW_ACTION_DROP},
	};
	struct flow_rule *rule = flow_rule_alloc(1);
	struct offload_command command = {.binding = binding,
					  .cookie = number + 1,
					  .prio = number + 1,
					  .protocol = 0x0800,
					  .rule = rule};

	if (!rule)
		err(1, "a rule");
	rule->match.used_keys = FLOW_PRESENT(IPV4_ADDRS);
	flow_key_set(&rule->match.key, FLOW_IPV4_SRC, number);
	flow_key_set(&rule->match.mask, FLOW_IPV4_SRC, 3);
	rule->actions[0] = actions[number];
	rule->actions[0].hw_stats = FLOW_ACTION_HW_STATS_DONT_CARE;
	if (offload_replace(emulator->offload, &command, NULL))
		errx(1, "a rule is refused");
	flow_rule_free(rule);
}

static struct emulator *make_emulator(char *folder)
{
	struct offload_binding binding = {.port = 0, .block = 1};
	struct emulator *emulator = small_emulator_create(folder);

	if (!emulator || offload_bind(emulator->offload, &binding, NULL))
		errx(1, "no emulator");
	for (uint32_t number = 0; number < 3; number++)
		add_rule(emulator, binding.id, number);
	return emulator;
}

void replay_row(const char *name, const struct frames *frames)
{
	char folder[] = SMALL_EMULATOR_FOLDER, message[512];
	struct replay_input input = {.fd = capture_of(frames), .name = "frames"};
	struct replay_options options = {.inputs = &input, .num_inputs = 1, .loops = 8};
	struct emulator *emulator = make_emulator(folder);
	struct replay *replay;
	bool wrong_input;

	if (replay_create(&replay, emulator, &options, &wrong_input, message, sizeof(message)))
		errx(1, "no replay: %s", message);
	stage_replay(replay);
	replay_finish(replay);
	printf("%s %llu\n", name, (unsigned long long)replay_get_results(replay)->total.packets);
	replay_destroy(replay);
	emulator_destroy(emulator);
	rmdir(folder);
}
