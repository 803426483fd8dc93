/* A C++ library with function-local statics. */
#include <atomic>
#include <stdexcept>
#include <thread>

static std::atomic<int> made;

namespace
{
struct table {
	explicit table(void (*while_making)())
	{
		if (while_making)
			while_making(); /* MAKE */
	}
	int size = 7;
};

template <int> struct counted {
	counted()
	{
		std::this_thread::yield();
		made++;
	}
	int size = 7;
};

struct fragile {
	explicit fragile(bool fails)
	{
		if (fails)
			throw std::runtime_error("not made");
	}
	int size = 7;
};
} // namespace

extern "C" int statics_look_up(void (*while_making)())
{
	static table entries(while_making); /* STATIC */
	return entries.size;
}

template <int number> static bool take_part()
{
	static counted<number> mine;

	if constexpr (number > 0)
		return mine.size == 7 && take_part<number - 1>();
	return mine.size == 7;
}

/* To be called by several threads at the same time: how many objects were made, or -1. */
extern "C" int statics_race()
{
	return take_part<99>() ? made.load() : -1;
}

static int make_fragile(bool fails)
{
	static fragile entry(fails);
	return entry.size;
}

/* What an exception leaves unmade the next caller makes. */
extern "C" int statics_fail()
{
	try {
		make_fragile(true);
	} catch (const std::runtime_error &) {
		return make_fragile(false);
	}
	return -1;
}
