/*
 * A report is written as GitLab's code quality document here: an array of findings, each at one
 * file and line. GitLab takes no finding without both.
 */
#include "formats.h"
#include "parts/finding_places.h"
#include "parts/json_document.h"

static const char *gitlab_severity(enum severity severity)
{
	switch (severity) {
	case SEVERITY_ERROR:
		return "critical";
	case SEVERITY_WARNING:
		return "major";
	case SEVERITY_NOTE:
		break;
	}
	return "info";
}

/* What has no source is shown at the file that its code was in, else at the program. */
static const char *gitlab_path(const struct finding *finding, const struct place *place)
{
	if (place != NULL && place->path.text != NULL)
		return place->path.text;
	if (place != NULL && place->frame != NULL && place->frame->module != NULL)
		return place->frame->module;
	return finding->fork.program != NULL ? finding->fork.program : "unknown";
}

static json_t *gitlab_location(struct document *document, const struct finding *finding,
			       const struct place *place)
{
	json_t *location = json_object(), *lines = json_object();
	bool has_line = place != NULL && place->path.text != NULL && place->frame->line > 0;

	document_set(document, lines, "begin", json_integer(has_line ? place->frame->line : 1));
	document_set(document, location, "path",
		     document_text(document, gitlab_path(finding, place)));
	document_set(document, location, "lines", lines);
	return location;
}

static json_t *gitlab_finding(struct document *document, const struct finding *finding,
			      const char *root)
{
	json_t *object = json_object();
	struct places places;

	places_fill(&document->arena, finding, root, &places);
	document_set(document, object, "description",
		     document_text(document, finding_text(&document->arena, finding)));
	document_set(document, object, "check_name",
		     document_text(document, finding_title(&document->arena, finding)));
	document_set(document, object, "fingerprint",
		     document_text(document,
				   finding->fingerprint ? finding->fingerprint : finding->code));
	document_set(document, object, "severity", json_string(gitlab_severity(finding->severity)));
	document_set(document, object, "location",
		     gitlab_location(document, finding, places.shown));
	return object;
}

int render_gitlab(FILE *stream, const struct report *report, const struct render_options *options)
{
	struct document document;
	json_t *array = json_array();

	document_open(&document);
	for (size_t i = 0; i < report->finding_count; i++)
		if (finding_is_shown(report, &report->findings[i]))
			document_append(
				&document, array,
				gitlab_finding(&document, &report->findings[i], options->root));
	return document_write(&document, array, stream);
}
