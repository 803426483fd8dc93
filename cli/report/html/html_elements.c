/*
 * Elements of an HTML report, and of drawings in it, are written here: each text of a stranger
 * passes through html_text(), and nothing else that is written comes from one.
 */
#include "base/escape.h"
#include "html_parts.h"
#include "report/parts/finding_places.h"

#include <inttypes.h>
#include <string.h>

const char *html_text(struct html *html, const char *text, size_t columns)
{
	const char *bounded = escape_terminal(&html->arena, text != NULL ? text : "", columns);

	return escape_xml(&html->arena, bounded, columns * 4);
}

void html_put(struct html *html, const char *tag, const char *text, size_t columns)
{
	if (text != NULL)
		fprintf(html->stream, "<%s>%s</%.*s>\n", tag, html_text(html, text, columns),
			(int)strcspn(tag, " "), tag);
}

/* "libfoo.so+0x12", "" where no module is known */
static const char *module_words(struct html *html, const struct frame *frame)
{
	const char *name = frame->module != NULL ? strrchr(frame->module, '/') : NULL;

	if (frame->module == NULL)
		return "";
	return arena_printf(&html->arena, "%.256s+0x%" PRIx64, name ? name + 1 : frame->module,
			    frame->offset);
}

const char *html_frame_words(struct html *html, const struct frame *frame)
{
	struct source_path path = source_path_of(&html->arena, frame, html->root);
	const char *function = frame->function != NULL ? frame->function : "";
	const char *place = path.text;

	if (place == NULL)
		place = module_words(html, frame);
	else if (frame->line > 0)
		place = arena_printf(&html->arena, "%s:%d", path.text, frame->line);
	if (*place == '\0' && *function == '\0')
		return NULL;
	return arena_printf(&html->arena, "%.1024s%s%.1024s", place,
			    *place != '\0' && *function != '\0' ? " " : "", function);
}

void svg_begin(struct html *html, int height, const char *title)
{
	fprintf(html->stream,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\">\n"
		"<title>%s</title>\n",
		SVG_WIDTH, height, title);
}

void svg_end(struct html *html)
{
	fputs("</svg>\n", html->stream);
}

void svg_line(struct html *html, const char *class, int left, int top, int right, int bottom)
{
	fprintf(html->stream, "<path class=\"%s\" d=\"M%d %dL%d %d\"/>\n", class, left, top, right,
		bottom);
}

void svg_bar(struct html *html, const char *class, int x, int y, int width, int height)
{
	fprintf(html->stream,
		"<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"2\"/>\n",
		class, x, y, width, height);
}

void svg_text(struct html *html, const char *class, const char *anchor, int x, int y,
	      const char *text, size_t columns)
{
	fprintf(html->stream, "<text class=\"%s\" text-anchor=\"%s\" x=\"%d\" y=\"%d\">%s</text>\n",
		class, anchor, x, y, html_text(html, text, columns));
}
