/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The interface ioctls, for programs (and C libraries) that ask without netlink. */
#ifndef NICEMU_CONTROL_RT_IOCTL_H
#define NICEMU_CONTROL_RT_IOCTL_H

#include <nicemu/config/nic.h>

#include <stddef.h>
#include <stdint.h>

/* data starts with a struct ifreq, changed in place. 0 or the kernel's negative errno. */
int64_t rt_ioctl(const struct nic *nic, uint32_t request, uint8_t *data, size_t size);

#endif
