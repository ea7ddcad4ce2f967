/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "attach.h"

#include <nicemu/kernel/wire.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

static const char device[] = "/dev/" KMOD_DEVICE;
static const char loaded[] = "/sys/module/" KMOD_DEVICE;

/* The first line of a file, "" where there is none. */
static void read_line(const char *path, char *text, size_t size)
{
	FILE *in = fopen(path, "re");

	*text = '\0';
	if (in && !fgets(text, (int)size, in))
		*text = '\0';
	if (in)
		fclose(in);
	text[strcspn(text, "\n")] = '\0';
}

static bool kernel_has_symbol(const char *symbol)
{
	FILE *in = fopen("/proc/kallsyms", "re");
	char line[512], name[256];
	bool found = false;

	if (!in)
		return true; /* not known: it is not to blame */
	while (!found && fgets(line, sizeof(line), in))
		found = sscanf(line, "%*s %*s %255s", name) == 1 && strcmp(name, symbol) == 0;
	fclose(in);
	return found;
}

/* The kernel takes only modules with a signature that it knows. */
static bool signatures_enforced(void)
{
	char enforce[16], lockdown[128];

	read_line("/sys/module/module/parameters/sig_enforce", enforce, sizeof(enforce));
	read_line("/sys/kernel/security/lockdown", lockdown, sizeof(lockdown));
	return enforce[0] == 'Y' || enforce[0] == '1' || (*lockdown && !strstr(lockdown, "[none]"));
}

static int explain_signature(const char *file)
{
	return complain(EXIT_ENVIRONMENT,
			"%s: this kernel loads only signed modules (module.sig_enforce=1, or "
			"lockdown by secure boot): sign it with a key that the kernel trusts "
			"(DKMS does with mokutil), or boot without the enforcement",
			file);
}

static int explain_load(const char *file, int error)
{
	if (error == ENOKEY || error == EKEYREJECTED || error == EBADMSG ||
	    (error == EPERM && signatures_enforced()))
		return explain_signature(file);
	if (error == EPERM || error == EACCES)
		return complain(EXIT_ENVIRONMENT,
				"%s: loading a module needs root's rights: run nicemu with sudo",
				file);
	if (error == ENOEXEC)
		return complain(EXIT_ENVIRONMENT,
				"%s: it is no module for this kernel: build it against the "
				"headers of the kernel that runs (`uname -r`)",
				file);
	if (error == ENOENT && !kernel_has_symbol("register_kprobe"))
		return complain(EXIT_ENVIRONMENT,
				"%s: this kernel has no KPROBES, which the module needs: run one "
				"with CONFIG_KPROBES=y (distributions' kernels have it)",
				file);
	if (error == ENOENT)
		return complain(EXIT_ENVIRONMENT,
				"%s: a symbol that it needs is missing: load what it stands on "
				"first (`modprobe nf_tables nf_flow_table netdevsim`); dmesg names "
				"the symbol",
				file);
	return complain(EXIT_ENVIRONMENT, "%s: can't be loaded: %s", file, strerror(error));
}

/* One that is loaded already is fine. */
static int load_module(const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC), error = 0;

	if (fd < 0)
		return complain(EXIT_ENVIRONMENT, "%s: %s", file, strerror(errno));
	if (syscall(SYS_finit_module, fd, "", 0) < 0)
		error = errno;
	close(fd);
	return error && error != EEXIST ? explain_load(file, error) : EXIT_DONE;
}

static int explain_absent(void)
{
	if (access(loaded, F_OK) == 0)
		return complain(EXIT_ENVIRONMENT,
				"the module %s is loaded, but there is no %s: mount devtmpfs on "
				"/dev, or make the node with the numbers from /proc/misc",
				KMOD_DEVICE, device);
	if (geteuid() != 0)
		return complain(EXIT_ENVIRONMENT,
				"the module %s is not loaded, and loading it and attaching need "
				"root's rights: run nicemu with sudo",
				KMOD_DEVICE);
	if (!kernel_has_symbol("register_kprobe"))
		return complain(EXIT_ENVIRONMENT,
				"the module %s is not loaded, and this kernel has no KPROBES, "
				"which it needs: run one with CONFIG_KPROBES=y (distributions' "
				"kernels have it)",
				KMOD_DEVICE);
	return complain(EXIT_ENVIRONMENT,
			"the module %s is not loaded: build it (`make -C emu/kernel`, with the "
			"headers of the running kernel) and load it (`insmod "
			"emu/kernel/%s.ko`, or `nicemu attach --module FILE.ko`)%s",
			KMOD_DEVICE, KMOD_DEVICE,
			signatures_enforced() ? "; this kernel loads only signed modules: sign it "
						"with a key that the kernel trusts"
					      : "");
}

static int explain_open(int error)
{
	if (error == ENOENT || error == ENODEV || error == ENXIO)
		return explain_absent();
	if (error == EACCES || error == EPERM)
		return complain(EXIT_ENVIRONMENT,
				"%s: attaching needs root's rights: run nicemu with sudo", device);
	if (error == EBUSY)
		return complain(EXIT_ENVIRONMENT,
				"%s: another program is attached; end it first (`nicemu stop "
				"--socket PATH`; `fuser %s` names its process)",
				device, device);
	return complain(EXIT_ENVIRONMENT, "%s: %s", device, strerror(error));
}

int attach_open_device(const struct attach_options *options, int *fd)
{
	int status = options->module && access(loaded, F_OK) < 0 ? load_module(options->module)
								 : EXIT_DONE;

	*fd = -1;
	if (status)
		return status;
	*fd = open(device, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return *fd < 0 ? explain_open(errno) : EXIT_DONE;
}

void attach_kernel_version(char *text, size_t size)
{
	struct utsname name;
	const char *at;

	snprintf(text, size, "?");
	if (uname(&name) < 0)
		return;
	at = strstr(name.version, "Debian ");
	at = at ? at + strlen("Debian ") : name.release;
	snprintf(text, size, "%.*s", (int)strspn(at, "0123456789."), at);
}
