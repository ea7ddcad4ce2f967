/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nicemu/config/nic.h>

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[64];

static void write_file(const void *text, size_t size)
{
	int fd;

	snprintf(path, sizeof(path), "/tmp/nicemu-test-nic-XXXXXX");
	fd = mkstemp(path);
	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, text, size), (ssize_t)size);
	close(fd);
}

static int load_bytes(struct nic *nic, const void *text, size_t size, struct config_error *error)
{
	int result;

	write_file(text, size);
	result = nic_load(nic, path, error);
	unlink(path);
	return result;
}

static int load(struct nic *nic, const char *text, struct config_error *error)
{
	return load_bytes(nic, text, strlen(text), error);
}

Test(nic_file, the_sample_is_good)
{
	struct config_error error;
	struct nic nic;

	cr_assert_eq(nic_load(&nic, NICEMU_SOURCE_DIR "/netdevsim-config/two-port.yaml", &error), 0,
		     "%s", error.text);
	cr_assert_str_eq(nic.name, "two-port");
	cr_assert_str_eq(nic.model, "generic");
	cr_assert_str_eq(nic.kernel, "6.12");
	cr_assert_eq(nic.num_ports, 2);
	cr_assert_not(nic.open_ports);
	cr_assert_str_eq(nic.ports[1].name, "eth1");
	cr_assert_eq(nic.ports[1].mac[5], 2);
	nic_clear(&nic);
}

Test(nic_file, every_field_is_read)
{
	struct config_error error;
	struct nic nic;

	cr_assert_eq(load(&nic,
			  "nic: 'my NIC'\nmodel: generic\nkernel: 6.1\nentries: 67108864\n"
			  "ports:\n- {name: p0, mac: 'AA:bb:0C:1d:2E:3f', speed: 100, mtu: 9000, "
			  "kind: representor}\n- name: \"p1\"\n",
			  &error),
		     0, "%s", error.text);
	cr_assert_str_eq(nic.name, "my NIC");
	cr_assert_str_eq(nic.kernel, "6.1");
	cr_assert_eq(nic.entries, NIC_ENTRIES_MAX);
	cr_assert_arr_eq(nic.ports[0].mac, "\xaa\xbb\x0c\x1d\x2e\x3f", 6);
	cr_assert_eq(nic.ports[0].speed, 100);
	cr_assert_eq(nic.ports[0].mtu, 9000);
	cr_assert_eq(nic.ports[0].kind, NIC_PORT_REPRESENTOR);
	cr_assert_eq(nic.ports[1].kind, NIC_PORT_UPLINK);
	cr_assert_eq(nic.ports[1].mtu, 1500);
	cr_assert_eq(nic.ports[1].mac[5], 1);
	nic_clear(&nic);
}

Test(nic_file, what_is_left_out_has_defaults)
{
	struct config_error error;
	struct nic nic;

	cr_assert_eq(load(&nic, "nic: a\nports:\n- name: x\n", &error), 0, "%s", error.text);
	cr_assert_str_eq(nic.model, "generic");
	cr_assert_str_eq(nic.kernel, NIC_DEFAULT_KERNEL);
	cr_assert_eq(nic.entries, NIC_DEFAULT_ENTRIES);
	nic_clear(&nic);
}

/* Header of a file that is good up to line 3; one port follows. */
#define HEAD "nic: a\nports:\n"
#define PORT HEAD "- name: x\n"

static const struct {
	const char *text;
	int line; /* 0: none in the message */
	const char *words[2];
} bad[] = {
	{"", 0, {"empty", "ports"}},
	{"# only a comment\n", 0, {"empty", "nic"}},
	{"just text\n", 1, {"fields", "nic"}},
	{"- nic: a\n", 1, {"fields", "nic"}},
	{"nic: a\n", 1, {"ports", "needs"}},
	{"\n\nports:\n- name: x\n", 3, {"nic", "needs"}},
	{"nic: a\nports:\n", 2, {"ports", "list"}},
	{"nic: a\nports: []\n", 2, {"ports", "at least one"}},
	{"nic: a\nports: eth0\n", 2, {"ports", "list"}},
	{"nic: a\nports: {name: x}\n", 2, {"ports", "list"}},
	{"nic: a\nports: [x]\n", 2, {"a port", "name"}},
	{HEAD "- mac: 02:00:00:00:00:01\n", 3, {"name", "needs"}},
	{"nic: [a]\nports:\n- name: x\n", 1, {"nic", "one value"}},
	{"nic: {a: b}\nports:\n- name: x\n", 1, {"nic", "one value"}},
	{"nic: ''\nports:\n- name: x\n", 1, {"nic", "1 to 64"}},
	{"nic: \"a\\nb\"\nports:\n- name: x\n", 1, {"nic", "1 to 64"}},
	{"nic: a\nmodle: generic\nports:\n- name: x\n", 2, {"modle", "did you mean 'model'"}},
	{"nic: a\nport:\n- name: x\n", 2, {"'port'", "did you mean 'ports'"}},
	{"nic: a\ncolour: red\nports:\n- name: x\n", 2, {"colour", "expected one of"}},
	{"nic: a\n<<: {b: c}\nports:\n- name: x\n", 2, {"<<", "expected one of"}},
	{"nic: a\n? [x]\n: y\nports:\n- name: x\n", 2, {"plain text", ""}},
	{"nic: a\nmodel: mlx55\nports:\n- name: x\n", 2, {"no model 'mlx55'", "generic, none"}},
	{"nic: a\nkernel: 4.19\nports:\n- name: x\n", 2, {"4.19", "6.12.117"}},
	{"nic: a\nkernel:\nports:\n- name: x\n", 2, {"kernel", "ideal"}},
	{"nic: a\nentries: 0\nports:\n- name: x\n", 2, {"entries", "67108864"}},
	{"nic: a\nentries: 67108865\nports:\n- name: x\n", 2, {"entries", "67108865"}},
	{"nic: a\nentries: -1\nports:\n- name: x\n", 2, {"entries", "-1"}},
	{"nic: a\nentries: 1e6\nports:\n- name: x\n", 2, {"entries", "1e6"}},
	{"nic: a\nentries: 0x10\nports:\n- name: x\n", 2, {"entries", "0x10"}},
	{"nic: a\nentries: ' 12'\nports:\n- name: x\n", 2, {"entries", "whole number"}},
	{"nic: a\nentries: 99999999999999999999999\nports:\n- name: x\n", 2, {"entries", "999"}},
	{"nic: a\nentries:\nports:\n- name: x\n", 2, {"entries", "whole number"}},
	{"nic: a\nnic: b\nports:\n- name: x\n", 2, {"'nic'", "line 1"}},
	{PORT "  mtu: 1500\n  mac: 02:00:00:00:00:01\n  mtu: 1500\n", 6, {"'mtu'", "line 4"}},
	{PORT "  mtuu: 1500\n", 4, {"mtuu", "did you mean 'mtu'"}},
	{PORT "- name: y\n  nmae: z\n", 5, {"nmae", "did you mean 'name'"}},
	{PORT "- name: x\n", 4, {"ports[1].name", "no port before it"}},
	{HEAD "- name: lo\n", 3, {"ports[0].name", "lo"}},
	{HEAD "- name: a/b\n", 3, {"ports[0].name", "a/b"}},
	{HEAD "- name: 0123456789abcdef\n", 3, {"ports[0].name", "15"}},
	{HEAD "- name:\n", 3, {"ports[0].name", "15"}},
	{HEAD "- name: \"x\\0y\"\n", 3, {"name", "NUL"}},
	{HEAD "- name: [x]\n", 3, {"ports[0].name", "one value"}},
	{PORT "  mac: 02:00:00:00:00\n", 4, {"ports[0].mac", "02:00:00:00:00:01"}},
	{PORT "  mac: 02:00:00:00:00:01:02\n", 4, {"ports[0].mac", "such as"}},
	{PORT "  mac: 02-00-00-00-00-01\n", 4, {"ports[0].mac", "such as"}},
	{PORT "  mac: 02:00:00:00:00:0g\n", 4, {"ports[0].mac", "such as"}},
	{PORT "  mac: 2:0:0:0:0:1\n", 4, {"ports[0].mac", "such as"}},
	{PORT "  mac: ''\n", 4, {"ports[0].mac", "such as"}},
	{PORT "  mac: ff:ff:ff:ff:ff:ff\n", 4, {"ports[0].mac", "one station"}},
	{PORT "  mac: 00:00:00:00:00:00\n", 4, {"ports[0].mac", "one station"}},
	{PORT "  mac: \"0\\x12:00:00:00:00:01\"\n", 4, {"ports[0].mac", "such as"}},
	{PORT "  mac: 0\x10:00:00:00:00:01\n", 4, {"not valid YAML", ""}},
	{PORT "  speed: 0\n", 4, {"ports[0].speed", "whole number"}},
	{PORT "  speed: fast\n", 4, {"ports[0].speed", "fast"}},
	{PORT "  mtu: 67\n", 4, {"ports[0].mtu", "68"}},
	{PORT "  mtu: 65536\n", 4, {"ports[0].mtu", "65535"}},
	{PORT "  kind: router\n", 4, {"ports[0].kind", "representor"}},
	{"nic: &a x\nmodel: *a\nports:\n- name: x\n", 2, {"alias", ""}},
	{"nic: a\nports:\n- &p {name: x}\n- *p\n", 4, {"alias", ""}},
	{"nic: a\nports: *nowhere\n", 2, {"alias", "not allowed"}},
	{PORT "---\nnic: b\n", 4, {"second document", ""}},
	{"nic: a\n\tports: []\n", 2, {"not valid YAML", "tab"}},
	{"nic: a\nports: [\n", 3, {"not valid YAML", ""}},
	{"nic: \"a\nports:\n", 3, {"not valid YAML", ""}},
	{"nic: \xff\xfe\n", 1, {"not valid YAML", ""}},
	{"%YAML 9.9\n---\nnic: a\n", 1, {"not valid YAML", ""}},
};

Test(nic_file, a_mistake_is_told_with_file_line_and_what_was_expected)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct config_error error;
		struct nic nic;
		char start[96];

		cr_assert_eq(load(&nic, bad[i].text, &error), -EINVAL, "taken: %s", bad[i].text);
		if (bad[i].line)
			snprintf(start, sizeof(start), "%s:%d: ", path, bad[i].line);
		else
			snprintf(start, sizeof(start), "%s: ", path);
		cr_assert(!strncmp(error.text, start, strlen(start)),
			  "line %d expected: %s\ninput:\n%s", bad[i].line, error.text, bad[i].text);
		for (size_t w = 0; w < 2; w++)
			cr_assert(strstr(error.text, bad[i].words[w]), "no '%s' in: %s\ninput:\n%s",
				  bad[i].words[w], error.text, bad[i].text);
		cr_assert_null(nic.ports);
		cr_assert_null(nic.name);
	}
}

Test(nic_file, a_file_that_cannot_be_read_says_why)
{
	struct config_error error;
	struct nic nic;

	cr_assert_eq(nic_load(&nic, "/nonexistent/nic.yaml", &error), -ENOENT);
	cr_assert_str_eq(error.text, "/nonexistent/nic.yaml: No such file or directory");
	cr_assert_eq(nic_load(&nic, "/tmp", &error), -EISDIR);
	cr_assert_str_eq(error.text, "/tmp: Is a directory");
}

static struct nic piped;

static int load_named(const char *name, struct config_error *error)
{
	int result = nic_load(&piped, name, error);

	nic_clear(&piped);
	return result;
}

Test(nic_file, a_fifo_is_refused_and_not_waited_for, .timeout = 20)
{
	struct config_error error;
	char name[] = "/tmp/nicemu-test-fifo-XXXXXX", fifo[64];

	cr_assert(mkdtemp(name));
	snprintf(fifo, sizeof(fifo), "%s/f", name);
	cr_assert_eq(mkfifo(fifo, 0600), 0);
	cr_assert_eq(load_named(fifo, &error), -EINVAL);
	unlink(fifo);
	rmdir(name);
	cr_assert(strstr(error.text, fifo) && strstr(error.text, "is a FIFO: not a NIC file"), "%s",
		  error.text);
}

Test(nic_file, a_pipe_is_read_to_its_end_also_where_it_comes_in_pieces, .timeout = 20)
{
	static const char text[] = "nic: piped\nports:\n  - name: eth0\n";
	struct config_error error;
	char name[64];
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	snprintf(name, sizeof(name), "/dev/fd/%d", ends[0]);
	if (fork() == 0) {
		for (size_t i = 0; i < sizeof(text) - 1; i += 8) {
			usleep(20000);
			(void)!write(ends[1], text + i,
				     sizeof(text) - 1 - i < 8 ? sizeof(text) - 1 - i : 8);
		}
		_exit(0);
	}
	close(ends[1]);
	cr_assert_eq(load_named(name, &error), 0, "%s", error.text);
	close(ends[0]);
}

Test(nic_file, a_signal_that_is_held_back_ends_the_wait_for_a_pipe, .timeout = 20)
{
	struct config_error error;
	sigset_t held;
	char name[64];
	int ends[2], signal;

	cr_assert_eq(pipe(ends), 0);
	snprintf(name, sizeof(name), "/dev/fd/%d", ends[0]);
	sigemptyset(&held);
	sigaddset(&held, SIGTERM);
	sigprocmask(SIG_BLOCK, &held, NULL);
	raise(SIGTERM);
	cr_assert_eq(load_named(name, &error), -EINTR);
	cr_assert(strstr(error.text, "Interrupted"), "%s", error.text);
	cr_assert_eq(sigwait(&held, &signal), 0);
}

Test(nic_file, tags_are_refused_with_their_line)
{
	struct config_error error;
	struct nic nic;

	cr_assert_eq(load(&nic, "nic: a\nports:\n  - name: !!binary ZXRoMA==\n", &error), -EINVAL);
	cr_assert(strstr(error.text, ":3: the tag 'tag:yaml.org,2002:binary' is not known"), "%s",
		  error.text);
	cr_assert_eq(load(&nic, "nic: !!str a\nports: !!seq\n  - !!map {name: eth0}\n", &error), 0,
		     "%s", error.text);
	nic_clear(&nic);
}

Test(nic_file, a_file_that_is_too_long_is_not_read)
{
	size_t size = (1 << 20) + 1;
	char *text = malloc(size);
	struct config_error error;
	struct nic nic;

	memset(text, '#', size);
	cr_assert_eq(load_bytes(&nic, text, size, &error), -EFBIG);
	cr_assert(strstr(error.text, "1048576 bytes"), "%s", error.text);
	cr_assert_eq(load_bytes(&nic, text, size - 1, &error), -EINVAL);
	cr_assert(strstr(error.text, "empty"), "%s", error.text);
	free(text);
	cr_assert_eq(nic_load(&nic, "/dev/zero", &error), -EFBIG);
}

Test(nic_file, nul_bytes_are_refused)
{
	struct config_error error;
	struct nic nic;

	cr_assert_eq(load_bytes(&nic, PORT "\0", sizeof(PORT), &error), -EINVAL);
	cr_assert_neq(error.text[0], '\0');
}

/* Deep nesting, many keys, growing aliases: answered with an error, and soon. */
Test(nic_file, bombs_do_not_go_off, .timeout = 20)
{
	static const char *const pieces[] = {"[",     "{",    "- ",  "? ",  "a: {",
					     "[[",    "!!a ", "\"",  "&a ", "[a,",
					     "{a: [", "-\n",  "[\n", "[],", "a: &a b\n"};
	size_t size = 1 << 20;
	char *text = malloc(size + 1);
	struct config_error error;
	struct nic nic;

	for (size_t p = 0; p < sizeof(pieces) / sizeof(pieces[0]); p++) {
		size_t length = strlen(pieces[p]);

		for (size_t at = 0; at + length <= size; at += length)
			memcpy(text + at, pieces[p], length);
		cr_assert_lt(load_bytes(&nic, text, size / length * length, &error), 0, "%s",
			     pieces[p]);
		cr_assert_neq(error.text[0], '\0');
	}
	strcpy(text, "nic: &a [x,x,x,x,x,x,x,x,x]\n");
	for (char c = 'b'; c < 'z'; c++)
		sprintf(text + strlen(text), "k%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n", c, c,
			c - 1, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1);
	cr_assert_eq(load(&nic, text, &error), -EINVAL);
	free(text);
}

Test(nic_file, what_the_file_says_cannot_control_the_terminal)
{
	struct config_error error;
	struct nic nic;

	cr_assert_eq(load(&nic, "nic: a\n\"\\e[31m\": b\n", &error), -EINVAL);
	cr_assert_null(strchr(error.text, '\x1b'));
}

Test(nic_file, more_ports_than_the_limit_are_refused)
{
	char *text = malloc(200000);
	struct config_error error;
	struct nic nic;
	size_t length = (size_t)sprintf(text, HEAD);

	for (int i = 0; i < NIC_PORTS_MAX; i++)
		length += (size_t)sprintf(text + length, "- name: p%d\n", i);
	cr_assert_eq(load(&nic, text, &error), 0, "%s", error.text);
	cr_assert_eq(nic.num_ports, NIC_PORTS_MAX);
	nic_clear(&nic);
	sprintf(text + length, "- name: more\n");
	cr_assert_eq(load(&nic, text, &error), -EINVAL);
	cr_assert(strstr(error.text, "4096"), "%s", error.text);
	free(text);
}
