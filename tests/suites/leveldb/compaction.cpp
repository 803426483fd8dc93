/*
 * A database whose thread compacts it, open at the fork: the child waits for that
 * thread. With the argument "safe" the database is opened by the child alone.
 */
#include "../reap.h"
#include <cstring>
#include <leveldb/db.h>
#include <memory>

static std::unique_ptr<leveldb::DB> open_database()
{
	leveldb::Options options;
	leveldb::DB *database = nullptr;

	options.create_if_missing = true;
	if (!leveldb::DB::Open(options, "database", &database).ok())
		_exit(1);
	return std::unique_ptr<leveldb::DB>(database);
}

static void store(leveldb::DB &database, const char *value)
{
	database.Put(leveldb::WriteOptions(), "key", value);
	database.CompactRange(nullptr, nullptr);
}

static int run(bool is_safe)
{
	std::unique_ptr<leveldb::DB> database;
	pid_t child;

	if (!is_safe) {
		database = open_database();
		store(*database, "of the parent");
	}
	child = fork();
	if (child == 0) {
		if (is_safe)
			database = open_database();
		store(*database, "of the child");
		_exit(0);
	}
	return reap(child);
}

int main(int argc, char **argv)
{
	return run(argc > 1 && strcmp(argv[1], "safe") == 0);
}
