/*
 * reach-anew HOW WHEN: a child makes the lock anew that a thread of its parent uses all the
 * time. HOW: by init, assigned, wiped, copied from another, or in another table. WHEN: early,
 * before it takes it; late, only then.
 */
#include "ticker.h"

static const pthread_mutex_t pristine = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t first_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t second_mutex;
static pthread_mutex_t *current = &first_mutex;
static unsigned long uses;
static const char *how;
static bool is_early;

static void use_current(void)
{
	pthread_mutex_lock(current); /* USE */
	uses++;
	pthread_mutex_unlock(current);
}

static void by_init(void)
{
	pthread_mutex_init(&first_mutex, NULL);
}

static void assigned(void)
{
	first_mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}

static void wiped(void)
{
	memset(&first_mutex, 0, sizeof(first_mutex));
}

static void copied(void)
{
	memcpy(&first_mutex, &pristine, sizeof(first_mutex));
}

static void in_another_table(void)
{
	pthread_mutex_init(&second_mutex, NULL);
	current = &second_mutex;
}

static const struct way {
	const char *name;
	void (*make)(void);
} ways[] = {
	{"init", by_init},  {"assigned", assigned},      {"wiped", wiped},
	{"copied", copied}, {"table", in_another_table},
};

static void make_anew(void)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (strcmp(ways[i].name, how) == 0)
			ways[i].make();
}

static int work(void)
{
	if (is_early)
		make_anew();
	use_current(); /* WORK */
	if (!is_early)
		make_anew();
	use_current();
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		errx(2, "usage: reach-anew HOW WHEN");
	how = argv[1];
	is_early = strcmp(argv[2], "early") == 0;
	return tick_and_fork(use_current, work);
}
