/*
 * How a child of a Python program was started, and what to write instead: from
 * the Python frames of a finding, by one table.
 */
#ifndef FORKCHECK_PYTHON_ADVICE_H
#define FORKCHECK_PYTHON_ADVICE_H

#include "findings/rules/rule.h"

/* The ids of its cures, by number; NULL: there are no more. Each has a test, as those of
 * cures/cure_table.h. */
const char *python_advice_id(size_t index);

/* Fills in `start_method`, where the frames show one. */
void python_start_method(struct finding *finding);

/*
 * For a finding that another way to start the child would cure: also replaces
 * the advice by one in Python's terms. Nothing where no Python forked. To be
 * called once the stacks and the missing threads are filled in. True: it is what is to be
 * said of any os.fork(), and what the child waits for may say more.
 */
bool python_advice(struct judgement *judgement, struct finding *finding);

#endif
