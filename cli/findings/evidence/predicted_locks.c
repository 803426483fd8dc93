/*
 * The rows of a prediction are sorted and merged here, and estimates are added up: plain data.
 * Measured times decide no order, for they differ from run to run.
 */
#include "predicted_locks.h"
#include "base/same_text.h"
#include <string.h>

/* Without the offset in an object. */
static size_t base_length(const char *name)
{
	const char *part = strstr(name, "+0x");

	return part ? (size_t)(part - name) : strlen(name);
}

/* Parts of one object, an array of stripes, are one row. */
static int compare_name(const char *one, const char *other)
{
	bool is_same = one && other && base_length(one) == base_length(other) &&
		       memcmp(one, other, base_length(one)) == 0;

	return is_same ? 0 : compare_texts(one, other);
}

static int compare_identity(const struct predicted_lock *one, const struct predicted_lock *other)
{
	int order = compare_name(one->name, other->name);

	if (!order)
		order = compare_texts(one->kind, other->kind);
	return order || one->name ? order : compare_texts(one->user, other->user);
}

static int compare_rows(const struct predicted_lock *one, const struct predicted_lock *other)
{
	if (one->severity != other->severity)
		return one->severity < other->severity ? 1 : -1;
	return compare_identity(one, other);
}

static struct predicted_lock **predicted_locks_find_same(struct predicted_lock **list,
							 const struct predicted_lock *lock)
{
	while (*list && compare_identity(*list, lock))
		list = &(*list)->next;
	return list;
}

const struct predicted_lock *predicted_locks_find(struct predicted_lock *list,
						  const struct predicted_lock *lock)
{
	return *predicted_locks_find_same(&list, lock);
}

static void predicted_locks_insert(struct predicted_lock **list, struct predicted_lock *lock)
{
	while (*list && compare_rows(*list, lock) <= 0)
		list = &(*list)->next;
	lock->next = *list;
	*list = lock;
}

/* Of two sessions, each knows of so many. */
static void take_numbers(struct predicted_lock *lock, const struct predicted_lock *other)
{
	predicted_risk_add(&lock->risk, &other->risk);
	if (other->alike > lock->alike)
		lock->alike = other->alike;
}

struct predicted_lock *predicted_locks_add(struct predicted_lock *list, struct predicted_lock *lock)
{
	struct predicted_lock **same = predicted_locks_find_same(&list, lock), *known = *same;

	if (known) {
		*same = known->next;
		if (lock->severity > known->severity) {
			take_numbers(lock, known);
			known = lock;
		} else {
			take_numbers(known, lock);
		}
		lock = known;
	}
	predicted_locks_insert(&list, lock);
	return list;
}

struct predicted_lock *predicted_locks_join(struct predicted_lock *list,
					    struct predicted_lock *other)
{
	while (other) {
		struct predicted_lock *next = other->next;

		list = predicted_locks_add(list, other);
		other = next;
	}
	return list;
}

void predicted_risk_add(struct risk_part *risk, const struct risk_part *other)
{
	double forks = (double)risk->forks, others = (double)other->forks;

	if (!(other->share > 0) || !other->forks)
		return;
	if (!(risk->share > 0) || !risk->forks) {
		*risk = *other;
		return;
	}
	if (others * other->share > forks * risk->share)
		risk->is_counted = other->is_counted;
	risk->share = (risk->share * forks + other->share * others) / (forks + others);
	risk->forks += other->forks;
}

uint64_t predicted_risk_one_in(const struct risk_part *risk)
{
	double rest = risk->share > 0 ? 1 / risk->share : 0;
	uint64_t unit = 1;

	if (!(rest < 1e15))
		return 0;
	for (; rest >= 10; rest /= 10)
		unit *= 10;
	return (uint64_t)(rest + 0.5) * unit;
}
