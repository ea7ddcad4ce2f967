/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pipe that was named as a file, such as a shell's <(COMMAND): it can be read once, and a check
 * reads its NIC file and its models again and again. Threading: one thread, no other one yet.
 */
#ifndef NICEMU_CLI_KEPT_PIPE_H
#define NICEMU_CLI_KEPT_PIPE_H

/*
 * Where path names a descriptor of this process (/dev/stdin, /dev/fd/N) that is a pipe or a
 * terminal, its place is taken by a copy in memory of what comes out of it: path can then be opened
 * as often as wanted. Waits for its end. Of anything else nothing changes: whoever opens it has his
 * own words for what is wrong with it. EXIT_DONE, or an exit status after a complaint.
 */
int kept_pipe(const char *path);

#endif
