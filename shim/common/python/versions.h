/*
 * How old an interpreter is that does not say it: Py_Version came with 3.11. Before it, an
 * interpreter is as old as the newest function of the stable interface that it has.
 */
#ifndef FORKCHECK_COMMON_PYTHON_VERSIONS_H
#define FORKCHECK_COMMON_PYTHON_VERSIONS_H

/* Rows (function, version), the newest first. */
#define PYTHON_NEWEST_FUNCTIONS(row)                                                               \
	row("Py_NewRef", 0x030a0000) row("PyFrame_GetCode", 0x03090000)                            \
		row("PyCode_NewWithPosOnlyArgs", 0x03080000)

#endif
