/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change.h"

#include "link.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <string.h>

struct asked {
	const char *name, *kind;
	bool other; /* an attribute that nothing here heeds */
};

static int take_kind(const struct nlattr *attribute, void *data)
{
	struct asked *asked = data;
	int type = mnl_attr_get_type(attribute);

	if (type == IFLA_INFO_KIND) {
		/* A kernel takes it with or without its NUL; ip sends none. */
		if (strnlen(mnl_attr_get_payload(attribute), mnl_attr_get_payload_len(attribute)) ==
			    5 &&
		    !memcmp(mnl_attr_get_payload(attribute), "dummy", 5))
			asked->kind = "dummy";
		else
			asked->kind = "?";
	} else {
		asked->other = true;
	}
	return MNL_CB_OK;
}

static int take(const struct nlattr *attribute, void *data)
{
	struct asked *asked = data;

	switch (mnl_attr_get_type(attribute)) {
	case IFLA_IFNAME:
		if (mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) < 0)
			return MNL_CB_ERROR;
		asked->name = mnl_attr_get_str(attribute);
		break;
	case IFLA_LINKINFO:
		if (mnl_attr_validate(attribute, MNL_TYPE_NESTED) < 0)
			return MNL_CB_ERROR;
		return mnl_attr_parse_nested(attribute, take_kind, asked);
	case IFLA_EXT_MASK: break;
	default: asked->other = true;
	}
	return MNL_CB_OK;
}

static int parse(const struct nlmsghdr *request, struct asked *asked)
{
	if (mnl_nlmsg_get_payload_len(request) < sizeof(struct ifinfomsg) ||
	    mnl_attr_parse(request, sizeof(struct ifinfomsg), take, asked) < 0)
		return -EINVAL;
	if (asked->name && strlen(asked->name) >= IFNAMSIZ)
		return -ERANGE;
	return 0;
}

static const char only_names[] = "nicemu: of a port only its name can be changed";

/* The link that is meant, by index or else by name: 0 or -ENODEV. */
static int find(const struct nic *nic, const struct ifinfomsg *info, const char *name,
		struct link *link)
{
	if (info->ifi_index > 0)
		return link_by_ifindex(nic, (uint32_t)info->ifi_index, link);
	return name ? link_by_name(nic, name, link) : -ENODEV;
}

static int check_name(const struct nic *nic, const char *name, const char **text)
{
	if (strchr(name, '%')) {
		*text = "nicemu: names are not numbered: give a whole name";
		return -EOPNOTSUPP;
	}
	if (!nic_valid_port_name(name))
		return -EINVAL;
	return nic_port_by_name(nic, name) >= 0 || !strcmp(name, "lo") ? -EEXIST : 0;
}

static int modify(const struct nic *nic, const struct ifinfomsg *info, const struct asked *asked,
		  const struct link *link, struct change *change, const char **text)
{
	bool new_name = asked->name && *asked->name && strcmp(asked->name, link->name);

	/* Up is what they are. */
	if (asked->other || asked->kind || (info->ifi_change & ~(unsigned int)IFF_UP) ||
	    (info->ifi_change & IFF_UP && !(info->ifi_flags & IFF_UP))) {
		*text = only_names;
		return -EOPNOTSUPP;
	}
	if (!new_name)
		return 0;
	if (link->flags & IFF_LOOPBACK) {
		*text = "nicemu: lo keeps its name";
		return -EOPNOTSUPP;
	}
	change->what = CHANGE_NAME;
	change->name = asked->name;
	change->port = nic_port_by_ifindex(nic, link->ifindex);
	return check_name(nic, asked->name, text);
}

static int add(const struct nic *nic, const struct ifinfomsg *info, const struct asked *asked,
	       struct change *change, const char **text)
{
	size_t number = (size_t)info->ifi_index - NIC_FIRST_IFINDEX;
	int error;

	if (!asked->kind || strcmp(asked->kind, "dummy")) {
		*text = asked->kind ? "nicemu: ports are added with type dummy; there are no links "
				      "of other types"
				    : "Unknown device type";
		return -EOPNOTSUPP;
	}
	if (!asked->name || !*asked->name || asked->other) {
		*text = asked->other ? "nicemu: a new port takes a name, an index, nothing else"
				     : "nicemu: a new port needs a name";
		return -EOPNOTSUPP;
	}
	error = check_name(nic, asked->name, text);
	if (error)
		return error;
	if (!nic->open_ports && nic_gone_port(nic, asked->name) < 0) {
		*text = "nicemu: the NIC file says which ports there are; only one that was "
			"deleted can be added";
		return -EOPNOTSUPP;
	}
	change->what = CHANGE_ADD;
	change->name = asked->name;
	if (info->ifi_index <= 0)
		return 0;
	if (info->ifi_index < NIC_FIRST_IFINDEX || number >= nic->num_ports) {
		*text = "nicemu: an index can only be that of a port that was deleted";
		return -EOPNOTSUPP;
	}
	change->what = CHANGE_RETURN;
	change->port = (int)number;
	return 0;
}

int change_new_link(const struct nic *nic, const struct nlmsghdr *request, struct change *change,
		    const char **text)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(request);
	struct asked asked = {0};
	struct link link;
	int error = parse(request, &asked);

	if (error)
		return error;
	if (info->ifi_index < 0)
		return -EINVAL;
	if (!find(nic, info, asked.name, &link)) {
		if (request->nlmsg_flags & NLM_F_EXCL)
			return -EEXIST;
		if (request->nlmsg_flags & NLM_F_REPLACE)
			return -EOPNOTSUPP;
		return modify(nic, info, &asked, &link, change, text);
	}
	if (!(request->nlmsg_flags & NLM_F_CREATE))
		return -ENODEV;
	return add(nic, info, &asked, change, text);
}

int change_del_link(const struct nic *nic, const struct nlmsghdr *request, struct change *change,
		    const char **text)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(request);
	struct asked asked = {0};
	struct link link;
	int error = parse(request, &asked);

	if (error)
		return error;
	if (info->ifi_index <= 0 && !asked.name)
		return asked.other ? -ENODEV : -EINVAL; /* other: a group, and all are in group 0 */
	error = find(nic, info, asked.name, &link);
	if (error)
		return error;
	if (link.flags & IFF_LOOPBACK)
		return -EOPNOTSUPP;
	change->what = CHANGE_REMOVE;
	change->port = nic_port_by_ifindex(nic, link.ifindex);
	return 0;
}
