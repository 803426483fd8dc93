/*
 * A stack is walked with libunwind, which sees the target only through the accessors in here:
 * registers and memory that were captured, and the ELF files of the address space.
 */
#include "shim/common/arch/arch.h"
#include "space.h"
#include <string.h>

#define FRAMES_MAX 128
/* From one stack to another and back. */
#define CROSSINGS_MAX 4
/* Words that a walk may read: a hostile DWARF expression can loop for ever. */
#define READS_MAX (1u << 18)
/*
 * Where libunwind finds its search table. The upper half of the address space
 * is the kernel's, so nothing of the target can be there.
 */
#define TABLE_ADDRESS (UINT64_C(1) << 63)

/* In libunwind's libraries, but declared in none of its public headers. */
int UNW_OBJ(dwarf_search_unwind_table)(unw_addr_space_t, unw_word_t, unw_dyn_info_t *,
				       unw_proc_info_t *, int, void *);

/* An entry of a search table in the format of .eh_frame_hdr. */
struct table_entry {
	int32_t start;
	int32_t description;
};
_Static_assert(sizeof(struct table_entry) == sizeof(unw_word_t), "libunwind counts in words");

struct walk {
	struct address_space *space;
	const struct stack_registers *registers;
	const struct memory *memory;
	uint64_t start;             /* the pc that libunwind starts from */
	struct stack_registers end; /* where it stopped */
	struct table_entry table;
	struct module *described; /* has the description that libunwind reads; NULL: none yet */
	struct cfi_frame description;
	unsigned int reads;
	bool undescribed; /* libunwind asked for a pc that no description covers */
};

struct step {
	uint64_t pc;
	bool is_return;
	uint64_t sp;
	bool is_signal;
};

static bool read_module(struct address_space *space, uint64_t address, unw_word_t *value)
{
	struct module *module = space_module_at(space, address);

	*value = 0;
	/* The last word of a segment may be cut short: the rest reads as zero. */
	return module != NULL && module_open(module) &&
	       elf_file_read(&module->image->file, address - module->bias, value, sizeof(*value)) >
		       0;
}

/* A return address where it leads to, any other word as it is. */
static uint64_t without_guard(struct address_space *space, uint64_t word)
{
	uint64_t address = arch_code_address(word);

	return address != word && space_module_at(space, address) ? address : word;
}

static int access_memory(unw_addr_space_t unwind, unw_word_t address, unw_word_t *value, int write,
			 void *argument)
{
	struct walk *walk = argument;

	(void)unwind;
	if (write || walk->reads++ > READS_MAX)
		return -UNW_EINVAL;
	if (address == TABLE_ADDRESS) {
		memcpy(value, &walk->table, sizeof(*value));
		return 0;
	}
	if (walk->memory != NULL && walk->memory->read(walk->memory, address, value) == 0)
		*value = without_guard(walk->space, *value);
	else if (!read_module(walk->space, address, value))
		return -UNW_EINVAL;
	if (walk->described && walk->description.has_signs)
		cfi_hide_signs(&walk->described->image->file, &walk->description,
			       address - walk->described->bias, value);
	return 0;
}

static int access_register(unw_addr_space_t unwind, unw_regnum_t number, unw_word_t *value,
			   int write, void *argument)
{
	const struct walk *walk = argument;
	const struct stack_registers *registers = walk->registers;
	const uint64_t *captured = arch_unwind_register(registers, number);

	(void)unwind;
	if (write)
		return -UNW_EREADONLYREG;
	if (!captured)
		return -UNW_EBADREG; /* caller-saved */
	*value = captured == &registers->pc ? walk->start : without_guard(walk->space, *captured);
	return 0;
}

static int access_float_register(unw_addr_space_t unwind, unw_regnum_t number, unw_fpreg_t *value,
				 int write, void *argument)
{
	(void)unwind, (void)number, (void)value, (void)write, (void)argument;
	return -UNW_EBADREG;
}

static int get_dynamic_list(unw_addr_space_t unwind, unw_word_t *list, void *argument)
{
	(void)unwind, (void)list, (void)argument;
	return -UNW_ENOINFO;
}

static int get_procedure_name(unw_addr_space_t unwind, unw_word_t address, char *buffer,
			      size_t size, unw_word_t *offset, void *argument)
{
	(void)unwind, (void)address, (void)buffer, (void)size, (void)offset, (void)argument;
	return -UNW_ENOINFO;
}

static int frames_resume(unw_addr_space_t unwind, unw_cursor_t *cursor, void *argument)
{
	(void)unwind, (void)cursor, (void)argument;
	return -UNW_EINVAL;
}

static void put_procedure(unw_addr_space_t unwind, unw_proc_info_t *procedure, void *argument)
{
	(void)unwind, (void)procedure, (void)argument;
}

static enum cfi_verdict find_description(struct address_space *space, uint64_t address,
					 struct module **module, struct cfi_frame *frame)
{
	*module = space_module_at(space, address);
	if (*module == NULL || !module_open(*module))
		return CFI_NONE;
	return cfi_find(&(*module)->image->cfi, &(*module)->image->file, address - (*module)->bias,
			frame);
}

/*
 * libunwind gets a search table with one entry, the one that was found: so
 * what it evaluates is exactly what cfi_find has checked, and modules with and
 * without an .eh_frame_hdr look the same to it.
 */
static int find_procedure(unw_addr_space_t unwind, unw_word_t address, unw_proc_info_t *procedure,
			  int need_unwind_info, void *argument)
{
	struct walk *walk = argument;
	struct module *module;
	struct cfi_frame frame;

	if (find_description(walk->space, address, &module, &frame) == CFI_NONE) {
		walk->undescribed = true;
		return -UNW_ENOINFO;
	}
	walk->described = module;
	walk->description = frame;
	walk->table.start = (int32_t)(frame.start - frame.description);
	walk->table.description = 0;
	unw_dyn_info_t table = {
		.start_ip = module->bias + frame.start,
		.end_ip = module->bias + frame.end,
		.format = UNW_INFO_FORMAT_REMOTE_TABLE,
		.u.rti = {.segbase = module->bias + frame.description,
			  .table_len = sizeof(walk->table) / sizeof(unw_word_t),
			  .table_data = TABLE_ADDRESS},
	};
	return UNW_OBJ(dwarf_search_unwind_table)(unwind, address, &table, procedure,
						  need_unwind_info, argument);
}

static unw_accessors_t accessors = {
	.find_proc_info = find_procedure,
	.put_unwind_info = put_procedure,
	.get_dyn_info_list_addr = get_dynamic_list,
	.access_mem = access_memory,
	.access_reg = access_register,
	.access_fpreg = access_float_register,
	.resume = frames_resume,
	.get_proc_name = get_procedure_name,
};

unw_addr_space_t unwind_new(void)
{
	unw_addr_space_t unwind = unw_create_addr_space(&accessors, 0);

	/* The cache keeps its size: a larger one is mapped and never unmapped, and
	 * where there is no memory for it libunwind 1.6 leaves its lock held. */
	if (unwind != NULL)
		unw_set_caching_policy(unwind, UNW_CACHE_GLOBAL);
	return unwind;
}

void unwind_forget(struct address_space *space)
{
	unw_flush_cache(space->unwind, 0, 0);
}

void unwind_free(unw_addr_space_t unwind)
{
	unw_destroy_addr_space(unwind);
}

/* Entries of assembly files that carry no call-frame information. */
static bool is_entry_name(const char *name)
{
	static const char *const entries[] = {
		"_start",   "clone",           "__clone",        "clone3",
		"__clone3", "__start_context", "runtime.goexit", "runtime.goexit.abi0"};

	for (size_t i = 0; name != NULL && i < sizeof(entries) / sizeof(*entries); i++) {
		if (strcmp(name, entries[i]) == 0)
			return true;
	}
	return false;
}

/*
 * No call returns to the first instruction of a function: makecontext put that
 * address there. (glibc's __start_context says nothing about its caller, and
 * has no name in a stripped library.)
 */
static bool is_context_start(struct address_space *space, struct step step)
{
	struct module *module;
	struct cfi_frame frame;

	return step.is_return &&
	       find_description(space, step.pc - 1, &module, &frame) == CFI_NONE &&
	       find_description(space, step.pc, &module, &frame) != CFI_NONE &&
	       module->bias + frame.start == step.pc;
}

static enum ending find_ending(struct address_space *space, struct step step)
{
	struct module *module;
	struct cfi_frame frame;
	uint64_t address = step.pc - step.is_return;

	switch (find_description(space, address, &module, &frame)) {
	case CFI_OUTERMOST:
		return ENDING_ENTRY;
	case CFI_CALLER:
		return ENDING_NONE;
	default:
		if (is_context_start(space, step))
			return ENDING_CONTEXT_START;
		if (module != NULL && is_entry_name(symbol_at_code(module, address)))
			return ENDING_ENTRY;
		return ENDING_NONE;
	}
}

static enum ending ending_of(struct address_space *space, struct step step)
{
	struct outermost *slot = &space->outermost[step.pc % OUTERMOST_COUNT];

	if (slot->ending == ENDING_UNKNOWN || slot->pc != step.pc)
		*slot = (struct outermost){step.pc, find_ending(space, step)};
	return slot->ending;
}

/* As gdb calls it: in most libraries it has no name. */
#define SIGNAL_FRAME "<signal handler called>"

/* A step up the stack, from `below` to `step`: false where it ends or where it would not rise. */
static bool step_up(unw_cursor_t *cursor, struct step *below, struct step *step)
{
	unw_word_t before;
	unw_word_t after;
	unw_word_t pc;

	if (unw_get_reg(cursor, UNW_REG_SP, &before) != 0 || unw_step(cursor) <= 0)
		return false;
	/* libunwind tells of the frame that it stepped out of. */
	bool from_signal = unw_is_signal_frame(cursor) > 0;
	if (unw_get_reg(cursor, UNW_REG_IP, &pc) != 0 || pc == 0)
		return false;
	/* A signal handler may run on another stack, above or below. */
	if (unw_get_reg(cursor, UNW_REG_SP, &after) != 0 ||
	    (!arch_is_callers(before, after, below->is_return) && !from_signal))
		return false;
	below->is_signal = from_signal;
	*step = (struct step){pc, !from_signal, after, false};
	return true;
}

/*
 * Where no description covers a pc, libunwind guesses by the frame pointer. A
 * guess that led to an entry has proven itself; one that ended outside of all
 * modules has not.
 */
static size_t drop_guesses(struct address_space *space, const struct step *steps, size_t count)
{
	while (count > 1 && space_module_at(space, steps[count - 1].pc) == NULL)
		count--;
	return count;
}

/* Where libunwind stopped, which changes nothing where it fails. */
static void note_end(unw_cursor_t *cursor, struct stack_registers *end)
{
	unw_word_t sp = 0, fp = 0;

	unw_get_reg(cursor, UNW_REG_SP, &sp);
	unw_get_reg(cursor, arch_unwind_frame_pointer(), &fp);
	*end = (struct stack_registers){.sp = sp, .fp = fp};
}

/* Made at run time: by the interpreter of a JVM, by a compiler of JavaScript. */
static bool is_generated(struct address_space *space, const struct step *step)
{
	return space_module_at(space, step->pc - step->is_return) == NULL;
}

/*
 * Did libunwind guess? Where the frame pointer does not look right to it, it takes the next word
 * of the stack for a return address: fine below an entry, invention in generated code.
 */
static bool is_guess(const struct walk *walk, const struct step *step)
{
	return walk->undescribed &&
	       (ending_of(walk->space, *step) != ENDING_NONE || is_generated(walk->space, step));
}

/* As long as code describes itself. Returns the number of steps by then. */
static size_t walk_described(struct walk *walk, struct step steps[FRAMES_MAX], size_t count,
			     struct stack_registers *end)
{
	unw_cursor_t cursor;

	walk->undescribed = false;
	if (unw_init_remote(&cursor, walk->space->unwind, walk) != 0)
		return count;
	note_end(&cursor, end);
	while (count < FRAMES_MAX && step_up(&cursor, &steps[count - 1], &steps[count]) &&
	       !is_guess(walk, &steps[count - 1])) {
		walk->undescribed = false;
		note_end(&cursor, end);
		count++;
	}
	return count;
}

static bool is_apart(const struct walk *walk, const struct stack_registers *at)
{
	return walk->memory && walk->memory->is_apart &&
	       walk->memory->is_apart(walk->memory, at->sp, at->fp);
}

static bool is_described(struct address_space *space, uint64_t address)
{
	struct module *module;
	struct cfi_frame frame;

	return find_description(space, address, &module, &frame) != CFI_NONE;
}

static bool step_by_frame_pointer(struct walk *walk, struct stack_registers *at, struct step *step)
{
	uint64_t fp, pc;

	if ((at->fp < at->sp && !is_apart(walk, at)) || at->fp % sizeof(fp) ||
	    walk->memory->read(walk->memory, at->fp, &fp) != 0 ||
	    walk->memory->read(walk->memory, at->fp + sizeof(fp), &pc) != 0 || !pc)
		return false;
	pc = without_guard(walk->space, pc);
	*at = (struct stack_registers){.pc = pc, .sp = at->fp + 2 * sizeof(fp), .fp = fp};
	*step = (struct step){pc, true, at->sp, false};
	return true;
}

/* Go's own code and a JVM's interpreter describe themselves to nobody, but keep frame pointers. */
static size_t walk_by_frame_pointer(struct walk *walk, struct stack_registers *at,
				    struct step steps[FRAMES_MAX], size_t count)
{
	bool was_generated = is_generated(walk->space, &steps[count - 1]);

	while (count < FRAMES_MAX && step_by_frame_pointer(walk, at, &steps[count]) &&
	       (was_generated || space_module_at(walk->space, at->pc - 1))) {
		count++;
		if (is_described(walk->space, at->pc - 1) ||
		    ending_of(walk->space, steps[count - 1]) != ENDING_NONE)
			break;
	}
	return count;
}

/*
 * Generated code that called C is stepped over by its frame pointers; what it leads to describes
 * itself again. Go runs C on another stack than the goroutine's, and the frame pointer leads back
 * there; a goroutine that C has called goes on in C.
 */
static size_t walk_all(struct walk *walk, struct step steps[FRAMES_MAX])
{
	struct stack_registers *end = &walk->end;
	size_t count = walk_described(walk, steps, 1, end);

	for (int i = 0; i < CROSSINGS_MAX && count < FRAMES_MAX &&
			(is_apart(walk, end) || is_generated(walk->space, &steps[count - 1]));
	     i++) {
		count = walk_by_frame_pointer(walk, end, steps, count);
		if (!end->pc || !is_described(walk->space, end->pc - 1))
			break;
		walk->registers = end;
		walk->start = end->pc - 1;
		count = walk_described(walk, steps, count, end);
	}
	return count;
}

static size_t walk_stack(struct address_space *space, const struct stack_registers *registers,
			 bool pc_is_return, const struct memory *memory,
			 struct step steps[FRAMES_MAX], bool *complete)
{
	/* unw_init_remote takes the pc for an instruction that is about to run; a
	 * return address may already be in the next function's description. */
	struct walk walk = {.space = space,
			    .registers = registers,
			    .memory = memory,
			    .start = registers->pc - pc_is_return};
	size_t count;

	steps[0] = (struct step){registers->pc, pc_is_return, registers->sp, false};
	count = walk_all(&walk, steps);
	enum ending ending = ending_of(space, steps[count - 1]);
	*complete = ending != ENDING_NONE;
	if (ending == ENDING_CONTEXT_START)
		steps[count - 1].is_return = false;
	return *complete ? count : drop_guesses(space, steps, count);
}

static bool frames_is_shown(struct address_space *space, const struct step *step)
{
	const struct module *module = space_module_at(space, step->pc - step->is_return);

	return module == NULL || !module->is_shim;
}

static void place_frames(struct frames *part, const struct step *step)
{
	for (size_t i = 0; i < part->count; i++) {
		part->list[i].sp = step->sp;
		part->list[i].is_signal = step->is_signal;
		if (step->is_signal)
			part->list[i].function = SIGNAL_FRAME;
	}
}

struct frames unwind_stack(struct address_space *space, struct arena *arena,
			   const struct stack_registers *registers, bool pc_is_return,
			   const struct memory *memory)
{
	struct step steps[FRAMES_MAX];
	struct frames parts[FRAMES_MAX];
	struct frames frames = {0};
	size_t part_count = 0;
	size_t count = walk_stack(space, registers, pc_is_return, memory, steps, &frames.complete);

	for (size_t i = 0; i < count; i++) {
		if (!frames_is_shown(space, &steps[i]))
			continue;
		parts[part_count] = symbolize_code(space, arena, steps[i].pc, steps[i].is_return);
		place_frames(&parts[part_count], &steps[i]);
		frames.count += parts[part_count++].count;
	}
	frames.list = arena_array(arena, frames.count, sizeof(*frames.list));
	struct frame *next = frames.list;
	for (size_t i = 0; i < part_count; i++) {
		memcpy(next, parts[i].list, parts[i].count * sizeof(*next));
		next += parts[i].count;
	}
	return frames;
}

size_t unwind_addresses(struct address_space *space, const struct stack_registers *registers,
			const struct memory *memory, uint64_t *addresses, size_t capacity,
			bool *complete)
{
	struct step steps[FRAMES_MAX];
	size_t count = walk_stack(space, registers, false, memory, steps, complete);
	size_t shown = 0;

	for (size_t i = 1; i < count; i++) {
		if (!frames_is_shown(space, &steps[i]))
			continue;
		if (shown == capacity) {
			*complete = false;
			break;
		}
		addresses[shown++] = steps[i].pc;
	}
	return shown;
}
