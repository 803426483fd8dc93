/* SAFE kind=lib-sqlite the thread works only when main asks, and main waits for its answer before
 * it forks */
/* build: -lsqlite3 */
#include "lat.h"
#include <sqlite3.h>
static sem_t go, done;

static int job(void)
{
	sqlite3 *db;
	if (sqlite3_open(":memory:", &db))
		return 3;
	sqlite3_exec(db,
		     "create table t(k integer primary key, v text); insert into t(v) values('x')",
		     0, 0, 0);
	sqlite3_close(db);
	return 0;
}

static void *audit(void *u)
{
	for (;;) {
		semwait(&go);
		job();
		sem_post(&done);
	}
	return u;
}

int main(void)
{
	begin();
	sem_init(&go, 0, 0);
	sem_init(&done, 0, 0);
	spawn(audit, NULL);
	int bad = 0;
	for (int i = 0; i < (slow ? 40 : 4); i++) {
		sem_post(&go);
		semwait(&done);
		bad |= forks(1, 50, job);
	}
	_exit(bad);
}
