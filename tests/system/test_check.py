# SPDX-License-Identifier: GPL-2.0-or-later
"""nicemu check: verdicts, where they stand, formats, exit statuses."""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import xml.etree.ElementTree as ElementTree

from nicemu import NICEMU, RULES, SOURCE, end_group, nicemu, run, skip_suite, start

CHAIN = 'type filter hook ingress device "eth0" priority 10; flags offload;'


def chain(*rules, head=CHAIN, table="t", name="c"):
    return "table netdev %s {\n\tchain %s {\n\t\t%s\n%s\t}\n}\n" % (
        table, name, head, "".join("\t\t%s\n" % rule for rule in rules))


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, text, name="rules.nft"):
        with open(os.path.join(self.folder, name), "w") as f:
            f.write(text)
        return name

    def check(self, *words, status=None, **more):
        done = nicemu("check", *words, cwd=self.folder, **more)
        if status is not None:
            self.assertEqual(done.returncode, status, (words, done.stdout, done.stderr))
        return done

    def document(self, *words, status=None, **more):
        return json.loads(self.check("-j", *words, status=status, **more).stdout)

    def run_of(self, text, *words, status=None):
        return self.document(*words, self.write(text), status=status)["runs"][0]


class Verdicts(Case):
    def test_a_file_whose_rules_are_all_offloaded_is_0(self):
        found = self.run_of(chain("ip saddr 10.0.0.0/8 counter drop", 'tcp dport 80 accept comment "web"'), status=0)
        self.assertEqual([r["verdict"] for r in found["rules"]], ["offloaded"] * 2)
        self.assertEqual([(r["line"], r["column"]) for r in found["rules"]], [(4, 3), (5, 3)])
        self.assertEqual([r["rule"] for r in found["rules"]],
                         ["ip saddr 10.0.0.0/8 counter drop", "tcp dport 80 accept"])
        self.assertEqual(found["rules"][1]["comment"], "web")
        self.assertEqual([r["handle"] for r in found["rules"]], [2, 3])

    def test_a_refused_rule_hides_no_other_and_says_why_and_where(self):
        found = self.run_of(chain("ip saddr != 1.2.3.4 drop", "ip daddr 1.2.3.4 drop", "tcp dport { 1, 2 } drop"),
                            status=1)
        self.assertEqual([r["verdict"] for r in found["rules"]], ["refused", "offloaded", "refused"])
        first = found["rules"][0]
        self.assertEqual((first["line"], first["column"]), (4, 12))
        self.assertEqual((first["id"], first["errno"], first["layer"]), ("compare-operator", "EOPNOTSUPP", "kernel"))
        self.assertEqual(first["expression"], "ip saddr != 1.2.3.4")
        self.assertEqual(first["rule"], "ip saddr != 1.2.3.4 drop")
        self.assertIn("only be compared", first["reason"])
        self.assertIn("`ip saddr 1.2.3.4 accept`", first["hint"])

    def test_a_rule_has_a_verdict_on_each_port(self):
        head = 'type filter hook ingress devices = { "eth2", "eth0", "eth10" } priority 10; flags offload;'
        found = self.run_of(chain("ip saddr 1.2.3.4 drop", 'iifname "x" drop', head=head), status=1)
        self.assertEqual([(r["port"], r["verdict"]) for r in found["rules"]],
                         [("eth0", "offloaded"), ("eth2", "offloaded"), ("eth10", "offloaded"),
                          ("eth0", "refused"), ("eth2", "refused"), ("eth10", "refused")])
        self.assertEqual({r["line"] for r in found["rules"][:3]}, {4})
        self.assertEqual({r["line"] for r in found["rules"][3:]}, {5})

    def test_a_full_table_refuses_what_comes_after(self):
        nic = self.write("nic: small\nmodel: generic\nentries: 2\nports:\n  - name: eth0\n", "nic.yaml")
        found = self.document("-n", nic, self.write(chain(*["ip saddr 10.0.0.%d drop" % i for i in range(4)])),
                              status=1)["runs"][0]
        self.assertEqual([r["verdict"] for r in found["rules"]], ["offloaded"] * 2 + ["refused"] * 2)
        self.assertEqual({r["layer"] for r in found["rules"][2:]}, {"capacity"})

    def test_a_refused_rule_takes_no_entry(self):
        nic = self.write("nic: small\nmodel: generic\nentries: 1\nports:\n  - name: eth0\n", "nic.yaml")
        found = self.document("-n", nic, self.write(chain("ip saddr != 1.2.3.4 drop", "ip daddr 1.2.3.4 drop")),
                              status=1)["runs"][0]
        self.assertEqual([r["verdict"] for r in found["rules"]], ["refused", "offloaded"])

    def test_a_rule_that_nf_tables_itself_does_not_take_is_refused_too(self):
        found = self.run_of(chain("ct state new drop", "ip daddr 1.2.3.4 drop"), status=1)
        self.assertEqual([r["id"] for r in found["rules"]], ["connection-tracking-family", None])
        self.assertEqual(found["errors"], [])

    def test_an_inserted_rule_is_refused_and_a_replaced_one_too(self):
        text = chain("ip saddr 1.2.3.4 drop") + "insert rule netdev t c ip saddr 1.2.3.5 drop\n"
        found = self.run_of(text, status=1)
        self.assertEqual([(r["line"], r["id"]) for r in found["rules"]], [(4, None), (7, "insert-rule")])
        self.write("replace rule netdev t c handle 2 ip saddr 1.2.3.6 drop\n", "second.nft")
        found = self.document(self.write(chain("ip saddr 1.2.3.4 drop")), "second.nft", status=1)["runs"][0]
        self.assertEqual([(r["file"], r["id"]) for r in found["rules"]],
                         [("rules.nft", None), ("second.nft", "replace-rule")])

    def test_other_chains_are_counted_and_not_judged(self):
        text = chain("ip saddr 1.2.3.4 drop") + """table inet f {
	chain inside { type filter hook input priority 0; tcp dport 22 accept; ct state new drop; }
}
"""
        found = self.run_of(text, status=0)
        self.assertEqual((len(found["rules"]), found["other_rules"]), (1, 2))
        self.assertIn("2 rules in other chains are not for the NIC", self.check("rules.nft").stdout)

    def test_flowtables_are_said_not_to_be_checked(self):
        text = chain("ip saddr 1.2.3.4 drop") + """table inet f {
	flowtable ft { hook ingress priority 0; devices = { "eth0" }; }
	chain forward { type filter hook forward priority 0; ip protocol tcp flow add @ft; ip saddr 1.1.1.1 drop; }
}
"""
        found = self.run_of(text, status=0)
        self.assertEqual([(f["line"], f["flowtable"]) for f in found["flowtables"]], [(8, "ft")])
        self.assertEqual((found["flow_rules"], found["other_rules"]), (1, 1))
        self.assertIn("1 flowtable: not checked yet", self.check("rules.nft").stdout)


class Blame(Case):
    """Which statement a driver does not take: models are asked about less and less of the rule."""

    def refused(self, model, *rules):
        found = self.document("-m", model, self.write(chain(*rules)), status=1)["runs"][0]["rules"]
        return [(r["id"], r["expression"], r["column"]) for r in found if r["verdict"] == "refused"]

    def test_a_match_that_the_model_does_not_know(self):
        self.assertEqual(self.refused("sfc", 'ip saddr 1.2.3.4 iif "eth0" drop'),
                         [("sfc:unsupported-key", 'iif "eth0"', 20)])

    def test_an_action_that_the_model_does_not_have(self):
        self.assertEqual(self.refused("dpaa2-switch", "ip saddr 1.2.3.4 counter accept", "ip saddr 1.2.3.5 drop"),
                         [("dpaa2-switch:unsupported-action", "accept", 28)])

    def test_a_target_that_the_driver_cannot_reach(self):
        self.assertEqual(self.refused("mlx5", 'ip saddr 1.2.3.4 fwd to "eth1"'),
                         [("mlx5:uplink-to-uplink", 'fwd to "eth1"', 20)])

    def test_a_target_also_where_the_rule_without_matches_is_refused_for_another_reason(self):
        nic = self.write("nic: one\nmodel: nfp\nports:\n  - {name: eth0}\n  - {name: pf0, kind: pf}\n", "nic.yaml")
        rules = self.write(chain('ip saddr 1.2.3.4 fwd to "pf0"'))
        rule, = self.document("-n", nic, rules, status=1)["runs"][0]["rules"]
        self.assertEqual((rule["id"], rule["expression"], rule["column"]), ("nfp:out-port", 'fwd to "pf0"', 20))

    def test_nothing_single_where_something_lacks(self):
        self.assertEqual(self.refused("bnxt", "vlan id 20 counter drop"),
                         [("bnxt:needs-control-and-basic", None, 3)])

    def test_a_verdict_is_not_to_blame_because_another_one_is_refused_otherwise(self):
        self.assertEqual(self.refused("ice", "meta l4proto 47 drop"), [("ice:nothing-to-match", None, 3)])
        self.assertEqual(self.refused("hns3", "ip saddr 1.2.3.4 drop", "ip saddr 1.2.3.5 drop"),
                         [("hns3:priority-used", None, 3)])

    def test_what_was_asked_leaves_nothing_in_the_nic(self):
        self.write(chain('ip saddr 1.2.3.4 iif "eth0" drop', "ip saddr 1.2.3.4 drop"))
        nic = self.write("nic: one\nmodel: sfc\nports:\n  - name: eth0\n", "nic.yaml")
        found = self.document("-n", nic, "rules.nft", status=1)["runs"][0]
        self.assertEqual([r["verdict"] for r in found["rules"]], ["refused", "offloaded"])

    def test_a_rule_and_its_expression_have_masks_in_one_form(self):
        found = self.run_of(chain("tcp dport & 0xfff8 != 8 drop", "tcp dport & 65528 == 8 drop"), status=1)
        self.assertEqual([r["rule"] for r in found["rules"]],
                         ["tcp dport & 0xfff8 != 8 drop", "tcp dport & 0xfff8 == 8 drop"])
        self.assertEqual(found["rules"][0]["expression"], "tcp dport & 0xfff8 != 8")


class Chains(Case):
    def refused(self, head, **more):
        found = self.run_of(chain("ip saddr 1.2.3.4 drop", "ip saddr 1.2.3.5 drop", head=head), status=1, **more)
        self.assertEqual(found["rules"], [])
        self.assertEqual(len(found["chains"]), 1, found)
        self.assertEqual(found["chains"][0]["rules"], 2)
        self.assertEqual(found["unjudged_rules"], 2)
        self.assertEqual(found["chains"][0]["line"], 2)
        return found["chains"][0]

    def test_a_policy_of_drop_refuses_the_chain_once(self):
        self.assertEqual(self.refused(CHAIN.replace("flags", "policy drop; flags"))["id"], "policy-drop")

    def test_a_priority_that_is_no_tc_priority_refuses_the_chain_once(self):
        self.assertEqual(self.refused(CHAIN.replace("10", "-1"))["id"], "chain-priority")

    def test_a_device_that_is_no_port_refuses_the_chain_and_lists_the_ports(self):
        nic = self.write("nic: two\nports:\n  - name: eth4\n  - name: eth5\n", "nic.yaml")
        for kernel in ("6.1", "6.18"):
            with self.subTest(kernel):
                found = self.document("-n", nic, "-k", kernel, self.write(chain("ip saddr 1.2.3.4 drop")),
                                      status=1)["runs"][0]
                self.assertEqual([c["id"] for c in found["chains"]], ["no-such-port"])
                self.assertIn("its ports are eth4, eth5", found["chains"][0]["reason"])

    def test_the_other_chains_are_judged_all_the_same(self):
        text = chain("ip saddr 1.2.3.4 drop", head=CHAIN.replace("10", "0"), name="bad") + chain("tcp dport 1 drop")
        found = self.run_of(text, status=1)
        self.assertEqual([r["verdict"] for r in found["rules"]], ["offloaded"])
        self.assertEqual([c["chain"] for c in found["chains"]], ["bad"])

    def test_how_the_rules_of_a_ports_second_chain_can_be_judged_is_said_and_true(self):
        self.write(chain("tcp dport 1 drop"), "first.nft")
        self.write(chain("tcp dport 2 drop", "meta mark 1 drop", name="d"), "second.nft")
        words = "its 2 rules have not been judged: with --each, and in a file of its own, this chain would have the port\n"
        self.assertIn(words, self.check("first.nft", "second.nft", status=1).stdout)
        each = self.check("--each", "first.nft", "second.nft", status=1)
        self.assertNotIn("judged", each.stdout)
        found = self.document("--each", "first.nft", "second.nft", status=1)["runs"][0]
        self.assertEqual([(r["chain"], r["verdict"]) for r in found["rules"]],
                         [("c", "offloaded"), ("d", "offloaded"), ("d", "refused")])

    def test_of_other_refused_chains_it_is_not_said(self):
        self.write(chain("ip saddr 1.2.3.4 drop", head=CHAIN.replace("10", "0")))
        self.assertIn("  its 1 rule has not been judged\n", self.check("rules.nft", status=1).stdout)

    def test_what_a_later_file_does_to_a_refused_chain_is_no_error(self):
        self.write("add rule netdev t c ip saddr 1.2.3.6 drop\n", "second.nft")
        found = self.document(self.write(chain(head=CHAIN.replace("10", "0"))), "second.nft", status=1)["runs"][0]
        self.assertEqual((found["errors"], found["unjudged_rules"]), ([], 1))

    def test_lists_of_rules_that_are_left_out_go_with_them(self):
        rules = ("tcp dport { 1, 2 } drop", "tcp dport vmap { 1 : drop, 2 : jump other }",
                 "ip saddr 1.2.3.4 jump { tcp dport 1 drop; }")
        refused = chain(*rules, head=CHAIN.replace("10", "0"))
        left_out = {
            "of a refused chain": refused.replace("\tchain c", "\tchain other { }\n\tchain c"),
            "that the kernel does not take": chain("tcp dport { 1, 2 } ct state new drop", "ct state { new } drop",
                                                   "ct state new jump { drop; }"),
            "to a flowtable": "table inet t {\n\tflowtable ft { hook ingress priority 0; devices = { \"eth0\" }; }\n"
                              "\tchain c { type filter hook forward priority 0\n"
                              "\t\tmeta l4proto { tcp, udp } flow add @ft\n\t}\n}\n",
        }
        self.write("delete table netdev u\n" + chain("tcp dport 1 drop", name="last"), "second.nft")
        for what, text in left_out.items():
            with self.subTest(what):
                text = text.replace("table netdev t", "table netdev u") + "add table netdev u\n"
                done = self.check("-j", self.write(text), "second.nft")
                found = json.loads(done.stdout)["runs"][0]
                self.assertEqual((found["errors"], done.stderr), ([], ""))
                self.assertEqual([r["verdict"] for r in found["rules"] if r["chain"] == "last"], ["offloaded"])
                self.assertIsNotNone(found["rules"][-1]["handle"])


class Places(Case):
    def test_of_an_included_file(self):
        self.write("ip saddr 1.2.3.4 drop\n\tip saddr != 1.2.3.4 drop\n", "inner.nft")
        self.write("table netdev t {\n\tchain c {\n\t\t%s\n\t\tinclude \"./inner.nft\"\n\t}\n}\n" % CHAIN)
        found = self.document("rules.nft", status=1)["runs"][0]
        self.assertEqual([(os.path.basename(r["file"]), r["line"]) for r in found["rules"]],
                         [("inner.nft", 1), ("inner.nft", 2)])
        self.assertEqual({r["source"] for r in found["rules"]}, {"rules.nft"})

    def test_of_an_error_in_an_included_file(self):
        self.write("table netdev t {\n\tbogus\n}\n", "inner.nft")
        self.write("include \"./inner.nft\"\n")
        done = self.check("-j", "rules.nft", status=1)
        self.assertEqual([(e["file"], e["line"]) for e in json.loads(done.stdout)["runs"][0]["errors"]],
                         [("./inner.nft", 2)])
        self.assertTrue(done.stderr.startswith("./inner.nft:2:"), done.stderr)

    def test_of_a_variable_the_rule_that_uses_it(self):
        text = "define P = { 1, 2 }\n" + chain("ip saddr 1.2.3.4 drop", "tcp dport $P drop")
        self.assertEqual([(r["line"], r["verdict"]) for r in self.run_of(text, status=1)["rules"]],
                         [(5, "offloaded"), (6, "refused")])

    def test_of_a_match_that_nft_merged_the_rule(self):
        found = self.run_of(chain("tcp sport 1 tcp dport 2 drop"), status=1)
        self.assertEqual([(r["line"], r["column"]) for r in found["rules"]], [(4, 3)])

    def test_of_stdin(self):
        found = self.document("-", stdin=chain("ip saddr != 1.2.3.4 drop"), status=1)["runs"][0]
        self.assertEqual([(r["file"], r["line"]) for r in found["rules"]], [("stdin", 4)])

    def test_stdin_leaves_no_copy_behind_also_when_a_signal_ends_it(self):
        for delay in (0, 0.05, 0.3, 0.8):
            with self.subTest(delay):
                process = start(NICEMU, "check", "-m", "all", "-", cwd=self.folder, stdin=subprocess.PIPE,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                env=dict(os.environ, TMPDIR=self.folder))
                process.stdin.write(chain(*["ip saddr 10.0.%d.1 drop" % i for i in range(200)]))
                process.stdin.close()
                time.sleep(delay)
                process.send_signal(signal.SIGTERM)
                process.wait(30)
                # The emulator removes its folder when it has seen that nicemu is gone.
                for _ in range(100):
                    if not os.listdir(self.folder):
                        break
                    time.sleep(0.1)
                self.assertEqual(os.listdir(self.folder), [])
                end_group(process)

    def test_of_a_rule_over_several_lines(self):
        found = self.run_of(chain("ip saddr 1.2.3.4 \\\n\t\ttcp dport != 5 drop", "tcp dport 7 drop"), status=1)
        self.assertEqual([(r["line"], r["verdict"]) for r in found["rules"]], [(5, "refused"), (6, "offloaded")])

    def test_of_several_files_that_build_on_each_other(self):
        self.write("add rule netdev t c ip saddr 1.2.3.5 drop\nadd rule netdev t c ip saddr != 1.2.3.5 drop\n", "second.nft")
        found = self.document(self.write(chain("ip saddr 1.2.3.4 drop")), "second.nft", status=1)["runs"][0]
        self.assertEqual([(r["file"], r["line"], r["verdict"]) for r in found["rules"]],
                         [("rules.nft", 4, "offloaded"), ("second.nft", 1, "offloaded"), ("second.nft", 2, "refused")])

    def test_each_file_by_itself(self):
        self.write(chain("ip saddr 1.2.3.5 drop"), "second.nft")
        together = self.document(self.write(chain("ip saddr 1.2.3.4 drop", table="u")), "second.nft", status=1)
        self.assertEqual([c["id"] for c in together["runs"][0]["chains"]], ["port-has-a-block"])
        found = self.document("--each", "rules.nft", "second.nft", status=0)["runs"]
        self.assertEqual([[(r["file"], r["rule"]) for r in one["rules"]] for one in found],
                         [[("rules.nft", "ip saddr 1.2.3.4 drop"), ("second.nft", "ip saddr 1.2.3.5 drop")]])


class Errors(Case):
    def test_a_syntax_error_is_told_as_replay_tells_it(self):
        self.write("table netdev t {\n\tchain c { bogus }\n}\n")
        found = self.document("rules.nft", status=1)["runs"][0]
        self.assertEqual([(e["file"], e["line"], e["layer"]) for e in found["errors"]][0], ("rules.nft", 2, "nft"))
        replayed = nicemu("replay", "-r", "rules.nft", os.path.join(SOURCE, "pcaps", "demo.pcap"), cwd=self.folder)
        self.assertEqual(self.check("rules.nft").stderr, replayed.stderr)

    def test_an_object_that_is_not_there_is_told_as_replay_tells_it(self):
        self.write(chain("ip saddr 1.2.3.4 drop") + "add rule netdev t nowhere drop\n")
        found = self.document("rules.nft", status=1)["runs"][0]
        self.assertEqual([(e["line"], e["errno"]) for e in found["errors"]], [(7, "ENOENT")])
        self.assertEqual([r["verdict"] for r in found["rules"]], ["offloaded"])

    def test_of_a_target_that_is_no_port_those_that_are_are_listed(self):
        nic = self.write("nic: two\nports:\n  - name: eth4\n  - name: eth5\n", "nic.yaml")
        text = chain('ip saddr 1.2.3.4 fwd to "eth9"', head=CHAIN.replace("eth0", "eth4"))
        for words, hint in ((("-n", nic), "the ports of the NIC are eth4, eth5; its NIC file would have to name another"),
                            (("--port", "eth8"), "eth7, eth8; --port NAME adds one")):
            with self.subTest(words):
                found = self.document(*words, self.write(text), status=1)["runs"][0]
                self.assertEqual([e["line"] for e in found["errors"]], [4])
                self.assertTrue(found["errors"][0]["hint"].endswith(hint), found["errors"][0])
                self.assertIn(hint, self.check(*words, "rules.nft", status=1).stderr)

    def test_an_error_is_told_once_for_all_models_and_kernels(self):
        self.write("table netdev t {\n\tbogus\n}\n")
        alone = self.check("rules.nft", status=1).stderr
        self.assertEqual(self.check("-k", "6.1", "-k", "6.12", "rules.nft", status=1).stderr, alone)

    def test_usage_errors_are_2(self):
        self.write(chain())
        for words in ([], ["-m", "nonesuch", "rules.nft"], ["-k", "nonesuch", "rules.nft"], ["--bogus"],
                      ["--format", "yaml", "rules.nft"], ["--socket", "s", "rules.nft"], ["rules.nft", "rules.nft"]):
            with self.subTest(words):
                self.check(*words, status=2)

    def test_a_file_that_cannot_be_read_is_3(self):
        self.assertIn("absent.nft", self.check("absent.nft", status=3).stderr)
        self.check(".", status=3)

    def test_without_nft_it_is_4(self):
        self.write(chain())
        # nft is looked for in /usr/sbin and /sbin, too: hide them.
        if os.geteuid() or not shutil.which("unshare") or run("unshare", "-m", "true").returncode:
            self.skipTest("hiding nft needs root, and mounts of its own, which a chroot has not")
        hide = "mount -t tmpfs none /usr/sbin && mount -t tmpfs none /sbin; PATH=/bin:/usr/bin exec \"$@\""
        if shutil.which("nft", path="/bin:/usr/bin") and os.path.realpath("/bin") != os.path.realpath("/sbin"):
            self.skipTest("nft is in /bin")
        done = run("unshare", "-m", "sh", "-c", hide, "sh", NICEMU, "check", "rules.nft", cwd=self.folder)
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("nft is not installed", done.stderr)


class Allowed(Case):
    def test_a_refusal_that_is_allowed_is_no_failure(self):
        self.write(chain("ip saddr != 1.2.3.4 drop", "ip saddr 1.2.3.4 drop"))
        found = self.document("--allow", "compare-operator", "rules.nft", status=0)
        self.assertEqual([r["verdict"] for r in found["runs"][0]["rules"]], ["allowed", "offloaded"])
        self.assertEqual((found["summary"]["allowed"], found["summary"]["refused"]), (1, 0))

    def test_others_are_failures_all_the_same(self):
        self.write(chain("ip saddr != 1.2.3.4 drop", "tcp dport { 1, 2 } drop"))
        self.check("--allow", "compare-operator", "rules.nft", status=1)

    def test_an_id_that_nothing_has_is_a_usage_error_with_a_proposal(self):
        self.write(chain())
        self.assertIn("compare-operator", self.check("--allow", "compare-operater", "rules.nft", status=2).stderr)
        self.assertIn("policy-drop", self.check("--allow", "policy-dorp", "rules.nft", status=2).stderr)


class Replaced(Case):
    def test_a_refused_rule_that_would_replace_another_leaves_the_chain_that_it_brought_along(self):
        """The emulator went down: the chain was freed with the rule, and its own transaction was still there."""
        self.write("add table netdev t\n"
                   "add chain netdev t c { type filter hook ingress device eth0 priority 1; flags offload; }\n"
                   "add rule netdev t c ip saddr 10.0.0.1 drop\n"
                   "replace rule netdev t c handle 2 ip saddr 10.0.0.1 jump { drop; }\n"
                   "add rule netdev t c ip saddr 10.0.0.2 jump { accept; }\n"
                   "replace rule netdev t c handle 2 tcp dport { 80, 443 } drop\n"
                   "add rule netdev t c ip saddr 10.0.0.3 drop\n")
        rules = self.document("rules.nft", status=1)["runs"][0]["rules"]
        self.assertEqual([(r["line"], r["verdict"]) for r in rules],
                         [(3, "offloaded"), (4, "refused"), (5, "refused"), (6, "refused"), (7, "offloaded")])


class Lint(Case):
    """What is accepted and will not do what was meant stands beside the verdicts."""
    TEXT = chain("ip saddr 10.0.0.0/8 drop", "ip saddr 10.1.0.0/16 accept")

    def test_a_finding_has_the_place_of_its_rule_and_is_no_failure(self):
        found = self.run_of(self.TEXT, status=0)
        findings = [f for f in found["lint"] if f["id"] == "never-hit"]
        self.assertEqual([(f["file"], f["line"], f["column"]) for f in findings], [("rules.nft", 5, 3)])
        self.assertEqual(findings[0]["statement"], "ip saddr 10.1.0.0/16 accept")
        self.assertFalse(findings[0]["allowed"])

    def test_it_is_a_failure_with_strict_and_none_when_it_is_allowed(self):
        self.write(self.TEXT)
        self.check("--strict", "rules.nft", status=1)
        self.check("--strict", "--allow", "never-hit", "rules.nft", status=0)

    def test_a_notice_is_no_failure_with_strict(self):
        self.write(chain("meta l4proto udp counter accept"))
        found = self.document("rules.nft", status=0)
        self.assertEqual({f["level"] for f in found["runs"][0]["lint"]}, {"notice"})
        self.check("--strict", "rules.nft", status=0)

    def test_each_format_tells_it(self):
        self.write(self.TEXT)
        self.assertRegex(self.check("rules.nft").stdout, r"(?m)^rules\.nft:5:3: warning: .*\(never-hit\)$")
        self.assertIn("::warning file=rules.nft,line=5,col=3,title=never-hit::",
                      self.check("--format", "github", "rules.nft").stdout)
        self.assertRegex(self.check("--format", "tap", "rules.nft").stdout, r"(?m)^# warning: rules\.nft:5:3: ")
        root = ElementTree.fromstring(self.check("--format", "junit", "rules.nft").stdout)
        self.assertIn("never-hit", root.find("./testsuite/system-out").text)

    def test_a_finding_about_a_chain_has_the_place_where_the_chain_was_made(self):
        devices = 'type filter hook ingress devices = $DEVICES priority 10; flags offload;'
        self.write('define DEVICES = { "eth0", "eth1" }\n' + chain(head=devices), "chains.nft")
        self.write('include "./chains.nft"\n' + chain(head=CHAIN.replace("eth0", "eth2"), name="d"), "top.nft")
        # Both are named once more, and have their rules, elsewhere.
        self.write(chain("ip saddr 1.2.3.4 drop", head="") + chain("ip saddr 1.2.3.4 drop", head="", name="d"), "rules.nft")
        files = ("-m", "ice", "top.nft", "rules.nft")
        found = [f for f in self.document(*files, status=0)["runs"][0]["lint"] if f["id"] == "entries-per-port"]
        self.assertEqual([(f["line"], f["column"], f["rule"]["chain"]) for f in found], [(3, 8, "c")])
        self.assertTrue(found[0]["file"].endswith("chains.nft"))
        self.assertRegex(self.check(*files).stdout, r"(?m)^\S*chains\.nft:3:8: notice: .*\n  chain: c$")
        self.assertRegex(self.check("--format", "github", *files).stdout, r"(?m)^::notice file=\S*chains\.nft,line=3,col=8,")
        self.assertRegex(self.check("--format", "tap", *files).stdout, r"(?m)^# notice: \S*chains\.nft:3:8: ")
        root = ElementTree.fromstring(self.check("--format", "junit", *files).stdout)
        self.assertRegex(root.find("./testsuite/system-out").text, r"notice: \S*chains\.nft:3:8: ")

    def test_a_finding_about_a_chain_of_another_emulator_has_its_own_place(self):
        pair = CHAIN.replace('device "eth0"', 'devices = { "eth0", "eth1" }')
        for name, lines in (("one.nft", 0), ("two.nft", 3)):
            self.write("\n" * lines + chain("ip saddr 1.2.3.4 drop", head=pair), name)
        found = self.document("-m", "ice", "--each", "one.nft", "two.nft", status=0)["runs"]
        self.assertEqual([(f["file"], f["line"]) for run in found for f in run["lint"] if f["id"] == "entries-per-port"],
                         [("one.nft", 2), ("two.nft", 5)])

    def test_a_finding_about_a_chain_that_was_made_again_has_the_later_place(self):
        pair = CHAIN.replace('device "eth0"', 'devices = { "eth0", "eth1" }')
        for name, lines in (("one.nft", 0), ("two.nft", 3)):
            self.write("flush ruleset\n" + "\n" * lines + chain("ip saddr 1.2.3.4 drop", head=pair), name)
        found = self.document("-m", "ice", "one.nft", "two.nft", status=0)["runs"][0]["lint"]
        self.assertEqual([(f["file"], f["line"]) for f in found if f["id"] == "entries-per-port"], [("two.nft", 6)])

    def test_a_refused_rule_is_not_judged(self):
        found = self.run_of(chain("ip saddr != 10.0.0.1 drop", "ip saddr 10.1.0.0/16 accept"), status=1)
        self.assertEqual([f for f in found["lint"] if f["line"] == 4], [])


class Runs(Case):
    def test_each_model_with_each_kernel_is_a_run(self):
        self.write(chain("ip saddr 1.2.3.4 drop"))
        found = self.document("-m", "none", "-m", "generic", "-k", "6.1", "-k", "6.12", "rules.nft", status=1)
        self.assertEqual([(r["model"], r["kernel"].rsplit(".", 1)[0]) for r in found["runs"]],
                         [("none", "6.1"), ("none", "6.12"), ("generic", "6.1"), ("generic", "6.12")])
        self.assertEqual(found["summary"]["offloaded"], 2)

    def test_a_kernel_of_another_time_than_the_model_was_read_in_is_a_note_and_no_failure(self):
        self.write(chain("ip saddr 1.2.3.4 drop"))
        for words, kernels in ((("-m", "mlx5", "-k", "5.10"), "5.10"), (("-m", "mlx5", "-k", "6.12"), None),
                               (("-m", "bnxt", "-k", "6.12"), "6.12"), (("-m", "bnxt"), None),
                               (("-m", "generic", "-k", "5.10"), None), (("-m", "mlx5", "-k", "ideal"), None),
                               (("-m", "mlx5", "-k", "5.10", "-k", "6.12", "-k", "5.15"), "5.10, 5.15"),
                               (("-m", "mlx5", "-k", "5.10.1", "-k", "5.10.2"), "5.10"),
                               (("-m", "bnxt", "-k", "6.12", "-k", "6.1"), "6.12, 6.1")):
            with self.subTest(words):
                done = self.check("-j", *words, "rules.nft")
                notes = json.loads(done.stdout)["notes"]
                self.assertEqual(done.stderr.count("note: model "), 1 if kernels else 0, done.stderr)
                self.assertEqual(len(notes), 1 if kernels else 0)
                if kernels:
                    self.assertIn("model %s is its driver as it was read in Linux " % words[1], notes[0])
                    self.assertIn("whatever -k says: in %s its clauses may differ" % kernels, notes[0])
                    self.assertIn(notes[0], done.stderr)
                    self.assertNotIn("note:", self.check("-q", "-j", *words, "rules.nft").stderr)
        alone = self.check("-m", "mlx5", "rules.nft").returncode
        self.assertEqual(self.check("-m", "mlx5", "-k", "5.10", "rules.nft").returncode, alone)

    def test_the_text_shows_a_matrix(self):
        self.write(chain("ip saddr 1.2.3.4 drop", "ip saddr != 1.2.3.4 drop"))
        text = self.check("-k", "6.1", "-k", "6.12", "rules.nft", status=1).stdout
        rows = [line.split() for line in text.splitlines() if line.startswith("rules.nft:") and "refused" not in line]
        self.assertEqual([(r[0], r[-2:]) for r in rows],
                         [("rules.nft:4", ["yes", "yes"]), ("rules.nft:5", ["no", "no"])])
        # What several runs have in common stands there once.
        self.assertEqual(text.count("compare-operator"), 1)

    def test_all_is_every_model_that_is_built_in(self):
        self.write(chain("ip saddr 1.2.3.4 drop"))
        models = sorted(f[:-5] for f in os.listdir(os.path.join(SOURCE, "netdevsim-config", "models"))
                        if f.endswith(".yaml"))
        found = self.document("-m", "all", "rules.nft")
        self.assertEqual(sorted(r["model"] for r in found["runs"]), models)


class Formats(Case):
    RULES = chain("ip saddr 1.2.3.4 drop", "ip saddr != 1.2.3.4 drop", 'tcp dport 7 counter drop comment "a<b>&c"')

    def test_github_has_an_error_with_its_place(self):
        self.write(self.RULES, "a,b.nft")
        lines = self.check("--format", "github", "a,b.nft", status=1).stdout.splitlines()
        errors = [line for line in lines if line.startswith("::error ")]
        self.assertEqual(len(errors), 1)
        self.assertTrue(errors[0].startswith(
            "::error file=a%2Cb.nft,line=5,col=12,title=compare-operator::a field can only"), errors[0])
        self.assertIn("%0Aexpression: ip saddr != 1.2.3.4", errors[0])

    def test_github_names_files_as_git_does(self):
        os.mkdir(os.path.join(self.folder, "more"))
        self.write(chain("ip saddr != 1.2.3.4 drop"), "more/rules.nft")
        self.write('include "./more/*.nft"\n', "top.nft")
        self.assertIn("::error file=more/rules.nft,line=4,", self.check("--format", "github", "top.nft").stdout)

    def test_a_syntax_error_is_no_refusal_and_has_a_class(self):
        self.write(chain("ip saddr dorp"))
        out = self.check("--format", "github", "rules.nft", status=1).stdout
        self.assertTrue(out.startswith("::error file=rules.nft,line=4,"), out)
        self.assertNotIn("refused by", out)
        suite = ElementTree.fromstring(self.check("--format", "junit", "rules.nft", status=1).stdout)[0]
        self.assertEqual([case.get("classname") for case in suite.iter("testcase")], ["nft"])

    def test_what_a_file_says_that_two_others_include_is_told_with_each_port_once(self):
        self.write("add rule netdev t c ip saddr != 1.2.3.4 drop\n", "more.nft")
        both = [self.write(chain() + 'include "./more.nft"\n', name) for name in ("one.nft", "two.nft")]
        self.assertIn("  on: eth0\n", self.check(*both, status=1).stdout)

    def test_junit_is_xml_with_a_case_for_each_rule_and_port(self):
        self.write(self.RULES)
        root = ElementTree.fromstring(self.check("--format", "junit", "rules.nft", status=1).stdout)
        cases = root.findall("./testsuite/testcase")
        self.assertEqual(len(cases), 3)
        self.assertEqual([c.get("line") for c in cases], ["4", "5", "6"])
        self.assertEqual([len(c.findall("failure")) for c in cases], [0, 1, 0])
        self.assertEqual(cases[1].find("failure").get("type"), "compare-operator")
        self.assertEqual(root.find("testsuite").get("failures"), "1")

    def test_tap_has_a_line_for_each_rule_and_port(self):
        self.write(self.RULES)
        lines = self.check("--format", "tap", "rules.nft", status=1).stdout.splitlines()
        self.assertEqual(lines[:2], ["TAP version 13", "1..3"])
        self.assertEqual([line.split(" - ")[0] for line in lines if line[:1] in "on"], ["ok 1", "not ok 2", "ok 3"])

    def test_tap_and_junit_show_what_is_allowed_as_such(self):
        self.write(self.RULES)
        allow = ("--allow", "compare-operator", "rules.nft")
        self.assertIn("# TODO allowed", self.check("--format", "tap", *allow, status=0).stdout)
        root = ElementTree.fromstring(self.check("--format", "junit", *allow, status=0).stdout)
        self.assertEqual(len(root.findall("./testsuite/testcase/skipped")), 1)

    def test_json_is_the_same_twice(self):
        self.write(self.RULES)
        self.assertEqual(self.check("-j", "rules.nft").stdout, self.check("-j", "rules.nft").stdout)

    def test_text_of_many_refusals_of_one_kind_is_cut(self):
        self.write(chain(*["ip saddr != 10.0.0.%d drop" % i for i in range(100)]))
        text = self.check("rules.nft", status=1).stdout
        self.assertLess(len(text.splitlines()), 160)
        self.assertIn("80 more like it: compare-operator", text)


class Large(Case):
    def test_ten_thousand_rules_take_seconds(self):
        self.write(chain(*["ip saddr 10.%d.%d.1 tcp dport %d counter drop" % (i >> 8, i & 255, i + 1)
                           for i in range(10000)]))
        begun = time.monotonic()
        found = self.document("rules.nft", status=0)
        self.assertEqual(found["summary"]["offloaded"], 10000)
        self.assertEqual([r["line"] for r in found["runs"][0]["rules"]], list(range(4, 10004)))
        self.assertLess(time.monotonic() - begun, 60)


class Samples(Case):
    def test_rules_that_are_offloaded_and_rules_that_are_not(self):
        for folder, status in (("", 0), ("refused", 1)):
            for name in sorted(os.listdir(os.path.join(RULES, folder))):
                if not name.endswith(".nft"):
                    continue
                with self.subTest(os.path.join(folder, name)):
                    self.check("-q", os.path.join(RULES, folder, name), status=status)

    def test_what_replay_refuses_is_refused_for_the_same_reason_in_the_same_place(self):
        capture = os.path.join(SOURCE, "pcaps", "demo.pcap")

        def known(records):
            return {(r["line"], r["column"], r["id"], r["errno"], r["expression"]) for r in records}

        for name in sorted(os.listdir(os.path.join(RULES, "refused"))):
            path = os.path.join(RULES, "refused", name)
            with self.subTest(name):
                replayed = json.loads(nicemu("replay", "-q", "-j", "-r", path, capture).stdout)["refused"]
                found = self.document("-q", path)["runs"][0]
                self.assertEqual(known(r for r in found["rules"] + found["chains"] + found["errors"]
                                       if r.get("verdict") != "offloaded"), known(replayed))

    def test_nobody_needs_to_be_root(self):
        if os.geteuid() or not shutil.which("setpriv"):
            self.skipTest("runs without root already, or there is no setpriv")
        os.chmod(self.folder, 0o755)
        self.write(chain("ip saddr 1.2.3.4 drop"))
        probe = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        if run(*probe, "test", "-x", NICEMU).returncode:
            self.skipTest("the build's folder is closed to others")
        done = run(*probe, NICEMU, "check", "rules.nft", cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    if not shutil.which("nft", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
        skip_suite("nft is not installed")
    unittest.main()
