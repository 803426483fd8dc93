/* Every suite of the Check program: a file NAME.c that defines NAME_suite(). Those that take
 * longest stand last, where the workers begin. */
#ifndef UNIT_SUITES_H
#define UNIT_SUITES_H

#include <check.h>

/* clang-format off */
#define SUITES(suite) \
	suite(arena) \
	suite(array) \
	suite(library_names) \
	suite(origins) \
	suite(options) \
	suite(options_file) \
	suite(report) \
	suite(formats) \
	suite(unwind) \
	suite(symbol_index) \
	suite(named_symbol) \
	suite(image) \
	suite(suppressions) \
	suite(baseline) \
	suite(save) \
	suite(libraries) \
	suite(fork_safety) \
	suite(library_advice) \
	suite(assemble) \
	suite(reader) \
	suite(model) \
	suite(headline) \
	suite(judge) \
	suite(confirm) \
	suite(predictions) \
	suite(rules) \
	suite(libc_regions) \
	suite(procfs) \
	suite(progress) \
	suite(fork_copy) \
	suite(replaced_file) \
	suite(scan) \
	suite(refusal) \
	suite(core_file) \
	suite(target) \
	suite(graph) \
	suite(watch) \
	suite(session) \
	suite(launch) \
	suite(live) \
	suite(ending) \
	suite(movement) \
	suite(outputs) \
	suite(log) \
	suite(kept) \
	suite(held) \
	suite(moments) \
	suite(schedule) \
	suite(lock_families) \
	suite(modules) \
	suite(interpreter) \
	suite(goroutine) \
	suite(python) \
	suite(parked) \
	suite(parent_copy) \
	suite(waiter_futex) \
	suite(left_threads) \
	suite(unseen_lock) \
	suite(interpreter_symbols) \
	suite(python_report) \
	suite(python_advice) \
	suite(programs) \
	suite(locks) \
	suite(reachable) \
	suite(reach) \
	suite(regions) \
	suite(commands) \
	suite(ci_formats) \
	suite(scans) \
	suite(attached) \
	suite(attach_refusals) \
	suite(parent) \
	suite(endings) \
	suite(confirm_runs) \
	suite(forks) \
	suite(in_fork) \
	suite(unobserved) \
	suite(python_programs) \
	suite(rings) \
	suite(takers) \
	suite(private) \
	suite(own_locks) \
	suite(cures) \
	suite(faults) \
	suite(security) \
	suite(host_setup) \
	suite(copied) \
	suite(connections) \
	suite(beside) \
	suite(descriptors) \
	suite(descriptor_waits) \
	suite(healthy) \
	suite(slices) \
	suite(sets) \
	suite(transparency) \
	suite(hangs)
/* clang-format on */

#define DECLARE_SUITE(name) Suite *name##_suite(void);
SUITES(DECLARE_SUITE)
#undef DECLARE_SUITE

#endif
