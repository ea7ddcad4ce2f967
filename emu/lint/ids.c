/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ids.h"

static const struct lint_id ids[] = {
#define X(NAME, ID, LEVEL, ABOUT) {ID, LINT_##LEVEL, ABOUT},
	LINT_IDS(X)
#undef X
};

const struct lint_id *lint_id(size_t index)
{
	return index < LINT_ID_COUNT ? &ids[index] : NULL;
}

const char *lint_level_name(enum lint_level level)
{
	return level == LINT_NOTICE ? "notice" : "warning";
}
