/*
 * Clocks of threads, and of the channels by which they hand something over, are kept here.
 * This runs in any thread and in signal handlers, without a lock: a lane of a channel only rises.
 */
#include "state/moments.h"
#include "base/process.h"
#include "state/held_table.h"
#include "state/thread.h"
#include <string.h>

#define CHANNELS 2048
#define PROBES   4

struct channel {
	_Atomic uint64_t key;   /* 0: nobody's */
	_Atomic uint32_t reign; /* how often it was another's */
	_Atomic uint64_t known[CLOCK_LANES];
};

static struct channel channels[CHANNELS];
/* Of all that found no place of their own. Nothing is ever turned out: what was handed over
 * would be forgotten, and an order that there is be missed. */
static struct channel common_channel;
static _Atomic bool common_is_used;

static _Atomic uint64_t newest_moment = 1;

__thread uint64_t held_closing __attribute__((tls_model("initial-exec")));
AT_START uint64_t held_slow_before = SLOT_GIVEN_BACK;

/* Before there is a second thread there is nobody to tell anything; that one knows what its
 * creator knows. */
static _Atomic uint32_t thread_count;

static bool is_alone(void)
{
	return atomic_load_explicit(&thread_count, memory_order_relaxed) < 2;
}

static uint32_t lane_of(uint32_t serial)
{
	return serial % CLOCK_LANES;
}

uint64_t moment_next(void)
{
	return atomic_fetch_add(&newest_moment, 1) + 1;
}

void held_slow_down(uint64_t moment)
{
	uint64_t before = __atomic_load_n(&held_slow_before, __ATOMIC_RELAXED);
	uint64_t now = closing_at(moment);

	while (before < now && !__atomic_compare_exchange_n(&held_slow_before, &before, now, false,
							    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		continue;
}

static void renew_closing(struct thread *thread)
{
	uint64_t moment = thread->clock.known[lane_of(thread->serial)];

	held_closing = closing_at(moment) | thread->clock.gates;
}

uint64_t moment_begin(struct thread *thread)
{
	uint64_t moment = moment_next();

	thread->clock.known[lane_of(thread->serial)] = moment;
	renew_closing(thread);
	return moment;
}

void moment_set_gates(struct thread *thread, uint32_t gates)
{
	thread->clock.gates = gates;
	renew_closing(thread);
}

static uint32_t channel_index(uint64_t key)
{
	return (uint32_t)(hash_mix(HASH_SEED, key) >> 32);
}

static struct channel *find_channel(uint64_t key)
{
	uint32_t index = channel_index(key);

	for (uint32_t probe = 0; probe < PROBES; probe++) {
		struct channel *channel = &channels[(index + probe) % CHANNELS];

		if (atomic_load_explicit(&channel->key, memory_order_acquire) == key)
			return channel;
	}
	return NULL;
}

static struct channel *claim_channel(uint64_t key)
{
	uint32_t index = channel_index(key);

	for (uint32_t probe = 0; probe < PROBES; probe++) {
		struct channel *channel = &channels[(index + probe) % CHANNELS];
		uint64_t nobody = 0;

		if (atomic_compare_exchange_strong(&channel->key, &nobody, key) || nobody == key)
			return channel;
	}
	atomic_store(&common_is_used, true);
	return &common_channel;
}

static void raise_lane(_Atomic uint64_t *lane, uint64_t moment)
{
	uint64_t known = atomic_load_explicit(lane, memory_order_relaxed);

	while (known < moment && !atomic_compare_exchange_weak(lane, &known, moment))
		continue;
}

/* Returns the lanes that something was learned of. */
static uint32_t learn(struct thread *thread, const struct channel *channel)
{
	uint64_t *known = thread->clock.known;
	uint32_t lanes = 0;

	for (uint32_t lane = 0; lane < CLOCK_LANES; lane++) {
		uint64_t moment = atomic_load_explicit(&channel->known[lane], memory_order_acquire);

		if (moment <= known[lane])
			continue;
		known[lane] = moment;
		lanes |= 1u << lane;
	}
	/* In its own lane there may be another's. */
	if (lanes)
		renew_closing(thread);
	thread->clock.fresh_lanes |= lanes;
	return lanes;
}

void handover_takes(struct thread *thread, uint64_t key)
{
	const struct channel *channel;
	uint32_t lanes = 0;

	if (is_alone())
		return;
	channel = find_channel(key);
	thread->sections.waited = thread->clock.known[lane_of(thread->serial)];
	if (channel)
		lanes = learn(thread, channel);
	if (key >> OBJECT_THREAD == LOCK_FUTEX)
		thread->clock.inline_lanes |= lanes;
	if (unlikely(atomic_load_explicit(&common_is_used, memory_order_relaxed)))
		learn(thread, &common_channel);
}

void handover_settle(struct thread *thread)
{
	uint64_t key = thread->clock.awaited;

	thread->clock.awaited = 0;
	if (key)
		handover_takes(thread, key);
}

/* To where it gave last only what it has learned since. */
static void publish(struct thread *thread, struct channel *channel)
{
	struct thread_clock *clock = &thread->clock;
	uint32_t own = lane_of(thread->serial);
	uint32_t reign = atomic_load_explicit(&channel->reign, memory_order_relaxed);
	bool is_again = clock->gave_to == channel && clock->gave_in == reign;
	uint32_t lanes = is_again ? clock->fresh_lanes | 1u << own : UINT32_MAX;

	for (; lanes; lanes &= lanes - 1) {
		uint32_t lane = (uint32_t)__builtin_ctz(lanes);

		raise_lane(&channel->known[lane], clock->known[lane]);
	}
	clock->gave_to = channel;
	clock->gave_in = reign;
	clock->fresh_lanes = 0;
}

void handover_gives(struct thread *thread, uint64_t key)
{
	struct channel *channel;

	if (is_alone())
		return;
	channel = find_channel(key);
	handover_settle(thread);
	if (unlikely(!channel))
		channel = claim_channel(key);
	moment_begin(thread);
	publish(thread, channel);
}

void handover_awaits(struct thread *thread, uint64_t key)
{
	if (is_alone())
		return;
	handover_settle(thread);
	thread->sections.waited = thread->clock.known[lane_of(thread->serial)];
	thread->clock.awaited = key;
}

void handover_forget(uint64_t key)
{
	struct channel *channel = find_channel(key);

	if (!channel)
		return;
	/* Nobody has given to it: all that somebody knows is new to who comes next. */
	atomic_fetch_add(&channel->reign, 1);
	for (uint32_t lane = 0; lane < CLOCK_LANES; lane++)
		atomic_store_explicit(&channel->known[lane], 0, memory_order_relaxed);
	atomic_store_explicit(&channel->key, 0, memory_order_release);
}

void handover_to_newcomer(struct thread *creator, struct thread *newcomer)
{
	/* It may run before it is counted. */
	atomic_fetch_add(&thread_count, 1);
	handover_settle(creator);
	newcomer->clock.born = moment_begin(creator);
	memcpy(newcomer->clock.known, creator->clock.known, sizeof(newcomer->clock.known));
}

void moments_attach(struct thread *thread)
{
	uint64_t moment = moment_begin(thread);

	if (thread->clock.born)
		return;
	atomic_fetch_add(&thread_count, 1);
	/* Nobody said who made it, nor what that had seen: all that was so far. */
	thread->clock.born = moment;
	for (uint32_t lane = 0; lane < CLOCK_LANES; lane++)
		thread->clock.known[lane] = moment;
}

bool moments_has_lane(uint32_t lanes, uint32_t serial)
{
	return lanes >> lane_of(serial) & 1;
}

bool moments_know(const struct thread *thread, uint32_t serial, uint64_t moment)
{
	return thread->clock.known[lane_of(serial)] >= moment;
}

bool moments_know_end(const struct thread *thread, const struct thread *other, uint64_t closing)
{
	return thread->clock.known[lane_of(other->serial)] > closing_moment(closing);
}
