/*
 * The session log: the one arrow between libforkcheck.so and forkcheck.
 *
 * It describes a file on a tmpfs, created and sized by the CLI, mapped MAP_SHARED
 * by every process of the session. Many processes write, one reads. Nobody ever locks it.
 *
 *   +--------+-----------------+--------------+-------------------------------+
 *   | header | births (ring)   | intern table | cells: the append-only log    |
 *   +--------+-----------------+--------------+-------------------------------+
 *
 * Cells.   A record occupies a chunk: a run of 64-byte cells that its writer
 *          claimed with one atomic add. The writer stores `size` first, the
 *          body next and `commit` last. The area was zero when the file was
 *          made, and a chunk has one writer for ever, so a writer that is
 *          killed at any instruction leaves either zeroes (before `size`: the
 *          reader steps on by cell) or a chunk without `commit` (the reader
 *          steps over it). At most the record being written is lost. No
 *          process has a chunk in hand between two records: a fork child
 *          inherits nothing that it would have to give up, and a vfork child
 *          can write nothing of its parent's.
 * Intern.  Facts repeat: the same fork from the same line with the same
 *          threads, the same stack. A record is found again by a 64-bit hash
 *          of its identity; a repeat adds one to its `count` instead of
 *          writing it again.
 * Births.  A ring with one entry per process (an exec'd image or a fork
 *          child). It is bounded, so that a hundred thousand forks cost no
 *          log space; the CLI follows it while it runs.
 *
 * Everything in here is written by strangers. The reader trusts no byte of it.
 */
#ifndef FORKCHECK_COMMON_LOG_FORMAT_H
#define FORKCHECK_COMMON_LOG_FORMAT_H

#include "arch/arch.h"
#include "lock_list.h" /* enum lock_kind */
#include <stdatomic.h>
#include <stdint.h>

#define SESSION_MAGIC       "forkchk"
#define SESSION_VERSION     10
#define SESSION_CELL        64
#define SESSION_ENVIRONMENT "FORKCHECK_SESSION"

/* Capacity limits, in bytes of stack. Deep C recursion needs 32 KiB to reach
 * its entry function; C, C++ and Rust programs need 2.5 KiB (measured). */
#define SESSION_STACK_MAX      32768
#define SESSION_SNAPSHOT_MAX   672
#define SESSION_NAME_MAX       16
#define SESSION_LOCK_STATE_MAX 64
/* Of a Python stack: frames, and bytes of names. */
#define SESSION_PYTHON_FRAMES   64
#define SESSION_PYTHON_FILE     512
#define SESSION_PYTHON_FUNCTION 256
#define SESSION_PYTHON_NAME     48

/* A record is referred to by the index of its first cell; 0 refers to none. */
typedef uint32_t session_reference;

struct session_counters {
	_Atomic uint64_t forks;      /* calls that returned a child */
	_Atomic uint64_t processes;  /* births: images and fork children */
	_Atomic uint64_t threads;    /* started threads, main threads excluded */
	_Atomic uint64_t dropped;    /* records that found no room */
	_Atomic uint64_t unseen;     /* threads found in /proc that the shim never met */
	_Atomic uint64_t unobserved; /* UNOBSERVED facts, written or beyond UNOBSERVED_MAX */
	_Atomic uint64_t unjudged;   /* SECTION facts beyond what one process writes */
	uint64_t reserved[1];
};

/*
 * How the forks of a run are placed among the program's other threads (--confirm). The CLI
 * fills this in before the program starts; the program counts what came of it.
 */
enum schedule_mode {
	SCHEDULE_FREE = 0, /* nothing is moved */
	SCHEDULE_JITTER,   /* forks come a little later, each time by another span */
	SCHEDULE_FORCE,    /* forks wait until another thread is in one of the sections */
};

/* Where a lock is taken that a lost thread may hold, in numbers that are the same in every run. */
struct session_section {
	uint64_t module;      /* schedule_module_key() of the file that takes it */
	uint64_t offset;      /* the return address of the call, from the file's load bias */
	uint64_t lock_module; /* of the file that the lock lies in; 0: of none */
	uint64_t lock_offset;
	uint32_t kind;            /* enum lock_kind */
	_Atomic uint32_t reached; /* forks during which a thread was kept in it */
};

#define SCHEDULE_SECTIONS 32
struct session_schedule {
	uint32_t mode;              /* enum schedule_mode */
	uint32_t run;               /* 0: the first; n: the n-th further one */
	uint32_t bound_ms;          /* no fork, and no thread for one, waits longer */
	uint32_t count;             /* of sections */
	uint64_t seed;              /* another one in each run */
	_Atomic uint64_t waits;     /* forks that waited for a thread */
	_Atomic uint64_t reached;   /* those for which one came */
	_Atomic uint64_t moved;     /* forks that came later */
	_Atomic uint64_t stretched; /* times that a thread stayed while no fork waited */
	uint64_t reserved;
	struct session_section sections[SCHEDULE_SECTIONS];
};

struct session_header {
	char magic[8];
	uint32_t version;
	uint32_t header_size;
	uint64_t file_size;
	uint64_t births_offset;
	uint64_t intern_offset;
	uint64_t cells_offset;
	uint32_t births_count; /* a power of two */
	uint32_t intern_count; /* a power of two */
	uint64_t cells_count;
	uint64_t created_ns; /* CLOCK_MONOTONIC */
	uint64_t created_at; /* seconds since the epoch */
	uint64_t own_cells;  /* cells before this one are the CLI's: a full log leaves it room */
	uint64_t time_namespace; /* the CLI's (the inode): CLOCK_MONOTONIC is another elsewhere */
	uint8_t reserved[32];

	/* Written while the session runs. Own cache lines. */
	_Alignas(64) _Atomic uint64_t next_cell;
	_Atomic uint64_t next_own_cell; /* of the CLI's */
	_Alignas(64) _Atomic uint64_t next_birth;
	_Atomic uint32_t next_process;
	_Alignas(64) _Atomic uint32_t news; /* futex: bumped when the CLI should look at once */
	_Alignas(64) _Atomic uint64_t
		clock; /* CLOCK_MONOTONIC ns | 1, renewed by the CLI every few ms */
	_Alignas(64) struct session_counters counters;
	_Alignas(64) struct session_schedule schedule;
};

enum birth_kind {
	/* 0: a fork that failed */
	BIRTH_IMAGE = 1, /* a program was started by exec */
	BIRTH_CHILD = 2, /* a process was made by fork */
};

enum birth_state {
	BIRTH_EXECED = 1,    /* gave its memory up by exec */
	BIRTH_INHERITED = 2, /* found locks held that it cannot give back */
};

/* One process. Valid where `sequence` is its ring number plus one. */
struct session_birth {
	_Atomic uint64_t sequence; /* written last */
	uint64_t time_ns;
	uint32_t process; /* serial, unique in the session */
	uint32_t parent;  /* serial of the process that forked; 0 for an image */
	uint32_t image;   /* serial of the process that started the image */
	int32_t pid;
	session_reference fork; /* the FORK record it was born by */
	uint32_t kind;
	_Atomic uint32_t state; /* bits of enum birth_state */
	uint32_t lost;          /* threads of the parent that it does not have */
	uint64_t private_facts; /* where the process keeps its struct private_facts */
	/* Id of a thread that has entered fork() and not left it; 0: none. */
	_Atomic int32_t forking;
	/* The pid as the process sees it, once it has called exec: the next program
	 * says hello by that number. 0: not known. */
	_Atomic int32_t own_pid;
};

/* An interpreter of CPython among the modules of a process: what its symbols say. */
struct python_interpreter {
	uint64_t runtime; /* address of _PyRuntime; 0: there is none */
	uint64_t code_type;
	uint64_t unicode_type;
	uint32_t version; /* PY_VERSION_HEX; up to 3.10 its upper half only; 0: not known */
	uint32_t reserved;
	uint64_t before_fork; /* PyOS_BeforeFork(), which runs the hooks of os.register_at_fork() */
};

/* Where the runtime of Go, if there is one, keeps what its thread runs. */
struct go_runtime {
	int64_t tls;     /* from the thread's pthread_self() to its goroutine, the scheduler's */
	int32_t machine; /* in that: the thread as Go knows it */
	int32_t current; /* in that: the goroutine that it runs; 0: no runtime is known */
};

/*
 * Who used a thing last that has no owner: a semaphore, a condition variable, a
 * barrier, a futex. A fork child has the copy of what its parent's threads did.
 * A use is one word, so that racing threads cannot mix two: the return address
 * of the call, above its 47 bits a flag, and above that the lower bits of the
 * thread's serial and another flag.
 */
#define OBJECTS        2048
#define OBJECT_THREAD  48
#define OBJECT_ADDRESS ((UINT64_C(1) << 47) - 1)
/* Given by the thread that had taken it last, as one gives back a lock. */
#define OBJECT_GIVEN_BACK (UINT64_C(1) << 47)
#define OBJECT_SERIAL     0x7fffu
/* Of a use, and of `made`: in a child that does not have all threads of its parent, since then. */
#define OBJECT_IN_CHILD (UINT64_C(1) << 63)
struct session_object {
	_Atomic uint64_t key;  /* its address, and above 48 bits its enum lock_kind */
	_Atomic uint64_t gave; /* posted, signalled, broadcast, woke */
	_Atomic uint64_t took; /* took from it, or went to wait on it */
	_Atomic uint64_t
		made; /* the kept_fact of its initialisation, a STACK, and OBJECT_IN_CHILD */
};

/*
 * Something that was given to an object, and who had gone to wait for it; or a few bytes that
 * were written to a descriptor, as one does to wake an event loop.
 */
#define HANDED_DESCRIPTOR UINT64_C(0x7f) /* in place of a kind; below it the descriptor */
#define HANDED_BYTES      8
struct session_handed {
	_Atomic uint64_t key;
	_Atomic uint64_t gave;
	_Atomic uint64_t took;
};
#define HANDED 4

/*
 * Who has written to a descriptor, by its number, and who has read from it. A child has the copy of
 * what its parent's threads did.
 */
#define DESCRIPTORS               1024
#define DESCRIPTOR_THREAD(serial) (UINT64_C(1) << ((serial)&63))
#define DESCRIPTOR_IN_CHILD       1u /* written to in a child that lost threads */
#define DESCRIPTOR_BY_UNKNOWN     2u /* written to by a thread that is not known */
struct session_descriptor {
	/* A bit for each thread; what a child that lost threads reads is not noted. */
	_Atomic uint64_t writers, readers;
	/* The last write, a use as in struct session_object, and the last one before it by
	 * another thread. */
	_Atomic uint64_t last, before;
	_Atomic uint32_t flags;
	uint32_t reserved;
};

/*
 * Facts that a process keeps in its own memory, for the CLI to read from the
 * outside (process_vm_readv) when it asks what could still wake the process.
 */
#define PRIVATE_FACTS_MAGIC 0x66633107u
#define SIGNALS             65
#define INTERVAL_TIMERS     3
struct private_facts {
	uint32_t magic;
	int32_t pid;
	/* Functions that sigaction() and its kin set; 0: not set through us. */
	_Atomic uint64_t handlers[SIGNALS];
	/* ITIMER_REAL (alarm), ITIMER_VIRTUAL, ITIMER_PROF: when they fire next,
	 * CLOCK_MONOTONIC ns; UINT64_MAX: again and again, or not known when; 0: never. */
	_Atomic uint64_t timers[INTERVAL_TIMERS];
	uint64_t objects; /* where it keeps its OBJECTS objects */
	struct python_interpreter python;
	uint32_t process; /* its serial: pids come again. Written before `pid` */
	/* Calls that sent bytes to a socket, in a child without its parent's threads. /proc
	 * does not count them. */
	_Atomic uint32_t sent;
	/* Bit n - 1: the function of signal n was set by sigaction() with neither
	 * SA_RESTART nor SA_NODEFER. */
	_Atomic uint64_t plain_handlers;
	/* What such a child gave to objects that a lost thread waited for last: the last ones,
	 * `handed_count` in all. */
	_Atomic uint32_t handed_count;
	_Atomic uint32_t has_sharers; /* it made a process that has the same memory (CLONE_VM) */
	struct session_handed handed[HANDED];
	uint64_t kept; /* where it keeps its facts: struct session_kept */
	/* The FORK that it was born by, as it is kept; 0: none. */
	_Atomic uint64_t born_by;
	uint64_t threads; /* where its struct session_threads is; 0: there are none */
	struct go_runtime go;
	/* Bit n - 1: signal n has a handler of the shim's, where the program has none. */
	_Atomic uint64_t own_handlers;
	uint64_t descriptors; /* where it keeps its DESCRIPTORS descriptors */
};

/*
 * A fact that the process keeps for the case that a fork makes it matter. Laid out as
 * the record that it would be, with this in place of the record's header, and other
 * kept facts where the record would refer to records. A kept_fact is its place in units
 * of 8 bytes, 0 for none, or, with the bit KEPT_LOGGED, a reference to a record.
 */
typedef uint32_t kept_fact;
#define KEPT_LOGGED 0x40000000u
#define KEPT_UNIT   8
struct session_kept {
	uint64_t hash;                       /* of its identity */
	_Atomic session_reference reference; /* its record, once it is written */
	uint16_t type;                       /* enum record_type; written last */
	uint16_t reserved;
	uint32_t size;  /* of the record, its header included */
	kept_fact next; /* of those that are written at the next fork */
	_Atomic uint64_t count;
};

/* hash is claimed by compare-and-swap, reference is stored once the record is committed. */
struct session_intern {
	_Atomic uint64_t hash;
	_Atomic uint32_t reference;
	uint32_t reserved;
};

/*
 * The records: type, struct, and what may follow the struct, or be counted in it. A new one is a
 * struct below and one row here; the type, the check of its size (cli/session/reader.c) and the
 * function that finds it (cli/session/model.h) follow.
 *
 *   NOTHING                  the struct alone
 *   BYTES(member)            so many bytes follow
 *   TEXTS(member, member)    two texts of so many bytes follow
 *   ITEMS(member, type)      so many of them follow
 *   WITHIN(member, most)     a count of bytes in the struct
 *   STACK                    see struct record_stack
 *
 * Types are numbers in saved sessions: new rows go to the end.
 */
/* clang-format off */
#define RECORD_LIST(record) \
	record(PROCESS,     process,     TEXTS, path_length, libc_length) \
	record(MODULE,      module,      TEXTS, path_length, build_id_length) \
	record(STACK,       stack,       STACK) \
	record(THREAD,      thread,      NOTHING) \
	record(FORK,        fork,        NOTHING) \
	record(LOST,        lost,        ITEMS, count, session_reference) \
	record(HELD,        held,        WITHIN, state_length, SESSION_LOCK_STATE_MAX) \
	record(WAIT,        wait,        WITHIN, state_length, SESSION_LOCK_STATE_MAX) \
	record(TOUCH,       touch,       NOTHING) \
	record(ATFORK,      atfork,      NOTHING) \
	record(USE,         use,         NOTHING) \
	record(HANG,        hang,        BYTES, reason_length) \
	record(ACTION,      action,      BYTES, what_length) \
	record(RUN,         run,         BYTES, length) \
	record(LEFT,        left,        BYTES, path_length) \
	record(UNOBSERVED,  unobserved,  BYTES, path_length) \
	record(OBJECT,      object,      NOTHING) \
	record(PYTHON_CODE, python_code, TEXTS, file_length, function_length) \
	record(PYTHON,      python,      ITEMS, count, struct python_frame) \
	record(RING,        ring,        NOTHING) \
	record(SHARE,       share,       NOTHING) \
	record(COPIED,      copied,      NOTHING) \
	record(TAKEN,       taken,       NOTHING) \
	record(LOST_USE,    lost_use,    NOTHING) \
	record(BLOCKED,     blocked,     WITHIN, state_length, SESSION_LOCK_STATE_MAX) \
	record(PLACE,       place,       BYTES, name_length) \
	record(HANDED,      handed,      NOTHING) \
	record(SIGNAL,      signal,      NOTHING) \
	record(SECTION,     section,     NOTHING) \
	record(LOST_WORK,   lost_work,   ITEMS, count, session_reference) \
	record(LATE_ORDER,  late_order,  NOTHING) \
	record(ATTACHED,    attached,    BYTES, reason_length) \
	record(TASK,        task,        NOTHING) \
	record(CRASH,       crash,       NOTHING) \
	record(SHARED_USE,  shared_use,  BYTES, peer_length)
/* clang-format on */

#define RECORD_TYPE(type, ...) RECORD_##type,
enum record_type { RECORD_NONE, RECORD_LIST(RECORD_TYPE) RECORD_TYPES };

#define RECORD_COMMITTED 0x46430000u /* | type */

struct record {
	_Atomic uint32_t size;   /* bytes, this header included; written first */
	_Atomic uint32_t commit; /* RECORD_COMMITTED | type; written last */
	uint32_t process;        /* serial of the writer */
	uint32_t reserved;
	uint64_t time_ns;       /* CLOCK_MONOTONIC */
	_Atomic uint64_t count; /* how often this fact was seen */
};

/* Who the writer is. Written once by a process, before its first other record. */
struct record_process {
	struct record record;
	uint32_t serial;
	uint32_t parent; /* 0 for an image */
	uint32_t image;
	int32_t pid;
	int32_t parent_pid;
	session_reference fork; /* of a fork child */
	uint32_t kind;          /* enum birth_kind */
	uint16_t path_length;
	uint16_t libc_length;
	uint64_t birth_ns;
	uint64_t private_facts; /* as in its birth, which the parent may never come to fill */
	uint32_t lost;
	/* By which the CLI knows it here, where that is not its pid: of a core file. Else 0. */
	int32_t number;
	char text[]; /* path of the program, then version of the C library; no NUL */
};

/* One object of the dynamic loader's list. */
struct record_module {
	struct record record;
	uint32_t image;
	uint16_t path_length;
	uint16_t build_id_length;
	uint64_t bias; /* l_addr: what to add to the addresses in the file */
	uint64_t dynamic;
	char text[]; /* path ("" for the program itself), then build-id */
};

enum stack_flag {
	STACK_TRUNCATED = 1,    /* the copy ended before the stack did */
	STACK_FIRST_SEEN = 2,   /* taken at an earlier pass through the same call site */
	STACK_NO_REGISTERS = 4, /* memory only */
	/* Behind its bytes, a struct other_stack and the bytes of that: it goes on over there. */
	STACK_CONTINUED = 8,
};

/* A goroutine called C, which runs on another stack than its own. */
#define GOROUTINE_BYTES 4096
struct other_stack {
	uint64_t address; /* of the first byte copied */
	uint32_t length;  /* bytes copied, in units of 8 */
	uint32_t reserved;
};

struct record_stack {
	struct record record;
	uint32_t flags;
	uint32_t length;  /* bytes copied, of this stack */
	uint64_t address; /* of the first byte copied */
	struct stack_registers registers;
	uint8_t bytes[];
};

enum thread_flag {
	THREAD_MAIN = 1,
	THREAD_UNSEEN = 2,   /* never called into the shim: found in /proc */
	THREAD_STARTING = 4, /* pthread_create was under way */
	THREAD_DETACHED = 8,
};

struct record_thread {
	struct record record;
	uint32_t born_in; /* serial of the process that created it */
	uint32_t serial;  /* unique within born_in */
	int32_t tid;
	uint32_t flags;
	uint64_t self;          /* pthread_t */
	uint64_t start_routine; /* 0: unknown */
	uint64_t start_ns;
	uint32_t creator; /* serial of the thread that created it */
	session_reference created_at;
	char name[SESSION_NAME_MAX];      /* NUL-terminated */
	session_reference created_python; /* what its creator's interpreter was doing; else 0 */
	/* Of one that nobody saw being made: what the interpreter does in it now, in the parent. */
	session_reference runs_python;
	char python_name[SESSION_PYTHON_NAME]; /* of a threading.Thread; NUL-terminated */
	/* Of one that nobody saw being made: in whose code it runs, by the outermost address on its
	 * stack that is not of a library which starts threads for others. 0: not known. */
	uint64_t code;
};

enum fork_function {
	FORK_OUTSIDE = 0, /* found in /proc by the CLI */
	FORK_FORK = 1,
	FORK_ATFORK_ONLY, /* only the atfork handlers ran: a fork found by dlsym */
	FORK_UNDERSCORE,  /* _Fork() */
	FORK_PTY,         /* forkpty() */
	FORK_DAEMON,      /* daemon() */
	FORK_CLONE,       /* clone() */
	FORK_CALL_FORK,   /* syscall(SYS_fork) */
	FORK_CALL_CLONE,
	FORK_CALL_CLONE3,
	FORK_UNSEEN, /* found out in the child: an instruction of the program's own */
	FORK_FUNCTIONS
};

/* A fork, by its parent. `count` is the number of times that the same thread
 * came the same way with the same other threads alive. */
struct record_fork {
	struct record record;
	uint32_t parent; /* process serial */
	int32_t parent_pid;
	uint32_t function;
	session_reference thread;
	session_reference stack;
	uint32_t generation;              /* of the parent's set of threads */
	_Atomic uint32_t execs;           /* children that gave way to another program */
	_Atomic uint32_t modules_changed; /* set by a child: the parent's module list is stale */
	_Atomic uint32_t lost;            /* session_reference of the first child's LOST record */
	session_reference python;
};

/* The threads of the parent that the child does not have. */
struct record_lost {
	struct record record;
	uint32_t count;
	uint32_t overflowed; /* locks that found no slot in the tables of these threads */
	session_reference threads[];
};

/*
 * Parts of libc that take a lock of their own, which no wrapper sees: being
 * inside one of their functions stands for it. In HELD and WAIT records of
 * LOCK_REGION the number stands where the address of a lock would.
 */
enum region {
	REGION_TIME_ZONE = 1,
	REGION_ENVIRONMENT,
	REGION_SYSLOG,
	REGION_RANDOM,
	REGION_LOCALE,
	REGION_NAME_SERVICE,
	REGION_LOADER,
	REGION_EXIT,
	REGIONS
};

enum held_flag {
	HELD_BY_FORKER = 1,      /* the thread that forked held it */
	HELD_FROM_HANDLER = 2,   /* taken while fork() ran the atfork handlers */
	HELD_WHILE_WAITING = 4,  /* taken back by a condition wait: the time is not known */
	HELD_KEPT = 8,           /* taken by a handler, and still held when fork() returned */
	HELD_KEPT_IN_CHILD = 16, /* the same, in the child */
	/* It was just being taken or given back: since when is not known. Written when a child
	 * asked for it. */
	HELD_IN_WINDOW = 32,
	HELD_IN_SHARED_MEMORY = 64, /* it lies in memory that the parent shares */
};

/* A lock that was held at a clone, as the child found it in its own copy. */
struct record_held {
	struct record record;
	session_reference fork;
	session_reference thread;
	uint64_t lock;
	uint32_t kind;
	uint32_t flags;
	uint64_t site;              /* return address of the acquiring call */
	uint64_t site_sp;           /* stack pointer of the caller, once the call has returned */
	uint64_t since_ns;          /* 0: unknown; bit 0 set: taken from session_header.clock */
	session_reference acquired; /* the innermost part of the stack, at the acquisition */
	session_reference frozen; /* the holder's stack, from the acquisition's sp, at the clone */
	session_reference initialised;
	uint32_t state_length;
	uint8_t state[SESSION_LOCK_STATE_MAX]; /* the lock's own bytes */
	session_reference python; /* what the holder's interpreter was doing at the clone */
	uint32_t reserved;
};

enum wait_flag {
	WAIT_TIMED = 1,
	WAIT_TRY = 2,
	WAIT_PERHAPS = 4, /* inside a region that lost threads were inside of: only a look tells */
	/* In shared memory, by a process that catches signals: after a handler the lock is asked
	 * for again, and may be free by then. */
	WAIT_UNTIL_SIGNAL = 8,
	/* The CLI saw it from outside, and it is not proven: it lasts as long as the process' HANG.
	 */
	WAIT_SEEN = 16,
};

/* A thread of a fork child is about to wait for a lock that a lost thread holds. */
struct record_wait {
	struct record record;
	session_reference fork;   /* of the child */
	session_reference thread; /* who waits */
	session_reference held;   /* where this process knows it; else 0 */
	session_reference stack;
	uint64_t lock;
	uint32_t kind;
	uint32_t flags;
	int32_t owner;             /* tid in the lock's word */
	int32_t tid;               /* of the waiter */
	_Atomic uint64_t ended_ns; /* 0: still waiting */
	_Atomic int32_t result;
	uint32_t operation; /* enum lock_operation */
	uint32_t state_length;
	uint32_t is_in_shared_memory; /* the lock, although it is made for one process */
	uint8_t state[SESSION_LOCK_STATE_MAX];
	session_reference initialised;
	session_reference python;
};

enum lock_operation {
	OPERATION_LOCK = 1,
	OPERATION_TRYLOCK,
	OPERATION_TIMEDLOCK,
	OPERATION_CLOCKLOCK,
	OPERATION_UNLOCK,
	OPERATION_INIT,
	OPERATION_DESTROY,
	OPERATION_OVERWRITTEN, /* found free or taken again when the child ended */
	OPERATION_READ_LOCK,
	OPERATION_READ_TRYLOCK,
	OPERATION_READ_TIMEDLOCK,
	OPERATION_READ_CLOCKLOCK,
	OPERATIONS
};

enum touch_flag {
	TOUCH_FROM_HANDLER = 1, /* while fork() ran the atfork handlers */
};

/* What a fork child did to a lock that it inherited as held. */
struct record_touch {
	struct record record;
	session_reference fork;
	session_reference thread;
	session_reference stack;
	uint32_t operation;
	uint64_t lock;
	uint32_t kind;
	int32_t result;
	session_reference held;
	uint32_t flags;
};

enum taken_flag {
	TAKEN_FROM_HANDLER = 1, /* while fork() ran the atfork handlers */
	TAKEN_FOR_READING = 2,  /* a read-lock */
	TAKEN_BOUNDED = 4,      /* by a try, or with a time limit: the child would have gone on */
};

/*
 * A fork child took a lock that a thread which it does not have had used: the parent may
 * hold it at another fork. Once for all forks from one line (FORK records of one stack).
 */
struct record_taken {
	struct record record;
	session_reference fork;
	session_reference thread;
	session_reference stack;
	session_reference python;
	uint64_t lock;
	uint64_t site; /* return address of the call */
	uint32_t kind; /* enum lock_kind */
	uint32_t flags;
};

_Static_assert(sizeof(struct record_taken) == 72, "taken");
enum section_side {
	SECTION_BEFORE = 1, /* the last time before the fork that the thread had the lock */
	SECTION_AFTER,      /* the first time after it, in the parent */
};

/* What keeps a section of a lost thread away from the fork. */
enum section_order {
	SECTION_FREE = 1, /* nothing: another schedule forks in the midst of it */
	SECTION_PERHAPS,  /* one of the two polls for something that cannot be seen */
	SECTION_GATED,    /* a lock that the forking thread had at the clone is around it */
	SECTION_ORDERED,  /* a hand-over between the threads is between it and the fork */
};

enum section_flag {
	SECTION_READS = 1,   /* a read-lock */
	SECTION_AT_FORK = 2, /* before: it was still open at the clone */
	SECTION_ENDED = 8, /* before: the thread had ended by the clone, and nobody has joined it */
	/* The thread has told the forking one something by a futex of the program's own, which it
	 * waits for only where it has nothing yet: it may have been told at other times, too. */
	SECTION_TELLS_INLINE = 16,
	SECTION_POLLS = 4, /* forks from this line come after waiting for what is not seen */
};

/*
 * What a thread that a fork loses did with a lock next to that fork. Before it: by the child,
 * from its frozen copy, where it took the lock (TAKEN). After it: by the thread itself, which
 * goes on in the parent. Once for each line of forks, thread, lock, side and order.
 */
struct record_section {
	struct record record;
	session_reference fork;   /* that lost the thread */
	session_reference thread; /* the lost one */
	session_reference stack;  /* the innermost part of it, where the lock was taken */
	session_reference python;
	uint64_t lock;
	uint64_t site; /* return address of the call */
	uint32_t kind; /* enum lock_kind; of LOCK_REGION `lock` is the number */
	uint32_t side, order, flags;
	/* Of SECTION_AFTER, over all that were seen: from the fork until the thread came to the
	 * lock, in sum and number, and how long it then had it. */
	_Atomic uint64_t delays_ns, delays;
	_Atomic uint64_t held_ns, helds;
	_Atomic uint64_t newest_ns; /* of the forks that it was so of, the newest */
};

_Static_assert(sizeof(struct record_section) == 120, "section");

/*
 * A thread waits or signals with a mutex for the first time, and others had used that before:
 * what it told them until now was not seen. Order between sections and older forks may be
 * missing.
 */
struct record_late_order {
	struct record record;
	uint64_t lock;
};

_Static_assert(sizeof(struct record_late_order) == 40, "late order");

enum lost_work_flag {
	LOST_WORK_TO_ALL = 1,   /* broadcast: whoever waited was to look again */
	LOST_WORK_IN_QUEUE = 2, /* it is in a queue of Python's, where it was counted */
};

/*
 * A fork child posted or signalled an object that threads which it does not have waited for at
 * the fork, and by its end, or its exec, nobody had taken it. Once for children of one line of
 * forks that did it in the same way.
 */
struct record_lost_work {
	struct record record;
	session_reference fork;   /* of the child */
	session_reference thread; /* who gave */
	session_reference stack;  /* where it did so last */
	session_reference python;
	uint64_t object;
	uint32_t kind;    /* enum lock_kind */
	uint32_t flags;   /* enum lost_work_flag */
	int32_t tid;      /* of the giver */
	uint32_t given;   /* how often it gave; of a semaphore what is left in it of that */
	uint32_t waiters; /* lost threads that waited, of which `count` follow */
	uint32_t count;
	session_reference threads[];
};

_Static_assert(sizeof(struct record_lost_work) == 80, "lost work");
enum lost_function {
	LOST_JOIN = 1,
	LOST_TRYJOIN,
	LOST_TIMEDJOIN,
	LOST_CLOCKJOIN,
	LOST_DETACH,
	LOST_KILL,
	LOST_CANCEL,
	LOST_THRD_JOIN,
	LOST_THRD_DETACH,
	LOST_FUNCTIONS
};

/* A fork child is about to call a function of libc for a thread that it does not have. */
struct record_lost_use {
	struct record record;
	session_reference fork;   /* of the child */
	session_reference thread; /* the one that it lacks */
	session_reference who;
	session_reference stack;
	session_reference python;
	uint32_t function; /* enum lost_function */
	int32_t tid;       /* of the caller */
	uint32_t reserved;
};

_Static_assert(sizeof(struct record_lost_use) == 64, "lost use");
enum crash_flag {
	CRASH_ALONE = 1, /* no thread was started in the child, as far as its blocks tell */
};

/* A fork child without its parent's threads is about to be ended by a signal of its own fault. */
struct record_crash {
	struct record record;
	session_reference fork;   /* of the child */
	session_reference thread; /* who crashes */
	session_reference stack;  /* as the signal has found it */
	session_reference python;
	session_reference lost; /* of an abort: the lost thread whose handle is at hand; 0: none */
	uint32_t number;        /* of the signal */
	int32_t code;           /* si_code */
	int32_t tid;
	uint64_t address; /* si_addr, where the kernel sent it */
	uint32_t flags;   /* enum crash_flag */
	uint32_t reserved;
};

_Static_assert(sizeof(struct record_crash) == 80, "crash");
/* A registration of atfork handlers. */
struct record_atfork {
	struct record record;
	uint32_t image;
	uint32_t reserved;
	uint64_t site;                   /* return address of the registering call */
	uint64_t prepare, parent, child; /* 0: none */
};

enum use_kind {
	USE_THREAD = 1, /* threads were created here; `count` times */
	USE_LOCK,       /* a lock that was taken here, among each thread's last ones at a fork */
	USE_FUTEX, /* a futex is waited on or woken here, by a lock of somebody's own perhaps */
};

/* Who uses what, for the table of libraries. */
struct record_use {
	struct record record;
	uint32_t image;
	uint32_t kind;
	session_reference stack; /* of a creation; else 0 */
	uint32_t reserved;
	uint64_t address; /* return address of a call that took a lock; else the start routine */
	uint64_t lock;
};

enum hang_kind {
	HANG_CHILD = 1, /* a fork child without the threads it waits for */
	HANG_IN_FORK,   /* fork() was entered and not left */
	HANG_TIMED,     /* timed waits, again and again */
	HANG_SPINNING,
	HANG_RING,       /* processes that wait for each other; this is the youngest */
	HANG_DEAD_OWNER, /* it waits for a shared lock of a thread that has ended */
	HANG_DEAD_TAKER, /* the same with a semaphore, that a process which has ended took */
	HANG_OVER,       /* no hang: what was suspected of the process before has come to an end */
	HANG_OWN_LOCK, /* a fork child waits for a lock that one of its own threads has for good */
};

/* What ties a wait to threads that were lost at a fork. */
enum hang_evidence {
	EVIDENCE_NONE = 0,
	EVIDENCE_HOLDER,  /* the lock's word, or the holder's slot, names a lost thread */
	EVIDENCE_SERVED,  /* the object was there before the fork, and a lost thread gave to it last
			   */
	EVIDENCE_TAKEN,   /* the same, and a lost thread has taken from it, or waits in it */
	EVIDENCE_HANDED,  /* the waiting thread gave to an object that a lost thread waits for */
	EVIDENCE_LIBRARY, /* it is not known what it waits on; the code is that of lost threads */
	EVIDENCE_KINDS
};

/* A process that the CLI found stuck, with the stack of the thread that matters. */
struct record_hang {
	struct record record;
	uint32_t serial; /* of the process; 0: not observed by the shim */
	int32_t pid;
	int32_t tid;
	uint32_t kind;
	uint32_t is_proven;
	uint32_t tasks;
	session_reference fork;
	session_reference stack;
	uint64_t since_ns;      /* the first look that saw it at rest */
	uint64_t address;       /* that it waits on */
	session_reference wait; /* the WAIT_PERHAPS or WAIT_SEEN record that explains it; else 0 */
	session_reference python;
	/* Of a ring: number of its RING records; of a dead owner: its id; of a dead taker:
	 * its SHARE record; of a child: HELD record of a lock that it asked for before its birth;
	 * in fork(): BLOCKED record of the thread that forks; of an own lock: of the thread that
	 * waits.
	 */
	uint32_t about;
	session_reference
		others;    /* in fork(): LOST record of the threads that a child would lack */
	uint32_t evidence; /* enum hang_evidence */
	uint32_t reason_length;
	char reason[]; /* why it is not proven; no NUL */
};

enum blocked_flag {
	BLOCKED_TRIES = 1,   /* it asks again and again, and does not wait */
	BLOCKED_CERTAIN = 2, /* the lock itself names its holder, or nobody else can be it */
};

/*
 * A thread of a process whose fork() does not return, and what it waits for. The first one is
 * the thread that forks, the next one has what that waits for, and so on. The same of a child whose
 * threads wait for each other's locks.
 */
struct record_blocked {
	struct record record;
	uint32_t serial; /* of the process */
	int32_t tid;
	session_reference stack; /* where it stands */
	session_reference python;
	uint64_t lock;          /* 0: what it waits for is not known */
	uint32_t kind;          /* enum lock_kind */
	uint32_t flags;         /* enum blocked_flag */
	int32_t holder;         /* tid of the thread that has it; 0: not known */
	int32_t descriptor;     /* of a stream; -1: it has none, or is none */
	session_reference next; /* BLOCKED record of the holder; 0: it is one of those before */
	uint32_t held_flags; /* enum held_flag. Of the holder's acquisition, as in a HELD record: */
	uint64_t site;       /* 0: it is not known where */
	uint64_t site_sp;
	uint64_t since_ns;
	session_reference acquired;
	uint32_t call; /* the number of the system call that it is in; UINT32_MAX: none */
	uint32_t state_length;
	uint32_t reserved;
	uint8_t state[SESSION_LOCK_STATE_MAX];
};

_Static_assert(sizeof(struct record_blocked) == 184, "blocked");
/* What a process that hangs waits on, as its own table of objects knew it. */
struct record_object {
	struct record record;
	uint32_t serial; /* of the process */
	uint32_t kind;   /* enum lock_kind; 0: nothing is known of what is waited on */
	uint64_t address;
	uint64_t waited; /* the word that is waited on: record_hang.address */
	uint64_t gave, took;
	session_reference made;
	uint32_t is_timed; /* waited on with a time limit */
	uint64_t owner;    /* pthread_t of the thread that has it; 0: not known */
};

enum place_kind {
	PLACE_ANONYMOUS = 1, /* of nobody else: allocated, a thread's stack, thread-local data */
	PLACE_HEAP,          /* the program break's */
	PLACE_STACK,         /* the first thread's */
	PLACE_SHARED,        /* other processes may have it */
	PLACE_FILE,          /* a file's, a copy of its own */
};

/* What memory a word is in that a process waits on. */
struct record_place {
	struct record record;
	uint32_t serial; /* of the process */
	uint32_t kind;   /* enum place_kind */
	uint64_t address;
	uint64_t start, end; /* of the mapping */
	uint32_t name_length;
	int32_t tid; /* who waits there */
	char name[]; /* path of the file that is mapped; no NUL */
};

/* What a process that hangs had given to lost threads, as its private facts have it. */
struct record_handed {
	struct record record;
	uint32_t serial; /* of the process */
	uint32_t reserved;
	uint64_t key, gave, took; /* struct session_handed */
};

enum signal_fact {
	SIGNAL_SENT = 1, /* the writer is about to send it */
	SIGNAL_ENDED,    /* the process was a child of the writer, or was found ended by the CLI */
};

/* A signal that ends a process. */
struct record_signal {
	struct record record;
	uint32_t what;                   /* enum signal_fact */
	uint32_t number;                 /* of the signal */
	int32_t pid;                     /* whom it is for */
	session_reference stack, python; /* of who sends it; else 0 */
	uint32_t reserved;
};

enum ring_wait {
	RING_CHILD = 1, /* for the end of a child */
	RING_DATA,      /* in a pipe that is empty */
	RING_ROOM,      /* in a pipe that is full */
	RING_MESSAGE,   /* from the other end of a socket */
	RING_RECEIVER,  /* at the other end of a socket */
	RING_MEMORY,    /* a futex in memory that both have */
	RING_LOCK,      /* on a file */
};

/* A task of a process in a ring, and a process of the ring that it waits for. */
struct record_ring {
	struct record record;
	uint32_t ring; /* the same in all records of one ring; not 0 */
	uint32_t serial;
	int32_t pid;
	int32_t tid;
	int32_t waits_for;  /* pid */
	uint32_t kind;      /* enum ring_wait */
	uint32_t call;      /* number of the system call */
	int32_t descriptor; /* -1: none */
	uint64_t object;    /* inode */
	session_reference stack;
	session_reference python;
};

enum share_flag {
	SHARE_ENDED = 1, /* the process ended by its own will, or gave the semaphore up */
};

/* The device of a mapping in one word. */
#define SHARE_DEVICE(major, minor) ((uint32_t)(major) << 20 | ((uint32_t)(minor)&0xfffff))

/*
 * What one process took from a semaphore that several share, and gave. Written
 * anew for another process once this one has nothing in hand any more: all of it
 * changes, and nothing is true of a record without an owner.
 */
struct record_share {
	struct record record;
	uint64_t inode, offset; /* which semaphore: where it is in which file or memory */
	uint64_t semaphore;     /* its address in that process */
	uint32_t device;        /* SHARE_DEVICE */
	_Atomic uint32_t owner; /* serial of the process; 0: none; UINT32_MAX: soon another one */
	int32_t pid;
	_Atomic int32_t tid; /* the last one that took */
	_Atomic uint32_t flags;
	_Atomic uint32_t python_take; /* `python` is of this one of the takes */
	_Atomic uint64_t taken, posted;
	_Atomic uint64_t since_ns;        /* of the last take; from session_header.clock */
	_Atomic session_reference stack;  /* where it was taken last */
	_Atomic session_reference python; /* what the interpreter did then */
	uint64_t reserved[2];
};

_Static_assert(sizeof(struct record_share) == 128, "share");
struct record_action {
	struct record record;
	int32_t pid; /* 0: the whole run, which was ended */
	uint32_t what_length;
	char what[]; /* "killed", or why it was */
};

/* The run as a whole, written at its end. */
struct record_run {
	struct record record;
	int32_t exit_status; /* -1: ended by a signal */
	int32_t signal;
	uint64_t duration_ns;
	int32_t pid;
	uint32_t is_observed;
	uint32_t arguments;
	uint32_t length;
	char command[]; /* `arguments` strings, each with its NUL */
};

enum attached_flag {
	ATTACHED_IS_COPY = 1,     /* of its living parent, without an exec since */
	ATTACHED_LOST_PARENT = 2, /* the process that forked has ended */
	ATTACHED_ASKED = 4,       /* its number was given; else it belongs to the tree of one */
	ATTACHED_CORE = 8,        /* it is a core file */
	ATTACHED_HAS_OTHERS = 16, /* it has children that were not looked at */
};

enum attached_state {
	ATTACHED_MOVES = 1, /* a task has run between the looks */
	ATTACHED_RESTS,     /* none has */
	ATTACHED_STOPPED,   /* by a signal */
	ATTACHED_TRACED,    /* a debugger, or the freezer, holds it */
	ATTACHED_GONE,      /* it has ended meanwhile */
	ATTACHED_REFUSED,   /* it may not be looked at */
	ATTACHED_STATES
};

/* A process that the shim was not in, as `forkcheck attach` found it. */
struct record_attached {
	struct record record;
	uint32_t serial;
	int32_t pid;        /* here */
	int32_t parent_pid; /* here; 0: not known */
	uint32_t flags;     /* enum attached_flag */
	uint32_t state;     /* enum attached_state */
	uint32_t tasks;
	uint64_t age_ns;
	uint32_t reserved;
	uint32_t reason_length;
	char reason[]; /* what is to be said of the state; no NUL */
};

_Static_assert(sizeof(struct record_attached) == 72, "attached");
enum task_flag {
	TASK_TIMED = 1,   /* it waits with a time limit */
	TASK_AT_REST = 2, /* it has not run between the looks */
	TASK_PARTIAL = 4, /* it was not held: the stack is from its memory and /proc alone */
	TASK_RUNNING = 8, /* it is in no system call */
};

/* One of its tasks. */
struct record_task {
	struct record record;
	uint32_t serial; /* of the process */
	int32_t tid;     /* here */
	uint32_t flags;  /* enum task_flag */
	int32_t call;    /* the number of the system call that it is in; -1: none */
	session_reference stack, python;
	uint64_t address;            /* the first argument of the call */
	char name[SESSION_NAME_MAX]; /* NUL-terminated */
};

_Static_assert(sizeof(struct record_task) == 80, "task");
/* A process that outlived the program and was left running. */
struct record_left {
	struct record record;
	int32_t pid;
	uint32_t path_length;
	char path[]; /* of its program; no NUL */
};

_Static_assert(sizeof(struct record_left) == 40, "left");
/* Why the shim is not in a program. */
enum unobserved_reason {
	OBSERVABLE = 0,
	UNOBSERVED_STATIC,       /* no dynamic loader */
	UNOBSERVED_MACHINE,      /* 32-bit, or for another processor */
	UNOBSERVED_FOREIGN_LIBC, /* its loader is not glibc's */
	UNOBSERVED_SET_ID,       /* other effective ids: the loader forgets LD_PRELOAD */
	UNOBSERVED_CAPABILITIES, /* of the file: the same */
	UNOBSERVED_NO_SHIM,    /* libforkcheck.so cannot be opened: chroot, mount namespace, user */
	UNOBSERVED_NO_SESSION, /* the session file cannot be opened */
	UNOBSERVED_ENVIRONMENT, /* started without LD_PRELOAD or the path of the session */
	UNOBSERVED_NO_HELLO, /* nothing was expected to keep the shim out, yet it did not start */
	UNOBSERVED_NO_BIRTH, /* made by a process that is not observed, or without libc */
	UNOBSERVED_REASONS
};

/* No more records of this kind in one session: a build may start a static tool
 * a hundred thousand times. */
#define UNOBSERVED_MAX 4096

/* A program that runs without the shim. */
struct record_unobserved {
	struct record record;
	uint64_t since_ns; /* before the exec; of a process found in /proc: its start */
	int32_t pid;
	uint32_t reason;         /* enum unobserved_reason */
	_Atomic uint32_t failed; /* the exec came back: it did not become that program */
	uint32_t path_length;
	char path[]; /* no NUL */
};

_Static_assert(sizeof(struct record_unobserved) == 56, "unobserved");
/* A code object of an interpreter. */
struct record_python_code {
	struct record record;
	uint32_t image;
	uint16_t file_length;
	uint16_t function_length;
	char text[]; /* file, then function (qualified from 3.11 on); no NUL */
};

enum python_status {
	PYTHON_READ = 1,
	PYTHON_NO_THREAD,       /* runs no Python code; never recorded */
	PYTHON_UNKNOWN_VERSION, /* a layout that we do not know */
	PYTHON_FREE_THREADED,   /* a build without the interpreter's lock */
	PYTHON_DAMAGED,         /* something is not what it must be */
	PYTHON_UNREADABLE,      /* memory that is not there, or must not be read */
};

struct python_frame {
	session_reference code; /* a PYTHON_CODE record */
	int32_t line;           /* 0: unknown */
	/* From the stack pointer of the native stack that it belongs to into the C
	 * frame of the evaluator that runs it; 0: unknown. */
	uint32_t depth;
};

/* What an interpreter was doing in one thread, innermost first. */
struct record_python {
	struct record record;
	uint32_t image;
	uint32_t status; /* enum python_status */
	uint32_t version;
	uint32_t is_truncated;
	uint64_t runtime;
	uint32_t reserved;
	uint32_t count;
	struct python_frame frames[];
};

enum copied_kind {
	COPIED_OUTPUT = 1, /* bytes in a FILE that were not written yet */
	COPIED_RANDOM,     /* the generator behind rand() and random() */
	COPIED_RAND48,     /* the one behind drand48(), lrand48() and mrand48() */
	COPIED_KINDS
};

enum copied_flag {
	COPIED_AT_EXIT = 1,  /* output: exit() writes it */
	COPIED_BY_CALL = 2,  /* output: fflush() or fclose() wrote it, at `stack` */
	COPIED_UNSEEDED = 4, /* random: nobody ever seeded it: the same numbers in every run */
	COPIED_PYTHON = 8,   /* output: of a file object of Python's, and not of stdio */
};

/*
 * A fork copied state that is good for one use: output that waits to be
 * written, the next random numbers. The writer of this record has used its
 * copy. Who else used one of them has a record with the same identity.
 */
struct record_copied {
	struct record record;
	uint64_t identity;
	uint32_t kind;  /* enum copied_kind */
	uint32_t flags; /* enum copied_flag */
	session_reference thread;
	session_reference stack; /* 0: it is not known where */
	session_reference python;
	int32_t tid;
	int32_t descriptor; /* of output */
	uint32_t reserved;
	uint64_t length; /* of output, in bytes */
};

_Static_assert(sizeof(struct record_copied) == 80, "copied");

enum shared_kind {
	SHARED_SOCKET = 1, /* a connection that carries a stream */
	SHARED_EPOLL,      /* a set of epoll's */
	SHARED_TIMER,      /* of timerfd_create() */
	SHARED_RING,       /* an io_uring */
	SHARED_KINDS
};

/* How one of two processes uses it: who reads and who only writes are in no one's way. */
enum shared_way { SHARED_READS, SHARED_WRITES, SHARED_WAYS };

/*
 * A process moved bytes on a descriptor, or drew events from it, that was there before it forked
 * last, or before the fork that it was born by. Who else did so on the same thing has a record
 * with the same identity.
 */
struct record_shared_use {
	struct record record; /* its time is that of the first use since `since_ns` */
	uint64_t identity;
	uint64_t since_ns;        /* after its last fork; of a child: its birth */
	_Atomic uint64_t last_ns; /* the last use of which it learnt; from session_header.clock */
	uint32_t kind;            /* enum shared_kind */
	uint32_t way;             /* enum shared_way */
	int32_t descriptor;
	int32_t tid;
	session_reference thread, stack, python;
	session_reference made; /* where it was connected or made: a STACK; 0: it is not known */
	session_reference made_python;
	/* Of one that writes: it has tried to read, too, whether anything came or not. */
	_Atomic uint32_t is_read;
	uint32_t reserved, peer_length;
	char peer[]; /* of a connection: a struct sockaddr */
};

_Static_assert(sizeof(struct record_shared_use) == 104, "shared use");
_Static_assert(sizeof(struct python_interpreter) == 40, "python interpreter");
_Static_assert(sizeof(struct record_python_code) == 40, "python code");
_Static_assert(sizeof(struct python_frame) == 12, "python frame");
_Static_assert(sizeof(struct record_python) == 64, "python");
_Static_assert(sizeof(struct private_facts) == 776, "private facts");
_Static_assert(sizeof(struct other_stack) == 16, "other stack");
_Static_assert(sizeof(struct session_kept) == 32, "kept");
_Static_assert(sizeof(struct record_atfork) == 72, "atfork");
_Static_assert(sizeof(struct record_use) == 64, "use");
_Static_assert(sizeof(struct record_hang) == 104, "hang");
_Static_assert(sizeof(struct session_object) == 32, "object");
_Static_assert(sizeof(struct session_descriptor) == 40, "descriptor");
_Static_assert(sizeof(struct record_object) == 88, "object record");
_Static_assert(sizeof(struct record_place) == 72, "place");
_Static_assert(sizeof(struct record_handed) == 64, "handed");
_Static_assert(sizeof(struct record_signal) == 56, "signal");
_Static_assert(sizeof(struct record_action) == 40, "action");
_Static_assert(sizeof(struct record_run) == 64, "run");
_Static_assert(sizeof(struct record_ring) == 80, "ring");
_Static_assert(sizeof(struct record) == 32, "record header");
_Static_assert(sizeof(struct session_birth) == 64, "birth");
_Static_assert(sizeof(struct session_intern) == 16, "intern");
_Static_assert(sizeof(struct session_section) == 40, "section of a schedule");
_Static_assert(sizeof(struct session_schedule) == 1344, "schedule");
_Static_assert(sizeof(struct session_header) == 448 + 1344, "session header");
_Static_assert(sizeof(struct record_process) == 88, "process");
_Static_assert(sizeof(struct record_module) == 56, "module");
_Static_assert(sizeof(struct record_stack) == 72 + 8 * ARCH_SAVED_REGISTERS, "stack");
_Static_assert(sizeof(struct record_thread) == 160, "thread");
_Static_assert(sizeof(struct record_fork) == 72, "fork");
_Static_assert(sizeof(struct record_lost) == 40, "lost");
_Static_assert(sizeof(struct record_held) == 168, "held");
_Static_assert(sizeof(struct record_wait) == 168, "wait");
_Static_assert(sizeof(struct record_touch) == 72, "touch");

#endif
