/*
 * The look of an HTML report. Colours are those of severities, each legible on its ground in light
 * and dark; nothing is fetched, and nothing is told by colour alone.
 */
#include "html_parts.h"

static const char colours[] =
	":root{color-scheme:light dark;--ground:#fff;--card:#f6f7f9;--ink:#1b1f24;--soft:#57606a;"
	"--edge:#d0d7de;--error:#b3261e;--warning:#8a5a00;--note:#0b5cad;--good:#1a7f37;"
	"--held:#c77700;--lane:#8c959f}\n"
	"@media (prefers-color-scheme:dark){:root{--ground:#0f1318;--card:#181e26;--ink:#e6edf3;"
	"--soft:#9aa7b4;--edge:#36404c;--error:#ff8a80;--warning:#f2c14e;--note:#7ab8ff;"
	"--good:#5fd07f;--held:#f0a030;--lane:#7d8794}}\n";

static const char page[] =
	"*{box-sizing:border-box}\n"
	"body{margin:0 auto;padding:1rem;max-width:62rem;background:var(--ground);color:var(--ink);"
	"font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}\n"
	"h1{font-size:1.5rem;margin:.2rem 0}h2{font-size:1.2rem;margin:2rem 0 .6rem}"
	"h3{font-size:1.05rem;margin:0 0 .4rem}h4{font-size:.95rem;margin:1rem 0 .3rem}"
	"p{margin:.5rem 0}\n"
	"code,pre,ol.stack{font:.85rem/1.5 ui-monospace,monospace}\n"
	"pre{white-space:pre-wrap;background:var(--ground);border:1px solid var(--edge);"
	"border-radius:.3rem;padding:.5rem;margin:.5rem 0}\n"
	".badges{display:flex;flex-wrap:wrap;gap:.4rem;padding:0;margin:.8rem 0;list-style:none}"
	".badges li{border:1px solid var(--edge);border-radius:1rem;padding:.1rem .7rem}\n"
	".error .title,.badges .error{color:var(--error)}.warning .title,.badges .warning{color:"
	"var(--warning)}.note .title,.badges .note{color:var(--note)}.badges .good{color:"
	"var(--good)}\n"
	".badges .error,.badges .warning,.badges .good{border-color:currentColor;font-weight:600}\n"
	".soft{color:var(--soft)}.bad{color:var(--error);font-weight:600}\n"
	"article{background:var(--card);border:1px solid var(--edge);border-left:.3rem solid "
	"var(--note);border-radius:.4rem;padding:.9rem;margin:1rem 0}"
	"article.error{border-left-color:var(--error)}"
	"article.warning{border-left-color:var(--warning)}\n"
	"ul.places{list-style:none;padding:0;margin:.5rem 0}ul.places li{padding-left:1.2rem;"
	"text-indent:-1.2rem}\n"
	"ol.stack{margin:.2rem 0;padding-left:2.2rem}summary{cursor:pointer;margin:.5rem 0}\n";

static const char tables[] =
	".scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9rem}"
	"th,td{text-align:left;padding:.25rem .6rem .25rem 0;border-bottom:1px solid var(--edge);"
	"vertical-align:top}th.n,td.n{text-align:right;white-space:nowrap}th{overflow-wrap:normal}"
	"td:first-child{min-width:"
	"9rem}\n";

static const char drawings[] =
	"figure{margin:.8rem 0}figcaption{font-size:.85rem;color:var(--soft)}"
	"svg{display:block;width:100%;max-width:27rem;height:auto}"
	"svg text{font:11px ui-monospace,monospace;fill:var(--ink);stroke:var(--card);"
	"stroke-width:3px;paint-order:stroke}svg .box~text{stroke:none}svg .small{font-size:10px;"
	"fill:var(--soft)}\n"
	"svg .lane{stroke:var(--lane);stroke-width:2}svg .gone{stroke:var(--lane);stroke-width:1;"
	"stroke-dasharray:2 4}svg .fork{stroke:var(--note);stroke-width:2;stroke-dasharray:5 3}"
	"svg .held{fill:var(--held)}svg .after{fill:var(--held);opacity:.35}"
	"svg .waits{fill:var(--error)}svg .does{fill:var(--note)}svg "
	".box{fill:var(--ground);stroke:var(--edge)}"
	"svg .arrow{stroke:var(--error);stroke-width:1.5;fill:none}svg .head{fill:var(--error)}\n";

static const char paper[] =
	"@media print{body{max-width:none;padding:0;font-size:10pt}article,figure,tr{break-inside:"
	"avoid}.scroll{overflow:visible}details::details-content{content-visibility:visible;"
	"block-size:auto}a{color:inherit}}\n";

void html_put_style(FILE *stream)
{
	fprintf(stream, "<style>\n%s%s%s%s%s</style>\n", colours, page, tables, drawings, paper);
}
