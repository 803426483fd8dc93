/* The pieces of a SARIF document that have files of their own. */
#ifndef FORKCHECK_SARIF_PARTS_H
#define FORKCHECK_SARIF_PARTS_H

#include "findings/finding.h"
#include "report/parts/finding_places.h"
#include "report/parts/json_document.h"

/* The name of the repository's root in a document; originalUriBaseIds says where it is. */
#define SARIF_ROOT "SRCROOT"

/* {"text": ...}, of a stranger's sentence. */
json_t *sarif_message(struct document *document, const char *text);

/* "file:///src" of an absolute path, with a slash at its end for a folder. */
json_t *sarif_file_uri(struct document *document, const char *path, bool is_folder);

/* The array of rules; the index of a finding's in it, or -1. */
json_t *sarif_rules(struct document *document);
int sarif_rule_index(const char *code);

/* "error", "warning" or "note" */
json_t *sarif_level(enum severity severity);

/* A place of source, and its function. Without `words` it has no message. */
json_t *sarif_location(struct document *document, const struct frame *frame, const char *root,
		       const char *words);

/* Where a finding is: result.locations, relatedLocations, codeFlows and stacks. */
void sarif_set_places(struct document *document, json_t *result, const struct finding *finding,
		      const char *root);

#endif
