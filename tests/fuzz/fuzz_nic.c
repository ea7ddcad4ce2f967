/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NIC files: any bytes are either a NIC that keeps its promises or an error that says something. */
#include "promise.h"

#include <nicemu/config/kernel.h>
#include <nicemu/config/model.h>
#include <nicemu/config/nic.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void check_peer(const struct nic *nic, int number)
{
	int32_t peer = nic->ports[number].peer;

	if (peer < 0)
		return;
	CHECK((size_t)peer < nic->num_ports && nic->ports[peer].peer == number);
	CHECK((nic->ports[number].kind == NIC_PORT_REPRESENTOR) !=
	      (nic->ports[peer].kind == NIC_PORT_REPRESENTOR));
}

static void check_nic(const struct nic *nic)
{
	struct kernel_behavior kernel;

	CHECK(nic->name && *nic->name && !strcmp(nic->model, nic->profile->name));
	CHECK(!kernel_behavior_find(&kernel, nic->kernel, NULL, 0));
	CHECK(nic->entries <= NIC_ENTRIES_MAX);
	CHECK(nic->num_ports >= 1 && nic->num_ports <= NIC_PORTS_MAX && !nic->open_ports);
	for (size_t i = 0; i < nic->num_ports; i++) {
		CHECK(nic_valid_port_name(nic->ports[i].name));
		CHECK(nic_port_by_name(nic, nic->ports[i].name) == (int)i);
		CHECK(nic_port_by_ifindex(nic, nic->ports[i].ifindex) == (int)i);
		CHECK(!(nic->ports[i].mac[0] & 1));
		check_peer(nic, (int)i);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int result, fd = memfd_create("nic", MFD_CLOEXEC);
	struct config_error error;
	struct nic nic;
	char path[64];

	CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	result = nic_load(&nic, path, &error);
	if (!result) {
		check_nic(&nic);
		nic_clear(&nic);
	} else {
		CHECK(result == -EINVAL || result == -EFBIG);
		CHECK(!strncmp(error.text, path, strlen(path)) &&
		      strlen(error.text) > strlen(path));
		CHECK(!nic.ports && !nic.name);
	}
	close(fd);
	return 0;
}
