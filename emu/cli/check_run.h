/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One run of `nicemu check`: rules files in the emulator of one model and kernel.
 *
 * Each file goes through the real nft twice. In the first pass nothing is kept, and every rule is
 * refused, so that nft says where it stands; in the second the file is loaded, as far as it goes,
 * so that what follows in other files finds it and nft prints the rules as it does.
 *
 * Threading: one thread.
 */
#ifndef NICEMU_CLI_CHECK_RUN_H
#define NICEMU_CLI_CHECK_RUN_H

#include "check_arguments.h"
#include "rules_file.h"
#include "session.h"

/* A run of a report (DESIGN: JSON of check) with nothing in it; NULL: no memory. */
json_t *check_run_new(const char *nic, const char *model, const char *kernel);

/* What a check has so far. Arrays, the caller's. */
struct check_results {
	json_t *runs;        /* those that are done */
	json_t *not_checked; /* records (DESIGN: JSON of check) */
};

/*
 * Check the files in order, in one emulator of options. What is found goes into *run, which is made
 * when it is NULL; what could not be checked, because of an error in a file or a signal
 * (check_stop.h), into results->not_checked. What results->runs have told on stderr is not told
 * again. EXIT_DONE whatever the verdicts are; another status after a complaint.
 */
int check_run(const struct check_arguments *a, const struct common_options *options,
	      const struct rules_file *files, size_t num_files, struct check_results *results,
	      json_t **run);
/* Of these files nothing has been found with these options. */
void check_run_leave_out(const struct common_options *options, const struct rules_file *files,
			 size_t num_files, struct check_results *results);

/*
 * One file: EXIT_DONE; EXIT_REFUSED where it could not be loaded for other reasons than the NIC's
 * (told on stderr, and in the run's errors): what stands in later files can't be checked then.
 * EXIT_INTERRUPTED: nothing is known of it. places: where each offload chain was made, {"FAMILY
 * TABLE CHAIN": {"file", "line", "column"}}: it is added to.
 */
int check_file(struct session *session, const struct check_arguments *a,
	       const struct rules_file *file, const json_t *earlier, json_t *places, json_t *run);

#endif
