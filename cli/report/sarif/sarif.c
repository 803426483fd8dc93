/*
 * A report is written as SARIF 2.1.0 here (OASIS, Static Analysis Results Interchange Format): one
 * run with all rules and a result for each finding, also for those that are suppressed or in the
 * baseline, which it says of them.
 */
#include "commands/options.h"
#include "report/formats.h"
#include "sarif_parts.h"

#include <string.h>

#define SCHEMA                                                                                     \
	"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"                      \
	"sarif-schema-2.1.0.json"
#define ARGUMENT_BYTES 65536
/* Changes where the same finding is hashed another way. */
#define FINGERPRINT_KEY "forkcheck/v1"

json_t *sarif_level(enum severity severity)
{
	return json_string(severity_name(severity));
}

static json_t *sarif_tool(struct document *document)
{
	json_t *tool = json_object(), *driver = json_object();

	document_set(document, driver, "name", json_string("forkcheck"));
	document_set(document, driver, "version", json_string(FORKCHECK_VERSION));
	document_set(document, driver, "semanticVersion", json_string(FORKCHECK_VERSION));
	document_set(document, driver, "rules", sarif_rules(document));
	document_set(document, tool, "driver", driver);
	return tool;
}

/* --- the invocation ----------------------------------------------------------------------------
 */

static void add_notification(struct document *document, json_t *list, const char *words)
{
	json_t *object = json_object();

	document_set(document, object, "level", json_string("warning"));
	document_set(document, object, "message", sarif_message(document, words));
	document_append(document, list, object);
}

static void add_unobserved(struct document *document, json_t *list,
			   const struct unobserved *unobserved)
{
	const char *path = unobserved->path != NULL ? unobserved->path : "a program";
	const char *reason = unobserved->reason != NULL ? unobserved->reason : "reason not known";

	add_notification(
		document, list,
		arena_printf(&document->arena, "not observed: %.1024s: %.1024s", path, reason));
}

/* What the results do not tell of. */
static json_t *notifications(struct document *document, const struct report *report)
{
	json_t *list = json_array();

	if (!report->observed)
		add_notification(document, list, "the program could not be observed");
	if (!report->complete)
		add_notification(document, list,
				 arena_printf(&document->arena, "not complete: %.1024s",
					      report->incomplete_reason != NULL
						      ? report->incomplete_reason
						      : "reason not known"));
	for (size_t i = 0; i < report->unobserved_count; i++)
		add_unobserved(document, list, &report->unobserved[i]);
	return list;
}

/* The user's own words, each as long as a shell would type it. */
static json_t *arguments_of(struct document *document, const struct report *report)
{
	json_t *array = json_array();

	for (char *const *word = report->command; word != NULL && *word != NULL; word++)
		document_append(document, array, document_text_of(document, *word, ARGUMENT_BYTES));
	return array;
}

/* How the program itself ended. */
static json_t *program_value(const struct report *report)
{
	if (report->exit_status >= 0)
		return json_pack("{s:i}", "exitStatus", report->exit_status);
	return json_pack("{s:i}", "signal", report->signal);
}

static json_t *invocation_value(struct document *document, const struct report *report)
{
	json_t *object = json_object(), *properties = json_object();

	document_set(document, object, "executionSuccessful", json_boolean(report->observed));
	document_set(document, object, "arguments", arguments_of(document, report));
	if (report->has_status)
		document_set(document, object, "exitCode", json_integer(report->status));
	document_set(document, object, "toolExecutionNotifications",
		     notifications(document, report));
	document_set(document, properties, "program", program_value(report));
	document_set(document, object, "properties", properties);
	return object;
}

/* --- results ------------------------------------------------------------------------------------
 */

/* The files of sessions that it was seen in. */
static json_t *seen_in(struct document *document, const struct finding *finding)
{
	json_t *array = json_array();

	for (const struct sighting *seen = finding->seen; seen != NULL; seen = seen->next)
		document_append(document, array, document_text(document, seen->session));
	return array;
}

static json_t *result_properties(struct document *document, const struct finding *finding)
{
	json_t *object = json_object();

	document_set(document, object, "certainty",
		     json_string(certainty_name(finding->certainty)));
	if (finding->action != NULL)
		document_set(document, object, "action", document_text(document, finding->action));
	if (finding->suppression != NULL)
		document_set(document, object, "suppression",
			     document_text(document, finding->suppression));
	if (finding->seen != NULL)
		document_set(document, object, "seenIn", seen_in(document, finding));
	return object;
}

static void set_state(struct document *document, json_t *result, const struct report *report,
		      const struct finding *finding)
{
	if (report->has_baseline)
		document_set(document, result, "baselineState",
			     json_string(finding->is_known ? "unchanged" : "new"));
	if (finding->suppressed)
		document_set(document, result, "suppressions",
			     json_pack("[{s:s}]", "kind", "external"));
}

static json_t *result_value(struct document *document, const struct report *report,
			    const struct finding *finding, const char *root)
{
	json_t *result = json_object(), *fingerprints = json_object();
	int index = sarif_rule_index(finding->code);
	uint64_t count = finding->count < INT32_MAX ? finding->count : INT32_MAX;

	document_set(document, result, "ruleId", json_string(finding->code));
	if (index >= 0)
		document_set(document, result, "ruleIndex", json_integer(index));
	document_set(document, result, "level", sarif_level(finding->severity));
	document_set(document, result, "message",
		     sarif_message(document, finding_text(&document->arena, finding)));
	sarif_set_places(document, result, finding, root);
	if (finding->fingerprint != NULL)
		document_set(document, fingerprints, FINGERPRINT_KEY,
			     document_text(document, finding->fingerprint));
	document_set(document, result, "partialFingerprints", fingerprints);
	document_set(document, result, "occurrenceCount",
		     json_integer(count > 0 ? (json_int_t)count : 1));
	set_state(document, result, report, finding);
	document_set(document, result, "properties", result_properties(document, finding));
	return result;
}

/* Those that do not count are told, too: who shows the document knows what they are. */
static json_t *result_list(struct document *document, const struct report *report, const char *root)
{
	json_t *array = json_array();

	for (size_t i = 0; i < report->finding_count; i++) {
		const struct finding *finding = &report->findings[i];

		if (finding->severity != SEVERITY_NOTE || report->show_notes)
			document_append(document, array,
					result_value(document, report, finding, root));
	}
	return array;
}

/* --- the document -------------------------------------------------------------------------------
 */

static json_t *base_ids(struct document *document, const char *root)
{
	json_t *object = json_object(), *base = json_object();

	document_set(document, base, "uri", sarif_file_uri(document, root, true));
	document_set(document, object, SARIF_ROOT, base);
	return object;
}

static json_t *sarif_run(struct document *document, const struct report *report, const char *root)
{
	json_t *run = json_object(), *invocations = json_array();

	document_set(document, run, "tool", sarif_tool(document));
	document_append(document, invocations, invocation_value(document, report));
	document_set(document, run, "invocations", invocations);
	if (root != NULL)
		document_set(document, run, "originalUriBaseIds", base_ids(document, root));
	document_set(document, run, "results", result_list(document, report, root));
	document_set(document, run, "columnKind", json_string("unicodeCodePoints"));
	return run;
}

int render_sarif(FILE *stream, const struct report *report, const struct render_options *options)
{
	struct document document;
	json_t *root = json_object(), *runs = json_array();

	document_open(&document);
	document_set(&document, root, "$schema", json_string(SCHEMA));
	document_set(&document, root, "version", json_string("2.1.0"));
	document_append(&document, runs, sarif_run(&document, report, options->root));
	document_set(&document, root, "runs", runs);
	return document_write(&document, root, stream);
}
