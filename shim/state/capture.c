/*
 * Stacks are copied here. They are read plainly where the stack is known to be this thread's
 * own, and all else (coroutines, alternate signal stacks, other threads) by process_vm_readv
 * on ourselves: that fails where a read would fault.
 */
#include "state/capture.h"
#include "base/process.h"
#include "common/arch/arch.h"
#include "log/log.h"
#include "state/go_runtime.h"
#include "state/modules.h"
#include "state/thread.h"
#include <string.h>

#define STACK_ALIGNMENT 8
/* Call sites whose stack is kept already, keyed by address and depth. */
#define SITES 1024

/* High half: tag; low half: the kept_fact. One word, so that racing writers cannot mix two. */
static _Atomic uint64_t sites[SITES];

static uint64_t site_hash(struct call_site site)
{
	return hash_mix(hash_mix(HASH_SEED, (uintptr_t)site.address), (uintptr_t)site.sp);
}

static bool on_own_stack(const struct thread *thread, uintptr_t sp)
{
	return sp >= thread->stack_low && sp < thread->stack_top;
}

/* Copies up to `capacity` bytes of stack from `sp`. Returns how many. */
static size_t copy_stack(const struct thread *thread, void *to, uintptr_t sp, size_t capacity)
{
	if (!on_own_stack(thread, sp))
		return memory_read(to, (const void *)sp, capacity) & ~(size_t)(STACK_ALIGNMENT - 1);
	if (capacity > thread->stack_top - sp)
		capacity = thread->stack_top - sp;
	/* No call: AddressSanitizer replaces memcpy, and finds fault with who reads whole frames.
	 */
	arch_copy(to, (const void *)sp, capacity);
	return capacity;
}

const struct snapshot *capture_find(const struct thread *thread, const void *site, const void *sp)
{
	for (uint32_t probe = 0; probe < 2; probe++) {
		const struct snapshot *snapshot =
			&thread->snapshots[(capture_index(site, sp) + probe) % SNAPSHOTS];

		if (capture_matches(snapshot, site, sp))
			return snapshot;
	}
	return NULL;
}

static bool is_needed(struct thread *thread, const struct snapshot *snapshot)
{
	const struct held_slot *slot;

	for (uint32_t cursor = 0; (slot = held_next(thread, &cursor));)
		if (since_is_open(slot->since) && slot->lock && slot->site == snapshot->site &&
		    slot->sp == snapshot->sp)
			return true;
	return false;
}

/* One of two places; the one that a held lock refers to is left alone. */
static struct snapshot *choose_snapshot(struct thread *thread, struct call_site site)
{
	uint32_t index = capture_index(site.address, site.sp);
	struct snapshot *first = &thread->snapshots[index];

	if (first->length && is_needed(thread, first))
		return &thread->snapshots[(index + 1) % SNAPSHOTS];
	return first;
}

COLD void capture_snapshot(struct thread *thread, struct call_site site)
{
	struct snapshot *snapshot;
	size_t length;

	if (capture_find(thread, site.address, site.sp))
		return;
	snapshot = choose_snapshot(thread, site);
	snapshot->length = 0;
	atomic_thread_fence(memory_order_release);
	CAPTURE_REGISTERS(&snapshot->registers);
	snapshot->site = site.address;
	snapshot->sp = site.sp;
	snapshot->address = snapshot->registers.sp;
	length = copy_stack(thread, snapshot->bytes, snapshot->address, sizeof(snapshot->bytes));
	/* Who forks meanwhile, and a handler in here, find the whole or nothing. */
	atomic_thread_fence(memory_order_release);
	snapshot->length = (uint32_t)length;
}

/*
 * Two stacks with the same code addresses in them are the same chain of calls.
 * Words that could be code are cheap to tell from the rest: they lie between
 * the lowest and the highest mapped module. A false one only spoils a match.
 */
static uint64_t hash_code_addresses(uint64_t hash, const uint64_t *word, size_t length)
{
	for (size_t i = 0; i < length / sizeof(*word); i++)
		if (modules_may_be_code(arch_code_address(word[i])))
			hash = hash_mix(hash, arch_code_address(word[i]));
	return hash_mix(hash, length);
}

/* A stack whose bytes can be read plainly. */
struct copy {
	const struct stack_registers *registers;
	uintptr_t address;
	const uint8_t *bytes;
	size_t length;
	uint32_t flags;
	struct other_stack other; /* length 0: there is none */
};

static const uint8_t *other_bytes(const struct copy *copy)
{
	return (const uint8_t *)(uintptr_t)copy->other.address;
}

/* The bytes of its record that come behind the header. */
static size_t capture_size_of(const struct copy *copy)
{
	size_t other = copy->other.length ? sizeof(copy->other) + copy->other.length : 0;

	return copy->length + other;
}

/* Leaves room for it. `handle` is of the thread whose stack it is. */
static void find_other(struct copy *copy, pthread_t handle)
{
	size_t room = SESSION_STACK_MAX - sizeof(copy->other) - GOROUTINE_BYTES;

	copy->other.length = 0;
	if (!go_runtime_stack((uint64_t)handle, &copy->other))
		return;
	copy->flags |= STACK_CONTINUED;
	if (copy->length <= room)
		return;
	copy->length = room;
	copy->flags |= STACK_TRUNCATED;
}

static uint64_t capture_hash_of(const struct copy *copy)
{
	uint64_t hash = hash_mix(hash_mix(HASH_SEED, RECORD_STACK), process.image);

	hash = hash_mix(hash_mix(hash, copy->registers->pc), copy->flags);
	if (copy->other.length)
		hash = hash_code_addresses(hash, (const uint64_t *)(const void *)other_bytes(copy),
					   copy->other.length);
	return hash_code_addresses(hash, (const uint64_t *)copy->bytes, copy->length);
}

static void capture_fill(struct record_stack *record, const struct copy *copy)
{
	record->flags = copy->flags;
	record->length = (uint32_t)copy->length;
	record->address = copy->address;
	record->registers = *copy->registers;
	arch_copy(record->bytes, copy->bytes, copy->length);
	if (!copy->other.length)
		return;
	arch_copy(record->bytes + copy->length, &copy->other, sizeof(copy->other));
	arch_copy(record->bytes + copy->length + sizeof(copy->other), other_bytes(copy),
		  copy->other.length);
}

/* Writes its record, unless it is known. */
static session_reference record_stack(const struct copy *copy)
{
	struct intern_place place;
	session_reference reference = log_find(capture_hash_of(copy), &place);
	struct record_stack *record;

	if (reference)
		return reference;
	record = log_claim(sizeof(*record) + capture_size_of(copy), &reference);
	if (!record)
		return 0;
	capture_fill(record, copy);
	log_commit(record, RECORD_STACK);
	log_publish(&place, reference);
	return reference;
}

/* Libraries that came by dlopen() are not known before the first fork: their code is no
 * code yet. So the call itself is part of what makes it the same. */
static kept_fact keep_stack(const struct copy *copy, const void *site)
{
	struct kept_place place;
	kept_fact fact = kept_find(hash_mix(capture_hash_of(copy), (uintptr_t)site), &place);
	struct record_stack *record;

	if (fact)
		return fact;
	record = kept_claim(&place, sizeof(*record) + capture_size_of(copy), &fact);
	if (!record)
		return 0;
	capture_fill(record, copy);
	kept_commit(&place, record, RECORD_STACK, fact);
	return fact;
}

static struct copy copy_of_own(const struct thread *thread, const struct stack_registers *registers,
			       size_t limit)
{
	size_t available = thread->stack_top - registers->sp;
	size_t length = available < limit ? available : limit;

	return (struct copy){
		.registers = registers,
		.address = registers->sp,
		.bytes = (const uint8_t *)registers->sp,
		.length = length & ~(size_t)(STACK_ALIGNMENT - 1),
		.flags = available > length ? STACK_TRUNCATED : 0,
	};
}

/*
 * How far a foreign stack can be read is known only after the copy, so the
 * copy goes through one buffer. No lock: who finds it taken does without.
 */
static bool take_copy_of_foreign(const struct stack_registers *registers, size_t limit,
				 struct copy *copy)
{
	static _Alignas(16) uint8_t buffer[SESSION_STACK_MAX];

	if (atomic_exchange(&process.buffer_taken, true))
		return false;
	*copy = (struct copy){
		.registers = registers,
		.address = registers->sp,
		.bytes = buffer,
		.length = memory_read(buffer, (const void *)registers->sp, limit) &
			  ~(size_t)(STACK_ALIGNMENT - 1),
		.flags = STACK_TRUNCATED,
	};
	return true;
}

static void give_buffer_back(void)
{
	atomic_store(&process.buffer_taken, false);
}

IN_CHILD void capture_in_child(void)
{
	atomic_store(&process.buffer_taken, false);
}

COLD session_reference capture_stack_from(struct thread *thread,
					  const struct stack_registers *registers)
{
	session_reference reference;
	struct copy copy;

	thread->capture_sp = registers->sp;
	if (on_own_stack(thread, registers->sp)) {
		copy = copy_of_own(thread, registers, SESSION_STACK_MAX);
		find_other(&copy, thread->self);
		return record_stack(&copy);
	}
	if (!take_copy_of_foreign(registers, SESSION_STACK_MAX, &copy))
		return 0;
	find_other(&copy, thread->self);
	reference = record_stack(&copy);
	give_buffer_back();
	return reference;
}

COLD session_reference capture_stack(struct thread *thread)
{
	struct stack_registers registers;

	CAPTURE_REGISTERS(&registers);
	return capture_stack_from(thread, &registers);
}

static kept_fact keep_innermost(struct thread *thread, const struct stack_registers *registers,
				struct call_site site, size_t limit)
{
	struct copy copy;
	kept_fact fact;

	thread->capture_sp = registers->sp;
	if (on_own_stack(thread, registers->sp)) {
		copy = copy_of_own(thread, registers, limit);
		find_other(&copy, thread->self);
		return keep_stack(&copy, site.address);
	}
	if (!take_copy_of_foreign(registers, limit, &copy))
		return 0;
	find_other(&copy, thread->self);
	fact = keep_stack(&copy, site.address);
	give_buffer_back();
	return fact;
}

COLD kept_fact capture_keep(struct thread *thread)
{
	static const struct call_site none;
	struct stack_registers registers;

	CAPTURE_REGISTERS(&registers);
	return keep_innermost(thread, &registers, none, SESSION_STACK_MAX);
}

COLD kept_fact capture_stack_once(struct thread *thread, struct call_site site, size_t limit)
{
	struct stack_registers registers;

	uint64_t hash = site_hash(site);
	_Atomic uint64_t *entry = &sites[hash % SITES];
	uint64_t known = atomic_load_explicit(entry, memory_order_relaxed);
	kept_fact fact;

	if (known >> 32 == hash >> 32 && (uint32_t)known)
		return (kept_fact)known;
	CAPTURE_REGISTERS(&registers);
	fact = keep_innermost(thread, &registers, site, limit);
	atomic_store_explicit(entry, hash >> 32 << 32 | fact, memory_order_relaxed);
	return fact;
}

session_reference capture_record_snapshot(const struct snapshot *snapshot)
{
	struct copy copy = {.registers = &snapshot->registers,
			    .address = snapshot->address,
			    .bytes = snapshot->bytes,
			    .length = snapshot->length,
			    .flags = STACK_FIRST_SEEN};

	return record_stack(&copy);
}

session_reference capture_record_frozen(const struct thread *holder, uintptr_t sp)
{
	static const struct stack_registers none;
	uintptr_t top = holder->stack_top;
	size_t available = top > sp ? top - sp : SESSION_STACK_MAX;
	size_t length = available < SESSION_STACK_MAX ? available : SESSION_STACK_MAX;
	uint32_t flags =
		STACK_NO_REGISTERS | (top <= sp || available > length ? STACK_TRUNCATED : 0);
	session_reference reference;
	struct record_stack *record;

	length &= ~(size_t)(STACK_ALIGNMENT - 1);
	if (on_own_stack(holder, sp)) {
		struct copy copy = {.registers = &none,
				    .address = sp,
				    .bytes = (const uint8_t *)sp,
				    .length = length,
				    .flags = flags};

		find_other(&copy, holder->self);
		return record_stack(&copy);
	}
	record = log_claim(sizeof(*record) + length, &reference);
	if (!record)
		return 0;
	record->flags = flags;
	record->address = sp;
	record->length = (uint32_t)memory_read(record->bytes, (const void *)sp, length) &
			 ~(uint32_t)(STACK_ALIGNMENT - 1);
	log_commit(record, RECORD_STACK);
	return reference;
}
