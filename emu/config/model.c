/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A model's file as a whole; and models as they are held. */
#include "model_builtin.h"
#include "model_read.h"
#include "names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *status_choice(int number)
{
	return model_status_name((enum model_status)number);
}

static const struct choices statuses = {"", MODEL_EXPERIMENTAL + 1, status_choice};

static const struct builtin_model *find_builtin(const char *name)
{
	const struct builtin_model *m = builtin_models;

	while (m->name && strcmp(m->name, name) != 0)
		m++;
	return m->name ? m : NULL;
}

/* Reports have a model's name only, and ids of nicemu's own no name before them. */
static int check_foreign(const struct reader *reader, const struct place *at)
{
	const struct place name = place_field(at, "model"), status = place_field(at, "status");
	const struct model *model = reader->model;

	if (!reader->foreign)
		return 0;
	if (find_builtin(model->name))
		return place_error(&name,
				   "'%s' is a model that is built in, and this file says "
				   "something else: call it otherwise",
				   model->name);
	if (model->status == MODEL_OWN)
		return place_error(&status, "'own' is for nicemu's own models only; expected read "
					    "or experimental");
	return 0;
}

static int read_head(const struct reader *reader, const struct place *at,
		     const struct file_model *file)
{
	struct model *model = reader->model;
	int status = 0;
	int result = model_read_id(reader, at, "model", file->model, &model->name);

	if (!result)
		result = model_read_text(reader, at, "title", file->title, false, &model->title);
	if (!result)
		result = model_read_choice(at, "status", file->status, &statuses, &status);
	model->status = (enum model_status)status;
	if (!result)
		result = check_foreign(reader, at);
	return result ? result
		      : model_read_yes(at, "switchdev", file->switchdev, &model->switchdev);
}

static int read_source(const struct reader *reader, const struct place *at,
		       const struct file_source *from, struct model_source *source)
{
	const struct place name = place_field(at, "name");
	const struct model *model = reader->model;
	int result;

	for (size_t i = 0; i < model->num_sources; i++)
		if (!strcmp(model->sources[i].name, from->name))
			return place_bad(&name, from->name, "a name that no source before it has");
	result = model_read_text(reader, at, "name", from->name, false, &source->name);
	if (!result)
		result = model_read_text(reader, at, "file", from->file, false, &source->file);
	return result ? result
		      : model_read_text(reader, at, "kernel", from->kernel, true, &source->kernel);
}

static int read_sources(const struct reader *reader, const struct place *at,
			const struct file_model *file)
{
	const struct place sources = place_field(at, "sources");
	struct model *model = reader->model;
	int result = 0;

	model->sources = arena_alloc(reader->arena, file->num_sources, sizeof(*model->sources));
	if (!model->sources)
		return -ENOMEM;
	for (uint32_t i = 0; !result && i < file->num_sources; i++) {
		const struct place place = place_item(&sources, i);

		result = read_source(reader, &place, &file->sources[i], &model->sources[i]);
		model->num_sources += !result;
	}
	return result;
}

static int read_front(const struct reader *reader, const struct place *fronts,
		      const struct file_front *from, enum model_front_end kind)
{
	const struct place at = place_field(fronts, model_front_end_name(kind));
	struct model_front *to = &reader->model->fronts[kind];
	int result = model_read_yes(&at, "taken", from->taken, &to->taken);

	if (!result)
		result = model_read_yes(&at, "many-blocks", from->many_blocks, &to->many_blocks);
	if (!result && !to->taken && !from->error)
		result = place_error(&at, "needs the field 'errno', which says how it is refused");
	if (!result)
		result = model_read_errno(&at, "errno", from->error, NULL, &to->error);
	return result ? result : model_read_text(reader, &at, "text", from->text, true, &to->text);
}

static int read_fronts(const struct reader *reader, const struct place *at,
		       const struct file_model *file)
{
	const struct place fronts = place_field(at, "front-ends");
	int result = 0;

	for (int kind = 0; !result && kind < MODEL_FRONT_ENDS; kind++)
		result = read_front(reader, &fronts, file->fronts->kinds[kind], kind);
	return result;
}

static int read_off(const struct reader *reader, const struct place *root,
		    const struct file_off *from)
{
	const struct place at = place_field(root, "hw-tc-offload-off");
	struct model *model = reader->model;
	int result;

	if (!from)
		return model_read_text(reader, &at, "text", NULL, true, &model->off_text);
	result = model_read_errno(&at, "bind", from->bind, "ok", &model->off_bind_error);
	if (!result)
		result = model_read_errno(&at, "replace", from->replace, "ok",
					  &model->off_replace_error);
	return result ? result
		      : model_read_text(reader, &at, "text", from->text, true, &model->off_text);
}

static int read_note(const struct reader *reader, const struct place *at,
		     const struct file_note *from, struct model_note *note)
{
	int result = model_read_text(reader, at, "about", from->about, false, &note->about);

	if (!result)
		result = model_read_text(reader, at, "text", from->text, false, &note->text);
	return result ? result : model_read_source(reader, at, from->source, &note->source);
}

static int read_notes(const struct reader *reader, const struct place *at,
		      const struct file_model *file)
{
	const struct place notes = place_field(at, "notes");
	struct model *model = reader->model;
	int result = 0;

	model->notes = arena_alloc(reader->arena, file->num_notes, sizeof(*model->notes));
	if (!model->notes)
		return -ENOMEM;
	for (uint32_t i = 0; !result && i < file->num_notes; i++) {
		const struct place place = place_item(&notes, i);

		result = read_note(reader, &place, &file->notes[i], &model->notes[i]);
	}
	model->num_notes = file->num_notes;
	return result;
}

/* What a NIC that takes rules must be told about. */
static int check_whole(const struct reader *reader, const struct place *at,
		       const struct file_model *file)
{
	bool takes = false;

	for (int kind = 0; kind < MODEL_FRONT_ENDS; kind++)
		takes |= reader->model->fronts[kind].taken;
	if (takes && !file->counters)
		return place_error(at, "a model file needs the field 'counters'");
	if (takes && !file->cookies)
		return place_error(at, "a model file needs the field 'cookies'");
	if (takes && !file->off)
		return place_error(at, "a model file needs the field 'hw-tc-offload-off'");
	return 0;
}

static int read_file(const struct reader *reader, const struct place *at,
		     const struct file_model *file)
{
	int result = read_head(reader, at, file);

	if (!result)
		result = read_sources(reader, at, file);
	if (!result)
		result = read_fronts(reader, at, file);
	if (!result)
		result = check_whole(reader, at, file);
	if (!result)
		result = model_read_clauses(reader, at, file);
	if (!result)
		result = model_read_conflicts(reader, at, file);
	if (!result)
		result = model_read_match(reader, at, file->match);
	if (!result)
		result = model_read_tables(reader, at, file);
	if (!result)
		result = model_read_counters(reader, at, file->counters);
	if (!result)
		result = model_read_cookies(reader, at, file->cookies);
	if (!result)
		result = read_off(reader, at, file->off);
	return result ? result : read_notes(reader, at, file);
}

static int parse(struct loaded_model *loaded, const char *path, const char *text, size_t size,
		 bool foreign, struct config_error *error)
{
	const struct reader reader = {&loaded->arena, &loaded->model, foreign};
	struct document document;
	int result = document_load(&document, &model_document, path, text, size, error);

	if (!result) {
		const struct place root = place_root(&document, error);

		result = read_file(&reader, &root, document.structs);
	}
	document_clear(&document);
	return result;
}

static int load_text(struct model **model, const char *path, const char *text, size_t size,
		     bool foreign, struct config_error *error)
{
	struct loaded_model *loaded = calloc(1, sizeof(*loaded));
	int result;

	*model = NULL;
	*error = (struct config_error){0};
	if (!loaded)
		return -ENOMEM;
	result = parse(loaded, path, text, size, foreign, error);
	if (result)
		model_free(&loaded->model);
	else
		*model = &loaded->model;
	return result;
}

int model_parse(struct model **model, const char *path, const char *text, size_t size,
		struct config_error *error)
{
	return load_text(model, path, text, size, false, error);
}

void model_free(struct model *model)
{
	struct loaded_model *loaded = (struct loaded_model *)model;

	if (!model)
		return;
	arena_clear(&loaded->arena);
	free(loaded);
}

/* --- by name or file --- */

bool model_is_file(const char *text)
{
	const char *dot = strrchr(text, '.');

	return strchr(text, '/') || (dot && (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml")));
}

static bool is_builtin(const char *text, size_t size)
{
	for (const struct builtin_model *m = builtin_models; m->name; m++)
		if (m->size == size && !memcmp(m->text, text, size))
			return true;
	return false;
}

static int load_file(struct model **model, const char *path, struct config_error *error)
{
	char *text;
	size_t size = 0;
	int result = document_read(path, model_document.what, &text, &size, error);

	if (!result)
		result = load_text(model, path, text, size, !is_builtin(text, size), error);
	free(text);
	if (result == -ENOMEM)
		document_error(error, path, 0, "out of memory");
	return result;
}

static int unknown_name(const char *name, struct config_error *error)
{
	struct suggestion suggestion = {.text = name};
	char list[sizeof(error->text)] = "";

	for (const struct builtin_model *m = builtin_models; m->name; m++) {
		size_t used = strlen(list);

		suggest(&suggestion, m->name);
		snprintf(list + used, sizeof(list) - used, "%s%s", used ? ", " : "", m->name);
	}
	snprintf(error->text, sizeof(error->text),
		 "there is no model '%.64s'%s%s%s; the models are %.360s", name,
		 suggestion.best ? "; did you mean '" : "", suggestion.best ? suggestion.best : "",
		 suggestion.best ? "'?" : "", list);
	return -ENOENT;
}

int model_load(struct model **model, const char *text, struct config_error *error)
{
	const struct builtin_model *m;

	*model = NULL;
	*error = (struct config_error){0};
	if (model_is_file(text))
		return load_file(model, text, error);
	m = find_builtin(text);
	return m ? model_parse(model, m->path, (const char *)m->text, m->size, error)
		 : unknown_name(text, error);
}

const char *model_builtin_name(size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (!builtin_models[i].name)
			return NULL;
	return builtin_models[index].name;
}
