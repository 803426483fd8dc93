/* LATENT lock=sqlite-static-mutex lost=audit child=job kind=lib-sqlite */
/* build: -lsqlite3 */
#include "lat.h"
#include <sqlite3.h>
/* Databases of their own in thread and child; common are SQLite's static mutexes. SLOW: no pauses,
 * many forks. */
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
		job();
		if (!slow)
			usleep(27000);
	}
	return u;
}

int main(void)
{
	begin();
	job();
	spawn(audit, NULL);
	_exit(forks(slow ? 300 : 3, slow ? 500 : 19000, job));
}
