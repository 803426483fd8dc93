/*
 * A frame description is found here, and checked from its first to its last byte.
 *
 * libunwind evaluates descriptions with little mistrust: a register number
 * above the last one indexes past its arrays, a division may raise SIGFPE. So
 * only a description that passed here is shown to it. What compilers and
 * glibc's assembler files emit passes.
 */
#include "cfi.h"
#include "base/array.h"
#include "shim/common/arch/arch.h"
#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#define REMEMBERED_MAX   64
#define AUGMENTATION_MAX 4 /* libunwind reads no further */
#define EXTENDED_LENGTH  0xffffffff

/* What was seen of signatures of return addresses, and the word that they are hidden in. */
struct signs {
	bool found;
	uint64_t address;
	uint64_t *word; /* NULL: in none */
};

/* Reads on from an address up to an end; after a failure every read gives 0. */
struct cursor {
	struct elf_file *file;
	uint64_t address;
	uint64_t end;
	bool failed;
	struct signs *signs;
};

struct common_information {
	uint64_t code_alignment;
	uint8_t encoding;    /* of addresses in the FDEs */
	bool has_length;     /* FDEs carry the length of their augmentation */
	struct cursor rules; /* the initial instructions */
};

struct description {
	struct cfi_frame frame;
	struct common_information common;
	struct cursor rules;
};

/* Whether the return address is undefined in the row that is being built. */
struct row {
	bool undefined;
	bool initially_undefined;
	uint64_t remembered; /* a stack of bits */
	unsigned int depth;
};

static void read_bytes(struct cursor *cursor, void *buffer, size_t size)
{
	if (cursor->failed || cursor->end - cursor->address < size ||
	    elf_file_read(cursor->file, cursor->address, buffer, size) != size) {
		cursor->failed = true;
		memset(buffer, 0, size);
		return;
	}
	cursor->address += size;
}

static uint64_t read_unsigned(struct cursor *cursor, size_t size)
{
	uint64_t value = 0;

	read_bytes(cursor, &value, size);
	return value;
}

static uint64_t cfi_read_signed(struct cursor *cursor, size_t size)
{
	unsigned int unused = (unsigned int)(64 - 8 * size);

	return (uint64_t)((int64_t)(read_unsigned(cursor, size) << unused) >> unused);
}

/* LEB128 of either sign: the sign of what is only skipped does not matter. */
static uint64_t read_leb128(struct cursor *cursor)
{
	uint64_t value = 0;

	for (unsigned int shift = 0; shift < 64; shift += 7) {
		uint64_t byte = read_unsigned(cursor, 1);

		value |= (byte & 0x7f) << shift;
		if ((byte & 0x80) == 0)
			return value;
	}
	cursor->failed = true;
	return 0;
}

static uint64_t read_value(struct cursor *cursor, unsigned int format)
{
	switch (format) {
	case DW_EH_PE_absptr:
	case DW_EH_PE_udata8:
	case DW_EH_PE_sdata8:
		return read_unsigned(cursor, 8);
	case DW_EH_PE_udata2:
		return read_unsigned(cursor, 2);
	case DW_EH_PE_udata4:
		return read_unsigned(cursor, 4);
	case DW_EH_PE_sdata2:
		return cfi_read_signed(cursor, 2);
	case DW_EH_PE_sdata4:
		return cfi_read_signed(cursor, 4);
	default:
		cursor->failed = true;
		return 0;
	}
}

/* Absolute or relative to its own place: .eh_frame has no others. */
static uint64_t read_encoded(struct cursor *cursor, unsigned int encoding)
{
	uint64_t place = cursor->address;
	uint64_t value = read_value(cursor, encoding & 0xf);

	if ((encoding & 0xf0) == DW_EH_PE_pcrel)
		return place + value;
	if ((encoding & 0xf0) != DW_EH_PE_absptr)
		cursor->failed = true;
	return value;
}

/* Splits off the next `length` bytes. */
static struct cursor cfi_take(struct cursor *cursor, uint64_t length)
{
	struct cursor part = *cursor;

	if (length > cursor->end - cursor->address)
		cursor->failed = true;
	part.failed = cursor->failed;
	part.end = part.failed ? part.address : part.address + length;
	cursor->address = part.end;
	return part;
}

static struct cursor cursor_at(struct elf_file *file, uint64_t address)
{
	return (struct cursor){.file = file, .address = address, .end = UINT64_MAX};
}

/* The body of the CIE or FDE at the cursor, which moves on behind it. */
static struct cursor cfi_read_entry(struct cursor *cursor)
{
	uint64_t length = read_unsigned(cursor, 4);

	if (length == 0 || length == EXTENDED_LENGTH)
		cursor->failed = true;
	return cfi_take(cursor, length);
}

/* The personality routine: only its size matters here. */
static void skip_encoded(struct cursor *cursor, unsigned int encoding)
{
	if ((encoding & 0x70) == DW_EH_PE_aligned)
		cursor->failed = true;
	read_value(cursor, encoding & 0xf);
}

static void read_augmentation(struct cursor *body, const char *letters,
			      struct common_information *common)
{
	for (; *letters != '\0'; letters++) {
		switch (*letters) {
		case 'R':
			common->encoding = (uint8_t)read_unsigned(body, 1);
			break;
		case 'L':
			read_unsigned(body, 1);
			break;
		case 'P':
			skip_encoded(body, (unsigned int)read_unsigned(body, 1));
			break;
		case 'S':
			break;
		default:
			body->failed = true;
		}
	}
}

static void read_letters(struct cursor *body, char letters[AUGMENTATION_MAX + 1])
{
	for (size_t i = 0; i <= AUGMENTATION_MAX; i++) {
		letters[i] = (char)read_unsigned(body, 1);
		if (letters[i] == '\0')
			return;
	}
	letters[AUGMENTATION_MAX] = '\0';
	body->failed = true;
}

static bool read_common(struct elf_file *file, uint64_t address, struct common_information *common)
{
	struct cursor cursor = cursor_at(file, address);
	struct cursor body = cfi_read_entry(&cursor);
	char letters[AUGMENTATION_MAX + 1];

	if (read_unsigned(&body, 4) != 0)
		return false;
	uint64_t version = read_unsigned(&body, 1);
	if (version != 1 && version != 3)
		return false;
	read_letters(&body, letters);
	*common = (struct common_information){.encoding = DW_EH_PE_absptr};
	common->code_alignment = read_leb128(&body);
	read_leb128(&body);
	uint64_t column = version == 1 ? read_unsigned(&body, 1) : read_leb128(&body);
	common->has_length = letters[0] == 'z';
	if (common->has_length) {
		read_leb128(&body);
		read_augmentation(&body, letters + 1, common);
	} else if (letters[0] != '\0') {
		return false;
	}
	common->rules = body;
	return column == ARCH_DWARF_RETURN_ADDRESS && !body.failed;
}

static bool read_description(struct elf_file *file, uint64_t address,
			     struct description *description)
{
	struct cursor cursor = cursor_at(file, address);
	struct cursor body = cfi_read_entry(&cursor);
	uint64_t place = body.address;
	uint64_t distance = read_unsigned(&body, 4);

	if (body.failed || distance == 0 ||
	    !read_common(file, place - distance, &description->common))
		return false;
	description->frame.description = address;
	description->frame.start = read_encoded(&body, description->common.encoding);
	uint64_t range = read_value(&body, description->common.encoding & 0xf);
	description->frame.end = description->frame.start + range;
	if (description->common.has_length)
		cfi_take(&body, read_leb128(&body));
	description->rules = body;
	return !body.failed && description->frame.start < description->frame.end;
}

/*
 * What follows each instruction: r a register, n a number, e an expression,
 * 1 2 4 a distance of that many bytes. An instruction that is missing here is
 * one that libunwind does not know either, or that no compiler emits.
 */
static const char *const operands[64] = {
	[DW_CFA_nop] = "",
	[DW_CFA_advance_loc1] = "1",
	[DW_CFA_advance_loc2] = "2",
	[DW_CFA_advance_loc4] = "4",
	[DW_CFA_offset_extended] = "rn",
	[DW_CFA_restore_extended] = "r",
	[DW_CFA_undefined] = "r",
	[DW_CFA_same_value] = "r",
	[DW_CFA_register] = "rr",
	[DW_CFA_remember_state] = "",
	[DW_CFA_restore_state] = "",
	[DW_CFA_def_cfa] = "rn",
	[DW_CFA_def_cfa_register] = "r",
	[DW_CFA_def_cfa_offset] = "n",
	[DW_CFA_def_cfa_expression] = "e",
	[DW_CFA_expression] = "re",
	[DW_CFA_offset_extended_sf] = "rn",
	[DW_CFA_def_cfa_sf] = "rn",
	[DW_CFA_def_cfa_offset_sf] = "n",
	[DW_CFA_val_expression] = "re",
	[DW_CFA_GNU_args_size] = "n",
	[DW_CFA_GNU_negative_offset_extended] = "rn",
};

/*
 * A division of the lowest number by -1 raises SIGFPE. Every byte counts and
 * not only opcodes, because an expression may branch into its own operands.
 */
static void check_expression(struct cursor *rules)
{
	struct cursor body = cfi_take(rules, read_leb128(rules));

	while (!body.failed && body.address < body.end) {
		if (read_unsigned(&body, 1) == DW_OP_div)
			rules->failed = true;
	}
}

/* Returns the first register, or ARCH_DWARF_LAST_REGISTER + 1 for none. */
static uint64_t read_operands(struct cursor *rules, const char *signature, uint64_t *distance)
{
	uint64_t first = ARCH_DWARF_LAST_REGISTER + 1;

	for (const char *operand = signature; *operand != '\0'; operand++) {
		if (*operand == 'r') {
			uint64_t number = read_leb128(rules);

			if (number > ARCH_DWARF_LAST_REGISTER)
				rules->failed = true;
			if (operand == signature)
				first = number;
		} else if (*operand == 'e') {
			check_expression(rules);
		} else if (*operand == 'n') {
			read_leb128(rules);
		} else {
			*distance = read_unsigned(rules, (size_t)(*operand - '0'));
		}
	}
	return first;
}

static bool cfi_remember(struct row *row)
{
	if (row->depth++ == REMEMBERED_MAX)
		return false;
	row->remembered = row->remembered << 1 | row->undefined;
	return true;
}

static bool restore(struct row *row)
{
	if (row->depth == 0)
		return false;
	row->depth--;
	row->undefined = row->remembered & 1;
	row->remembered >>= 1;
	return true;
}

static void set_rule(struct row *row, unsigned int instruction)
{
	switch (instruction) {
	case DW_CFA_undefined:
		row->undefined = true;
		break;
	case DW_CFA_restore_extended:
		row->undefined = row->initially_undefined;
		break;
	case DW_CFA_def_cfa:
	case DW_CFA_def_cfa_register:
	case DW_CFA_def_cfa_sf:
		break; /* names a register, but gives it no rule */
	default:
		row->undefined = false;
	}
}

/* At the byte before the cursor. Bytes are in the order of addresses: the lowest comes first. */
static void note_sign(const struct cursor *rules)
{
	struct signs *signs = rules->signs;
	uint64_t offset = rules->address - 1 - signs->address;

	signs->found = true;
	if (signs->word && offset < sizeof(*signs->word))
		*signs->word &= ~(UINT64_C(0xff) << 8 * offset);
}

static bool run_extended(struct cursor *rules, struct row *row, unsigned int instruction,
			 uint64_t *distance)
{
	if ((int)instruction == ARCH_DWARF_SIGNS) {
		note_sign(rules);
		return true;
	}
	if (operands[instruction] == NULL)
		return false;
	if (instruction == DW_CFA_remember_state)
		return cfi_remember(row);
	if (instruction == DW_CFA_restore_state)
		return restore(row);
	if (read_operands(rules, operands[instruction], distance) == ARCH_DWARF_RETURN_ADDRESS)
		set_rule(row, instruction);
	return !rules->failed;
}

/* The three instructions that carry their first operand in the opcode. */
static bool run_primary(struct cursor *rules, struct row *row, unsigned int byte,
			uint64_t *distance)
{
	unsigned int operand = byte & 0x3f;

	if ((byte & 0xc0) == DW_CFA_advance_loc) {
		*distance = operand;
		return true;
	}
	if (operand > ARCH_DWARF_LAST_REGISTER)
		return false;
	bool is_offset = (byte & 0xc0) == DW_CFA_offset;
	if (is_offset)
		read_leb128(rules);
	if (operand == ARCH_DWARF_RETURN_ADDRESS)
		set_rule(row, is_offset ? DW_CFA_offset_extended : DW_CFA_restore_extended);
	return !rules->failed;
}

/*
 * Checks all rules, and builds the row for `address`. Rules behind that row
 * are checked too: the same description serves other addresses later, but
 * libunwind keeps no more of it than one row.
 */
static bool run(struct cursor rules, struct row *row, uint64_t code_alignment, uint64_t location,
		uint64_t address)
{
	struct row running = *row;

	while (rules.address < rules.end) {
		uint64_t distance = 0;
		unsigned int byte = (unsigned int)read_unsigned(&rules, 1);
		bool sound = (byte & 0xc0) != 0 ? run_primary(&rules, &running, byte, &distance)
						: run_extended(&rules, &running, byte, &distance);

		if (!sound || rules.failed)
			return false;
		location += distance * code_alignment;
		if (location <= address)
			*row = running;
	}
	return true;
}

static enum cfi_verdict cfi_judge(struct description *description, uint64_t address,
				  struct signs *signs)
{
	struct common_information *common = &description->common;
	struct row row = {0};

	common->rules.signs = description->rules.signs = signs;
	if (!run(common->rules, &row, common->code_alignment, 0, UINT64_MAX))
		return CFI_NONE;
	row.initially_undefined = row.undefined;
	row.depth = 0;
	if (!run(description->rules, &row, common->code_alignment, description->frame.start,
		 address))
		return CFI_NONE;
	return row.undefined ? CFI_OUTERMOST : CFI_CALLER;
}

/* The header's table: pairs of a code address and a description, relative to the header. */
static void find_table(struct cfi *cfi, struct elf_file *file)
{
	struct cursor cursor = cursor_at(file, file->frame_header);
	uint64_t version = read_unsigned(&cursor, 1);
	unsigned int frame_encoding = (unsigned int)read_unsigned(&cursor, 1);
	uint64_t count_encoding = read_unsigned(&cursor, 1);
	uint64_t table_encoding = read_unsigned(&cursor, 1);

	read_encoded(&cursor, frame_encoding);
	uint64_t count = read_unsigned(&cursor, 4);
	if (cursor.failed || version != 1 || count_encoding != DW_EH_PE_udata4 ||
	    table_encoding != (DW_EH_PE_datarel | DW_EH_PE_sdata4))
		return;
	cfi->table = cursor.address;
	cfi->table_base = file->frame_header;
	cfi->table_count = count;
}

static int compare_entries(const void *left, const void *right)
{
	const struct cfi_index_entry *a = left;
	const struct cfi_index_entry *b = right;

	return (a->start > b->start) - (a->start < b->start);
}

static bool cfi_append(struct cfi *cfi, size_t *capacity, struct cfi_index_entry entry)
{
	if (!ARRAY_MAKE_ROOM(cfi->index, cfi->index_count, *capacity))
		return false;
	cfi->index[cfi->index_count++] = entry;
	return true;
}

static void build_index(struct cfi *cfi, struct elf_file *file)
{
	struct cursor cursor = cursor_at(file, elf_file_frame_section(file));
	size_t capacity = 0;

	while (cursor.address != 0 && !cursor.failed) {
		struct description description;
		uint64_t address = cursor.address;

		cfi_read_entry(&cursor);
		if (!cursor.failed && read_description(file, address, &description) &&
		    !cfi_append(cfi, &capacity,
				(struct cfi_index_entry){description.frame.start, address}))
			break;
	}
	if (cfi->index_count > 0)
		qsort(cfi->index, cfi->index_count, sizeof(*cfi->index), compare_entries);
}

void cfi_init(struct cfi *cfi, struct elf_file *file)
{
	*cfi = (struct cfi){0};
	if (file->frame_header != 0)
		find_table(cfi, file);
	if (cfi->table == 0)
		build_index(cfi, file);
}

void cfi_release(struct cfi *cfi)
{
	free(cfi->index);
	*cfi = (struct cfi){0};
}

static bool entry_at(const struct cfi *cfi, struct elf_file *file, uint64_t position,
		     struct cfi_index_entry *entry)
{
	if (cfi->table == 0) {
		*entry = cfi->index[position];
		return true;
	}
	struct cursor cursor = cursor_at(file, cfi->table + position * 2 * sizeof(int32_t));
	entry->start = cfi->table_base + cfi_read_signed(&cursor, 4);
	entry->description = cfi->table_base + cfi_read_signed(&cursor, 4);
	return !cursor.failed;
}

/* The last entry that starts at or before the address. */
static bool search(const struct cfi *cfi, struct elf_file *file, uint64_t address,
		   struct cfi_index_entry *found)
{
	uint64_t low = 0;
	uint64_t high = cfi->table != 0 ? cfi->table_count : cfi->index_count;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		struct cfi_index_entry entry;

		if (!entry_at(cfi, file, middle, &entry))
			return false;
		if (entry.start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 && entry_at(cfi, file, low - 1, found);
}

enum cfi_verdict cfi_find(const struct cfi *cfi, struct elf_file *file, uint64_t address,
			  struct cfi_frame *frame)
{
	struct cfi_index_entry entry;
	struct description description;
	struct signs signs = {0};
	enum cfi_verdict verdict;

	if (!search(cfi, file, address, &entry) ||
	    !read_description(file, entry.description, &description) ||
	    address < description.frame.start || address >= description.frame.end)
		return CFI_NONE;
	verdict = cfi_judge(&description, address, &signs);
	*frame = description.frame;
	frame->has_signs = signs.found;
	return verdict;
}

void cfi_hide_signs(struct elf_file *file, const struct cfi_frame *frame, uint64_t address,
		    uint64_t *word)
{
	struct description description;
	struct signs signs = {.address = address, .word = word};

	if (frame->has_signs && read_description(file, frame->description, &description))
		cfi_judge(&description, frame->start, &signs);
}
