# SPDX-License-Identifier: GPL-2.0-or-later
"""The closed door: what the preloaded library can't reach fails, and never reaches the real kernel.

Everything runs in a network namespace of its own in which a real table is there to be seen by
whoever gets through.
"""
import os
import platform
import shutil
import sys
import tempfile
import unittest

from nicemu import NICEMU, run, skip_suite

AT_KERNEL = "real_table_of_the_kernel"

DUMP = r"""
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <linux/netlink.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nf_tables.h>
/* Prints the strings of a dump of all tables, or the errno of the first call that failed. */
static int dump(int fd)
{
	struct { struct nlmsghdr h; struct nfgenmsg g; } q = {
		{sizeof(q), NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE, NLM_F_REQUEST | NLM_F_DUMP, 1, 0}, {0}};
	static char data[65536];
	long n;
	if (fd < 0 || syscall(SYS_sendto, fd, &q, sizeof(q), 0, 0, 0) < 0)
		return printf("errno %d\n", errno), 1;
	n = syscall(SYS_recvfrom, fd, data, sizeof(data), MSG_DONTWAIT, 0, 0);
	if (n < 0)
		return printf("errno %d\n", errno), 1;
	for (long i = 0; i < n; i++)
		putchar(data[i] >= 32 && data[i] < 127 ? data[i] : '.');
	return putchar('\n'), 0;
}
"""
SOCKET = DUMP + "int main(void) { return dump(socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER)); }"
RAW = DUMP + "int main(void) { return dump(syscall(SYS_socket, AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER)); }"
HIGH_BITS = DUMP + """int main(void) { return dump(syscall(SYS_socket, AF_NETLINK | 1UL << 32, SOCK_RAW | 1UL << 40,
	NETLINK_NETFILTER)); }"""
INHERITED = DUMP + "#include <stdlib.h>\nint main(int c, char **v) { return dump(atoi(v[1])); }"
FOREIGN = DUMP + """int main(void) {
	long fd; unsigned arguments[3] = {AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER};
	(void)arguments;
	/* int 0x80: the i386 numbers, also from a 64-bit program. 359 is socket. */
	__asm__ volatile("int $0x80" : "=a"(fd) : "a"(359), "b"(AF_NETLINK), "c"(SOCK_RAW), "d"(NETLINK_NETFILTER) : "memory");
	if (fd < 0) { errno = -fd; fd = -1; }
	return dump(fd); }"""
X32 = DUMP + """int main(void) { return dump(syscall(0x40000000 | SYS_socket, AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER)); }"""
RING = """
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include <sys/syscall.h>
#include <linux/io_uring.h>
int main(void) { struct io_uring_params p = {0}; long fd = syscall(SYS_io_uring_setup, 4, &p);
	printf(fd < 0 ? "errno %d\\n" : "ring\\n", errno); return fd < 0; }
"""
IOCTL = """
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <linux/sockios.h>
int main(void) {
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	unsigned long numbers[] = {SIOCGIFINDEX, SIOCGIFINDEX | 1UL << 32, SIOCGIFCONF, SIOCETHTOOL, 0x89ff, 0x8910, 0x8990};
	for (unsigned i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		struct ifreq r = {0}; strcpy(r.ifr_name, "lo");
		long n = syscall(SYS_ioctl, fd, numbers[i], &r);
		printf("%d ", n < 0 ? errno : 0); }
	errno = 0;
	printf("other %d\\n", syscall(SYS_ioctl, fd, 0x541BUL, &fd) < 0 ? errno : 0); /* FIONREAD */
	return 0; }
"""
TABLES = """
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <netinet/in.h>
int main(void) {
	int four = socket(AF_INET, SOCK_DGRAM, 0), six = socket(AF_INET6, SOCK_DGRAM, 0), one = 1; char b[256] = {0};
	errno = 0; setsockopt(four, 0, 64, b, sizeof b); printf("%d ", errno);
	errno = 0; setsockopt(four, 0, 128, b, sizeof b); printf("%d ", errno);
	errno = 0; setsockopt(six, 41, 64, b, sizeof b); printf("%d ", errno);
	errno = 0; setsockopt(four, 0, 2, &one, sizeof one); printf("%d\\n", errno); /* IP_TTL goes on */
	return 0; }
"""
PROBE = """
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/bpf.h>
/* The errno of a call, 0 when it went well. */
#define TELL(call) do { errno = 0; long n_ = (call); printf("%d ", n_ < 0 ? errno : 0); } while (0)
int main(void) {
"""
LINK_SOCKETS = PROBE + """
	TELL(socket(17, SOCK_RAW, 0)); TELL(socket(17, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	TELL(syscall(SYS_socket, 2UL | 1UL << 40, 10UL | 1UL << 40, 0)); TELL(socket(2, 10 | SOCK_NONBLOCK, 0x300));
	TELL(socket(44, SOCK_RAW, 0)); TELL(socket(2, SOCK_DGRAM, 0)); TELL(socketpair(16, SOCK_RAW, 12, (int[2]){0}));
	putchar('\\n'); return 0; }
"""
OTHER_LINKS = PROBE + """
	int fd = socket(2, SOCK_DGRAM, 0), tun = open("/dev/net/tun", O_RDWR); char data[256] = {0};
	TELL(ioctl(fd, 0x890b, data)); TELL(ioctl(fd, 0x890c, data)); TELL(ioctl(fd, 0x890d, data));
	TELL(ioctl(fd, 0x8b01, data)); TELL(ioctl(fd, 0x8bff, data));
	TELL(ioctl(fd, TUNSETIFF, &(struct ifreq){.ifr_name = "stray0", .ifr_flags = IFF_TUN}));
	TELL(tun < 0 ? -(errno = 95) : ioctl(tun, TUNSETIFF, &(struct ifreq){.ifr_name = "stray0", .ifr_flags = IFF_TUN}));
	TELL(ioctl(fd, 0xc004743eUL, data)); TELL(ioctl(fd, 0x8904, data)); /* FIOGETOWN goes on */
	putchar('\\n'); return 0; }
"""
CALLS = PROBE + """
	union bpf_attr attr = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
	int self = syscall(434, getpid(), 0);
	TELL(syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr))); TELL(syscall(438, self, 1, 0));
	putchar('\\n'); return 0; }
"""
TABLES_READ = """
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
int main(void) {
	int four = socket(2, SOCK_DGRAM, 0), six = socket(10, SOCK_DGRAM, 0); char b[256] = "filter"; socklen_t n;
	int options[] = {64, 65, 96, 97, 128, 129, 130, 131};
	for (unsigned i = 0; i < 8; i++) { n = sizeof b; errno = 0; getsockopt(four, 0, options[i], b, &n); printf("%d ", errno); }
	for (unsigned i = 0; i < 2; i++) { n = sizeof b; errno = 0; getsockopt(six, 41, options[i], b, &n); printf("%d ", errno); }
	n = sizeof b; errno = 0; getsockopt(four, 0, 2, b, &n); printf("%d\\n", errno); /* IP_TTL goes on */
	return 0; }
"""
# The scope of a link-local address is looked up by the C library itself, past any preload.
SCOPE = """
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
int main(void) {
	struct addrinfo hints = {.ai_family = AF_INET6, .ai_flags = AI_NUMERICHOST}, *a;
	int e = getaddrinfo("fe80::1%lo", 0, &hints, &a);
	printf("%d %u\\n", e, e ? 0 : ((struct sockaddr_in6 *)a->ai_addr)->sin6_scope_id);
	return 0; }
"""
NETLINK_REFUSED = "errno 97\n"


class Door(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        os.chmod(cls.folder.name, 0o755)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def build(self, source, *flags):
        name = os.path.join(self.folder.name, "p%d" % len(os.listdir(self.folder.name)))
        result = run("cc", "-w", "-x", "c", "-", "-o", name, *flags, stdin=source)
        if result.returncode:
            self.skipTest("the C compiler can't build this here: " + result.stderr[-200:])
        return name

    def outside(self, *command):
        """In a namespace with a real table, without nicemu."""
        return self.inside_of([], command)

    def behind(self, *command):
        return self.inside_of([NICEMU, "exec", "--"], command)

    def inside_of(self, prefix, command):
        script = 'nft add table ip %s && "$@"' % AT_KERNEL
        return run("unshare", "-n", "sh", "-c", script, "sh", *prefix, *command)

    def assert_refused(self, result, output=NETLINK_REFUSED):
        self.assertNotIn(AT_KERNEL, result.stdout + result.stderr)
        self.assertEqual(result.stdout, output, result.stderr)

    def test_the_probe_sees_the_real_table_where_there_is_no_door(self):
        for source in (SOCKET, RAW, HIGH_BITS):
            result = self.outside(self.build(source, "-static"))
            self.assertIn(AT_KERNEL, result.stdout, result.stderr)

    def test_a_dynamic_program_is_answered_by_the_emulator(self):
        # The emulator has no tables; sendto and recvfrom are made directly, so socket() alone tells.
        result = self.behind("nft", "list", "tables")
        self.assertEqual((result.returncode, result.stdout), (0, ""), result.stderr)

    def test_a_static_program_is_refused_and_warned_of(self):
        result = self.behind(self.build(SOCKET, "-static"))
        self.assert_refused(result)
        self.assertIn("is a static program", result.stderr)

    def test_a_script_with_a_static_interpreter_is_warned_of(self):
        program = self.build(SOCKET, "-static")
        script = program + ".script"
        with open(script, "w") as out:
            out.write("#!%s\n" % program)
        os.chmod(script, 0o755)
        result = self.behind(script)
        self.assert_refused(result)
        self.assertIn("is a static program", result.stderr)

    def test_system_calls_made_directly_are_refused(self):
        self.assert_refused(self.behind(self.build(RAW)))

    def test_high_bits_of_an_argument_do_not_get_through(self):
        self.assert_refused(self.behind(self.build(HIGH_BITS)))

    def test_children_of_children_are_refused(self):
        self.assert_refused(self.behind("sh", "-c", "sh -c '%s; true'" % self.build(RAW)))

    def test_a_cleared_environment_does_not_open_the_door(self):
        self.assert_refused(self.behind("env", "-i", self.build(SOCKET)))

    def test_a_set_uid_program_gets_no_rights_and_no_kernel(self):
        program = self.build(SOCKET, "-static")
        os.chmod(program, 0o4755)
        result = self.behind(program)
        self.assert_refused(result)
        self.assertIn("static program", result.stderr)
        dynamic = self.build("#include <stdio.h>\n#include <unistd.h>\nint main(void)"
                             "{ printf(\"%d\\n\", geteuid()); return 0; }")
        os.chmod(dynamic, 0o4755)
        result = self.behind(dynamic)
        self.assertIn("set-uid", result.stderr)

    def test_foreign_system_calls_end_the_program(self):
        if platform.machine() != "x86_64":
            self.skipTest("i386 and x32 are foreign architectures of x86-64 only")
        for source in (FOREIGN, X32):
            program = self.build(source)
            result = self.behind(program)
            self.assertNotIn(AT_KERNEL, result.stdout)
            self.assertEqual(result.returncode, 128 + 31, result.stdout + result.stderr)
            self.assertIn("SIGSYS", result.stderr)

    def test_a_ring_cannot_be_made(self):
        self.assert_refused(self.behind(self.build(RING)), "errno 38\n")

    def test_interface_ioctls_are_refused_and_others_not(self):
        self.assert_refused(self.behind(self.build(IOCTL)), "95 95 95 95 95 95 95 other 0\n")

    def test_the_old_table_options_are_refused_and_others_not(self):
        self.assert_refused(self.behind(self.build(TABLES)), "92 92 92 0\n")

    def test_the_old_tables_are_not_listed_either(self):
        self.assert_refused(self.behind(self.build(TABLES_READ)), "92 " * 10 + "0\n")

    def test_sockets_on_links_are_refused_in_every_spelling(self):
        program = self.build(LINK_SOCKETS)
        self.assertTrue(self.outside(program).stdout.startswith("0 0 0 0 "), "the probe can't see a difference")
        # 95: netlink has no pairs.
        self.assert_refused(self.behind(program), "97 97 97 97 97 0 95 \n")

    def test_routes_wireless_links_and_new_links_are_refused(self):
        self.assert_refused(self.behind(self.build(OTHER_LINKS)), "95 95 95 95 95 95 95 95 0 \n")

    def test_programs_cannot_be_attached_nor_sockets_be_taken_from_others(self):
        program = self.build(CALLS)
        self.assertTrue(self.outside(program).stdout.startswith("0 0 "), "the probe can't see a difference")
        self.assert_refused(self.behind(program), "1 1 \n")

    def test_a_program_without_the_preload_is_refused(self):
        for words in (["env", "-u", "LD_PRELOAD", "nft", "list", "ruleset"],
                      ["env", "-u", "NICEMU_SOCKET", "nft", "list", "ruleset"],
                      ["env", "LD_PRELOAD=", "NICEMU_SOCKET=/nowhere", "nft", "list", "ruleset"],
                      ["sh", "-c", "unset LD_PRELOAD NICEMU_SOCKET; nft list ruleset"],
                      ["setpriv", "--reset-env", "nft", "list", "ruleset"],
                      ["unshare", "-U", "-r", "env", "-i", "PATH=" + os.environ["PATH"], "nft", "list", "ruleset"]):
            if shutil.which(words[0]):
                result = self.behind(*words)
                self.assertNotIn(AT_KERNEL, result.stdout + result.stderr, words)
                self.assertNotEqual(result.returncode, 0, words)

    def test_the_c_librarys_own_look_up_finds_no_real_interface(self):
        program = self.build(SCOPE)
        self.assertEqual(self.outside(program).stdout, "0 1\n")
        result = self.behind(program)
        self.assertNotRegex(result.stdout, r"^0 1\n", result.stderr)

    def test_an_inherited_netlink_socket_is_closed(self):
        program = self.build(INHERITED)
        script = ("import os, socket, subprocess, sys\n"
                  "s = socket.socket(16, 3, 12); os.set_inheritable(s.fileno(), True)\n"
                  "sys.exit(subprocess.call(sys.argv[1:] + [str(s.fileno())], close_fds=False))\n")
        result = self.outside(sys.executable, "-c", script, program)
        self.assertIn(AT_KERNEL, result.stdout, result.stderr)
        result = self.outside(sys.executable, "-c", script, NICEMU, "exec", "--", program)
        self.assert_refused(result, "errno 9\n")

    def test_other_inherited_descriptors_stay(self):
        result = self.behind("sh", "-c", "exec 7</etc/hostname; %s exec -- sh -c 'cat <&7'" % NICEMU)
        with open("/etc/hostname") as file:
            self.assertEqual(result.stdout, file.read(), result.stderr)

    def test_nothing_is_changed_in_the_real_kernel(self):
        script = ('nft add table ip %s; ip link set lo up; before=$(nft list ruleset; ip -j link); '
                  '"$0" exec -- sh -c "nft add table inet mine; nft flush ruleset; ip link set lo down; '
                  'ip link set eth0 down" 2>/dev/null; '
                  '[ "$before" = "$(nft list ruleset; ip -j link)" ] && echo same' % AT_KERNEL)
        self.assertEqual(run("unshare", "-n", "sh", "-c", script, NICEMU).stdout, "same\n")


if __name__ == "__main__":
    if not shutil.which("cc"):
        skip_suite("no C compiler")
    probe = run("unshare", "-n", "nft", "add", "table", "ip", "probe")
    if probe.returncode:
        skip_suite("no network namespace with nf_tables can be made here: " + probe.stderr.strip()[-200:])
    unittest.main()
