/* The table of --summary=libraries as a value of JSON. */
#ifndef FORKCHECK_JSON_FORK_SAFETY_H
#define FORKCHECK_JSON_FORK_SAFETY_H

#include "findings/finding.h"
#include "json_document.h"

json_t *json_fork_safety(struct document *document, const struct report *report);

#endif
