/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Set elements are not there yet. */
#include "internal.h"

const struct nft_message_group nft_setelem_messages = {0};
