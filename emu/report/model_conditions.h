/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Conditions of a model as JSON, in the words of its file, and the lists that they are made of.
 * New references. Threading: none.
 */
#ifndef NICEMU_REPORT_MODEL_CONDITIONS_H
#define NICEMU_REPORT_MODEL_CONDITIONS_H

#include <nicemu/config/model.h>

#include <jansson.h>

json_t *model_keys_json(uint64_t keys);
json_t *model_actions_json(uint64_t actions);
json_t *model_fields_json(const struct model_field *fields, size_t count);
json_t *model_fronts_json(uint64_t set);
json_t *model_conditions_json(const struct model_conditions *conditions);
/* 5 or "unknown". */
json_t *model_number_json(uint64_t number);

#endif
