/*
 * The table of what libraries say of forks, and how a row is found: by the name of a package, or
 * by that of a file of a library. Words alone depend on it, never a verdict.
 */
#include "library_advice.h"
#include "base/library_names.h"
#include "cure_language.h"
#include "origins/origin.h"
#include <ctype.h>
#include <string.h>

const struct library_advice library_advice_table[] = {
	{.package = "launchdarkly-server-sdk",
	 .cure = "call the client's postfork() in the child",
	 .source = "https://launchdarkly.com/docs/sdk/server-side/python"},
	{.package = "grpcio",
	 .cure = "set GRPC_ENABLE_FORK_SUPPORT=1 and GRPC_POLL_STRATEGY=poll before grpc is "
		 "imported, or make channels in the child alone",
	 .source = "https://github.com/grpc/grpc/blob/master/doc/fork_support.md"},
	{.package = "opentelemetry-sdk",
	 .cure = "make the provider and its processors in the child, as in gunicorn's post_fork",
	 .source = "https://opentelemetry-python.readthedocs.io/en/latest/examples/"
		   "fork-process-model/README.html"},
	{.package = "sentry-sdk",
	 .cure = "call sentry_sdk.init() in the child",
	 .source = "https://docs.sentry.io/platforms/python/troubleshooting/"},
	{.package = "posthog",
	 .cure = "make the client in the child, as in gunicorn's post_fork",
	 .source = "https://github.com/PostHog/posthog-python/issues/290"},
	{.package = "pymongo",
	 .cure = "make the MongoClient in the child",
	 .source = "https://pymongo.readthedocs.io/en/stable/faq.html"},
	{.package = "confluent-kafka",
	 .library = "librdkafka",
	 .cure = "make producers and consumers in the process that uses them, after the fork",
	 .source = "https://github.com/confluentinc/librdkafka/issues/2374"},
	{.package = "polars*",
	 .cure = "its threads cannot be made anew in a child: use \"spawn\" or \"forkserver\", "
		 "and run no query in what the fork server preloads",
	 .source = "https://docs.pola.rs/user-guide/misc/multiprocessing/"},
	{.package = "dask",
	 .cure = "compute with scheduler=\"synchronous\" in the child",
	 .source = "https://docs.dask.org/en/stable/scheduling.html"},
	{.package = "gevent",
	 .cure = "call gevent.reinit() in the child",
	 .source = "https://www.gevent.org/api/gevent.os.html"},
	{.package = "eventlet",
	 .cure = "call eventlet.tpool.killall() before the fork",
	 .source = "https://eventlet.readthedocs.io/en/latest/threading.html"},
	{.package = "tokenizers",
	 .cure = "set TOKENIZERS_PARALLELISM=false",
	 .source =
		 "https://github.com/huggingface/tokenizers/blob/main/bindings/python/src/lib.rs"},
	{.package = "numba",
	 .cure = "set NUMBA_THREADING_LAYER=workqueue, or forksafe where tbb is installed",
	 .source = "https://numba.readthedocs.io/en/stable/user/threading-layer.html"},
	{.package = "lightgbm",
	 .cure = "train with num_threads=1 before the fork",
	 .source = "https://lightgbm.readthedocs.io/en/stable/FAQ.html"},
	{.package = "scikit-learn",
	 .cure = "use threadpoolctl.threadpool_limits(1) in the child, or OMP_NUM_THREADS=1",
	 .source = "https://scikit-learn.org/stable/faq.html"},
	{.library = "libgomp",
	 .cure = "set OMP_NUM_THREADS=1",
	 .source = "https://gcc.gnu.org/onlinedocs/libgomp/Environment-Variables.html"},
	{.cure = NULL},
};

/* As package managers compare names: case, and which of - _ . it is, do not matter. */
static char normal(char character)
{
	return character == '_' || character == '.' ? '-' : (char)tolower((unsigned char)character);
}

static bool is_named(const char *package, const char *pattern)
{
	size_t i = 0;

	for (; package[i] && pattern[i] && pattern[i] != '*'; i++)
		if (normal(package[i]) != pattern[i])
			return false;
	return pattern[i] == '*' || package[i] == pattern[i];
}

static const struct library_advice *named(const struct origin *origin)
{
	const struct library_advice *row = library_advice_table;

	if (!origin || origin->kind != ORIGIN_PACKAGE || !origin->package)
		return NULL;
	while (row->cure && !(row->package && is_named(origin->package, row->package)))
		row++;
	return row->cure ? row : NULL;
}

/* Of a crate it is the wheel that has it. */
static const struct library_advice *of_package(const struct origin *origin)
{
	const struct library_advice *row = named(origin);

	return row || !origin ? row : named(origin->file);
}

/* The innermost that has a row: below it may be a library that it uses. */
static const struct library_advice *of_frames(const struct frame *list, size_t count)
{
	const struct library_advice *row = NULL;

	for (size_t i = 0; i < count && !row; i++)
		row = of_package(list[i].origin);
	return row;
}

/* They are packages of Python. The missing threads that come first are the likeliest. */
static const struct library_advice *of_python(const struct finding *finding)
{
	const struct frames *stack = &finding->child.stack;
	const struct library_advice *row = NULL;

	if (cure_language_of(finding) != LANGUAGE_PYTHON)
		return NULL;
	if (finding->missing_count)
		row = of_package(finding->missing[0].origin);
	if (!row)
		row = of_frames(stack->list, stack->count);
	if (!row && stack->python)
		row = of_frames(stack->python->list, stack->python->count);
	return row;
}

static const struct library_advice *of_library(const char *library)
{
	const struct library_advice *row = library_advice_table;

	while (row->cure && !(row->library && library_is(library, row->library)))
		row++;
	return row->cure ? row : NULL;
}

/* Whose threads are missing, the likeliest first; else whose the holder is. */
static const char *advised_library(const struct finding *finding)
{
	return finding->missing_count ? finding->missing[0].library : finding->holder.library;
}

const struct library_advice *library_advice_find(const struct finding *finding)
{
	const struct library_advice *row = of_python(finding);

	return row ? row : of_library(advised_library(finding));
}
