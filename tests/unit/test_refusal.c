/*
 * Why a process may not be looked at: of facts about both, the reason that a right helps against,
 * and the right.
 */
#include "cli/attach/refusal.h"
#include "cli/attach/refusal_words.h"
#include "support.h"
#include <check.h>
#include <string.h>
#include <unistd.h>

Suite *refusal_suite(void);

static const struct {
	struct refusal_facts facts;
	const char *reason, *cure;
} refusals[] = {
	{{.user = "ann"}, "it belongs to user ann", "run forkcheck as ann or as root"},
	{{.user = "root"}, "it belongs to root", "run forkcheck as root"},
	{{.user = "ann", .is_root = true}, "user ann", "CAP_SYS_PTRACE, which this root lacks"},
	{{.user = "ann", .scope = '1'}, "user ann", "as ann or as root"},
	{{.is_undumpable = true, .scope = '1'}, "not dumpable", "as root, or with CAP_SYS_PTRACE"},
	{{.has_more_rights = true, .is_root = true}, "has capabilities", "--cap-add=SYS_PTRACE"},
	{{.scope = '0'}, "the kernel refuses it", "as root, or with CAP_SYS_PTRACE"},
	{{.scope = '1'}, "ptrace_scope is 1", "sysctl kernel.yama.ptrace_scope=0"},
	{{.scope = '2'}, "ptrace_scope is 2", "as root, or with CAP_SYS_PTRACE"},
	{{.scope = '2', .is_root = true}, "ptrace_scope is 2", "which this root lacks"},
	{{.scope = '3', .is_root = true, .may_trace = true}, "until the next boot", "--core=FILE"},
	{{.scope = '3', .user = "ann"}, "until the next boot", "--core=FILE"},
	{{.may_trace = true, .has_other_users = true}, "user namespace", "root on the host"},
	{{.may_trace = true, .user = "ann", .scope = '2'}, "security module", "on the host"},
	{{.is_filtered = true, .user = "ann"}, "process_vm_readv()", "seccomp=unconfined"},
};

START_TEST(says_a_reason_and_a_cure)
{
	char text[512];

	refusal_put_words(&refusals[_i].facts, text, sizeof(text));
	ck_assert_msg(strstr(text, refusals[_i].reason), "%s", text);
	ck_assert_msg(strstr(text, refusals[_i].cure), "%s", text);
	ck_assert_uint_lt(strlen(text), 240);
}
END_TEST

START_TEST(asks_of_living_processes)
{
	pid_t child = support_child(support_wait, &(int){1});
	char text[512];

	ck_assert(refusal_find(getpid(), text, sizeof(text)));
	ck_assert_str_eq(text, "it is forkcheck itself");
	ck_assert_msg(!refusal_find(child, text, sizeof(text)), "%s", text);
	support_end_child(child);
	ck_assert(refusal_find(child, text, sizeof(text)));
	ck_assert_ptr_nonnull(strstr(text, "no such process"));
}
END_TEST

Suite *refusal_suite(void)
{
	Suite *suite = suite_create("refusal");
	TCase *words = tcase_create("words");

	tcase_add_loop_test(words, says_a_reason_and_a_cure, 0,
			    sizeof(refusals) / sizeof(refusals[0]));
	tcase_add_test(words, asks_of_living_processes);
	suite_add_tcase(suite, words);
	return suite;
}
