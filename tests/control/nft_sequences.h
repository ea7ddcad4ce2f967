/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rows of test_nft_sequence.c, which includes them into its table: no file that a formatter
 * understands. The first handle of a table is its first chain's.
 */
/* clang-format off */
{
	.says = "a chain on two devices is bound to each, in the order of its list; every rule goes "
		"to each, to the one that was bound last first",
	.script = "table;chain c eth1,eth0;rule c;rule c",
	.commands = "BIND eth1\nBIND eth0\nREPLACE eth0 1\nREPLACE eth1 1\n"
		    "REPLACE eth0 2\nREPLACE eth1 2\n",
	.rules = "c:2(0) c:3(0)",
},
{
	.says = "deleting the chain: DESTROY for each rule, then for each device UNBIND and the "
		"DESTROYs once more",
	.script = "table;chain c eth0,eth1;rule c;rule c\nremove c",
	.commands = "BIND eth0\nBIND eth1\nREPLACE eth1 1\nREPLACE eth0 1\n"
		    "REPLACE eth1 2\nREPLACE eth0 2\nDESTROY eth1 1\nDESTROY eth0 1\n"
		    "DESTROY eth1 2\nDESTROY eth0 2\nUNBIND eth0\n"
		    "DESTROY eth0 1 ENOENT\nDESTROY eth0 2 ENOENT\nUNBIND eth1\n"
		    "DESTROY eth1 1 ENOENT\nDESTROY eth1 2 ENOENT\n",
},
{
	.says = "5.4 sends no DESTROY after UNBIND",
	.kernel = "5.4",
	.script = "table;chain c eth0;rule c\nremove c",
	.commands = "BIND eth0\nREPLACE eth0 1\nDESTROY eth0 1\nUNBIND eth0\n",
},
{
	.says = "flushing the rules leaves the chain bound, and each rule is destroyed once",
	.script = "table;chain c eth0;rule c;rule c\nflush c",
	.commands = "BIND eth0\nREPLACE eth0 1\nREPLACE eth0 2\nDESTROY eth0 1\nDESTROY eth0 2\n",
},
{
	.says = "a refusal in a chain of the same batch: back to the BIND, then DESTROY for every "
		"rule of the batch",
	.script = "refuse REPLACE 3 ENOSPC\n"
		  "table;chain c eth0;rule c;rule c;rule c;rule c;rule c",
	.commands = "BIND eth0\nREPLACE eth0 1\nREPLACE eth0 2\nREPLACE eth0 3 ENOSPC\n"
		    "DESTROY eth0 2\nDESTROY eth0 1\nUNBIND eth0\nDESTROY eth0 1 ENOENT\n"
		    "DESTROY eth0 2 ENOENT\nDESTROY eth0 3 ENOENT\nDESTROY eth0 4 ENOENT\n"
		    "DESTROY eth0 5 ENOENT\n",
	.errors = "1:ENOSPC",
},
{
	.says = "a refusal in an older chain: back to the first message",
	.script = "table;chain c eth0\nrefuse REPLACE 3 ENOSPC\nrule c;rule c;rule c;rule c",
	.commands = "BIND eth0\nREPLACE eth0 1\nREPLACE eth0 2\nREPLACE eth0 3 ENOSPC\n"
		    "DESTROY eth0 2\nDESTROY eth0 1\n",
	.errors = "1:ENOSPC",
},
{
	.says = "5.4 takes nothing back",
	.kernel = "5.4",
	.script = "table;chain c eth0\nrefuse REPLACE 2 ENOSPC\nrule c;rule c",
	.commands = "BIND eth0\nREPLACE eth0 1\nREPLACE eth0 2 ENOSPC\n",
	.errors = "1:ENOSPC",
	.warnings = "stale-rule",
},
{
	.says = "deleted rules come back in reverse order, behind the others",
	.script = "table;chain c eth0;rule c;rule c;rule c\nrefuse REPLACE 1 ENOSPC\n"
		  "delete c 2;delete c 3;rule c",
	.commands = "BIND eth0\nREPLACE eth0 1\nREPLACE eth0 2\nREPLACE eth0 3\nDESTROY eth0 1\n"
		    "DESTROY eth0 2\nREPLACE eth0 4 ENOSPC\nREPLACE eth0 2\nREPLACE eth0 1\n",
	.rules = "c:2(0) c:3(0) c:4(0)",
	.errors = "1:ENOSPC",
	.warnings = "order-differs order-differs",
},
{
	.says = "a chain that is deleted and comes back: BIND first, then its rules, the last first",
	.script = "table;chain c eth0;rule c;rule c\nremove c;drop d eth1",
	.commands = "BIND eth0\nREPLACE eth0 1\nREPLACE eth0 2\nDESTROY eth0 1\nDESTROY eth0 2\n"
		    "UNBIND eth0\nDESTROY eth0 1 ENOENT\nDESTROY eth0 2 ENOENT\nBIND eth0\n"
		    "REPLACE eth0 2\nREPLACE eth0 1\n",
	.rules = "c:2(0) c:3(0)",
	.errors = "1:EOPNOTSUPP",
	.warnings = "order-differs order-differs",
},
{
	.says = "undoing stops at the first step that fails",
	.script = "table;chain c eth0;rule c;rule c\nrefuse REPLACE 2 ENOSPC\n"
		  "delete c 2;delete c 3;insert c",
	.commands = "BIND eth0\nREPLACE eth0 1\nREPLACE eth0 2\nDESTROY eth0 1\nDESTROY eth0 2\n"
		    "REPLACE eth0 2\nREPLACE eth0 1 ENOSPC\n",
	.rules = "c:2(0) c:3(0)",
	.errors = "1:EOPNOTSUPP",
	.warnings = "order-differs",
	.fault = true,
},
{
	.says = "a refused DESTROY is the delete's error, and stops the commit",
	.script = "table;chain c eth0;rule c;rule c\nrefuse DESTROY 2 ENOENT\nflush c",
	.commands = "BIND eth0\nREPLACE eth0 1\nREPLACE eth0 2\nDESTROY eth0 1\n"
		    "DESTROY eth0 2 ENOENT\nREPLACE eth0 1\n",
	.rules = "c:2(0) c:3(0)",
	.errors = "1:ENOENT",
	.warnings = "order-differs",
},
{
	.says = "the failing rule stays on a device of an older chain that had accepted it",
	.script = "table;chain c eth0,eth1\nrefuse REPLACE 2 ENOSPC\nrule c\nremove c",
	.commands = "BIND eth0\nBIND eth1\nREPLACE eth1 1\nREPLACE eth0 1 ENOSPC\n"
		    "UNBIND eth0\nUNBIND eth1\n",
	.warnings = "stale-rule",
},
{
	.says = "a device that refuses BIND: the ones before are unbound",
	.script = "refuse BIND 2 EBUSY\ntable;chain c eth0,eth1;rule c",
	.commands = "BIND eth0\nBIND eth1 EBUSY\nUNBIND eth0\nDESTROY eth0 1 ENOENT\n",
	.errors = "1:EBUSY",
},
{
	.says = "a new chain with policy drop is refused at commit, what came before is undone",
	.script = "table;chain c eth0;rule c;drop d eth1",
	.commands = "BIND eth0\nREPLACE eth0 1\nDESTROY eth0 1\nUNBIND eth0\nDESTROY eth0 1 ENOENT\n",
	.errors = "1:EOPNOTSUPP",
},
{
	.says = "a policy that is changed is software's only",
	.script = "table;chain c eth0;rule c\npolicy c",
	.commands = "BIND eth0\nREPLACE eth0 1\n",
	.rules = "c:2(0)",
	.warnings = "policy-software-only",
},
{
	.says = "a device that is added to a chain gets neither BIND nor rules, also none later; no "
		"UNBIND when the chain goes",
	.script = "table;chain c eth0;rule c\ndevice c eth1\nrule c\nremove c",
	.commands = "BIND eth0\nREPLACE eth0 1\nREPLACE eth0 2\nDESTROY eth0 1\nDESTROY eth0 2\n"
		    "UNBIND eth0\nDESTROY eth0 1 ENOENT\nDESTROY eth0 2 ENOENT\n",
	.warnings = "device-not-bound",
},
{
	.says = "a rule in the middle of the chain is the last in hardware",
	.script = "table;chain c eth0;rule c;rule c\nafter c 2",
	.commands = "BIND eth0\nREPLACE eth0 1\nREPLACE eth0 2\nREPLACE eth0 3\n",
	.rules = "c:2(0) c:4(0) c:3(0)",
	.warnings = "order-differs",
},
{
	.says = "a rule after the last one is in order",
	.script = "table;chain c eth0;rule c;rule c\nafter c 3",
	.commands = "BIND eth0\nREPLACE eth0 1\nREPLACE eth0 2\nREPLACE eth0 3\n",
	.rules = "c:2(0) c:3(0) c:4(0)",
},
{
	.says = "insert is refused before the NIC hears of it",
	.script = "table;chain c eth0;rule c\ninsert c",
	.commands = "BIND eth0\nREPLACE eth0 1\n",
	.rules = "c:2(0)",
	.errors = "1:EOPNOTSUPP",
},
{
	.says = "a driver that asks for another try gets the batch again, but not for ever",
	.script = "table;chain c eth0\nrefuse REPLACE 1 EAGAIN\nrule c",
	.commands = "BIND eth0\nREPLACE eth0 1 EAGAIN\nREPLACE eth0 2\n",
	.rules = "c:3(0)",
},
{
	.says = "each listing adds what came since the last one, from all devices",
	.script = "table;chain c eth0,eth1;rule c\npackets 10\nlist\nlist",
	.commands = "BIND eth0\nBIND eth1\nREPLACE eth1 1\nREPLACE eth0 1\n",
	.rules = "c:2(20)",
},
{
	.says = "STATS that the driver refuses leave the counter as it is",
	.script = "table;chain c eth0;rule c\npackets 10\nrefuse STATS 1 EIO\nlist",
	.commands = "BIND eth0\nREPLACE eth0 1\n",
	.rules = "c:2(10)",
},
{
	.says = "a device that goes: nf_tables says nothing; the other devices stay bound",
	.script = "table;chain c eth0,eth1;rule c\ngone eth0\nrule c\nremove c",
	.commands = "BIND eth0\nBIND eth1\nREPLACE eth1 1\nREPLACE eth0 1\ngone eth0\n"
		    "REPLACE eth1 2\nDESTROY eth1 1\nDESTROY eth1 2\nUNBIND eth1\n"
		    "DESTROY eth1 1 ENOENT\nDESTROY eth1 2 ENOENT\n",
	.warnings = "device-gone",
},
{
	.says = "before chains could be left without devices, the last one takes the chain along",
	.kernel = "6.12.95",
	.script = "table;chain c eth0;rule c\ngone eth0\nrule c",
	.commands = "BIND eth0\nREPLACE eth0 1\ngone eth0\n",
	.errors = "1:ENOENT@28",
	.warnings = "device-gone chain-gone",
},
{
	.says = "before absent devices were allowed, the last device leaves an empty chain",
	.kernel = "6.12.117",
	.script = "table;chain c eth0;rule c\ngone eth0\nrule c",
	.commands = "BIND eth0\nREPLACE eth0 1\ngone eth0\n",
	.rules = "c:2(0) c:3(0)",
	.warnings = "device-gone",
},
{
	.says = "before 6.4, too, the last device takes the chain along",
	.kernel = "6.1",
	.script = "table;chain c eth0;rule c;rule c\ngone eth0",
	.commands = "BIND eth0\nREPLACE eth0 1\nREPLACE eth0 2\ngone eth0\n",
	.warnings = "device-gone chain-gone",
},
{
	.says = "a kernel without that bug would unbind the device from its chain",
	.kernel = "ideal",
	.script = "table;chain c eth0,eth1;rule c\ngone eth0",
	.commands = "BIND eth0\nBIND eth1\nREPLACE eth1 1\nREPLACE eth0 1\n"
		    "UNBIND eth0\nDESTROY eth0 1\ngone eth0\n",
	.rules = "c:2(0)",
},
{
	.says = "5.4.0 acts on any event of the device: going down comes before going away",
	.kernel = "5.4.0",
	.script = "table;chain c eth0;rule c\ngone eth0",
	.commands = "BIND eth0\nREPLACE eth0 1\nDESTROY eth0 1\nUNBIND eth0\ngone eth0\n",
	.warnings = "chain-gone",
},
{
	.says = "5.4.0 acts on any event of the device: a new name unbinds the chain",
	.kernel = "5.4.0",
	.script = "table;chain c eth0;rule c\nrename eth0 x",
	.commands = "BIND eth0\nREPLACE eth0 1\nDESTROY x 1\nUNBIND x\n",
	.rules = "c:2(0)",
},
{
	.says = "a device that comes back is a new one: no BIND, no rules, also none later",
	.script = "table;chain c eth0;rule c\ngone eth0\ncame eth0\nrule c\nremove c",
	.commands = "BIND eth0\nREPLACE eth0 1\ngone eth0\n",
	.warnings = "device-gone device-not-bound",
},
{
	.says = "a chain made for a device that was deleted has nothing to bind; nor later",
	.script = "gone eth0\ntable;chain c eth0;rule c\ncame eth0\nrule c",
	.commands = "gone eth0\n",
	.rules = "c:2(0) c:3(0)",
	.warnings = "device-not-a-port device-not-bound",
},
{
	.says = "a new name is nothing to hardware",
	.kernel = "6.12",
	.script = "table;chain c eth0;rule c\nrename eth0 x\nrule c\nremove c",
	.commands = "BIND eth0\nREPLACE eth0 1\nREPLACE x 2\nDESTROY x 1\nDESTROY x 2\nUNBIND x\n"
		    "DESTROY x 1 ENOENT\nDESTROY x 2 ENOENT\n",
},
{
	.says = "where chains keep names, a device with a new one still gets rules, but no UNBIND",
	.script = "table;chain c eth0;rule c\nrename eth0 x\nrule c\nremove c",
	.commands = "BIND eth0\nREPLACE eth0 1\nREPLACE x 2\nDESTROY x 1\nDESTROY x 2\n",
	.warnings = "device-renamed",
},
{
	.says = "a device that has its name again is unbound",
	.script = "table;chain c eth0;rule c\nrename eth0 x\nrename x eth0\nremove c",
	.commands = "BIND eth0\nREPLACE eth0 1\nDESTROY eth0 1\nUNBIND eth0\n"
		    "DESTROY eth0 1 ENOENT\n",
	.warnings = "device-renamed",
},
{
	.says = "a renamed device's chain that is to be deleted, and comes back, was never unbound",
	.script = "table;chain c eth0;rule c\nrename eth0 x\nremove c;drop d eth1",
	.commands = "BIND eth0\nREPLACE eth0 1\nDESTROY x 1\nREPLACE x 1\n",
	.rules = "c:2(0)",
	.errors = "1:EOPNOTSUPP",
	.warnings = "device-renamed",
},
{
	.says = "cookies are not used again",
	.script = "table;chain c eth0;rule c\ndelete c 2\nrule c\nflush c\nrule c",
	.commands = "BIND eth0\nREPLACE eth0 1\nDESTROY eth0 1\nREPLACE eth0 2\nDESTROY eth0 2\n"
		    "REPLACE eth0 3\n",
	.rules = "c:4(0)",
},
