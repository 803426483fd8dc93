/*
 * What is in a queue of Python's is counted here: in the deque or list of a queue.Queue, or of
 * any object that calls its own one "queue", and in the SimpleQueue of an executor. Who hands
 * work over is a method of such an object, and one of the innermost frames.
 */
#include "cpython.h"

#define OBJECT_TYPE 8
/* PyVarObject: of a list and a deque the number of items. */
#define OBJECT_SIZE 16
/* simplequeueobject, 3.8 to 3.12: its lock, a list, and how much of that was taken. */
#define SIMPLE_LOCK     16
#define SIMPLE_LIST     32
#define SIMPLE_POSITION 40
/* Condition.notify(), Queue.put(), and who calls it: a client with a queue of its own. */
#define FRAMES_MAX 4

static bool take_container(const struct python_walk *walk, uint64_t object, uint64_t lock,
			   struct python_queue *queue)
{
	uint64_t word;

	queue->object = object;
	queue->is_simple = python_has_type(walk, object, "_queue.SimpleQueue");
	if (queue->is_simple)
		return python_read_word(walk, object + SIMPLE_LOCK, &word) && word == lock &&
		       python_read_word(walk, object + OBJECT_TYPE, &queue->type);
	return (python_has_type(walk, object, "collections.deque") ||
		python_has_type(walk, object, "list")) &&
	       python_read_word(walk, object + OBJECT_TYPE, &queue->type);
}

static bool find_in_object(const struct python_walk *walk, uint64_t object, uint64_t lock,
			   struct python_queue *queue)
{
	static const char *const names[] = {"queue", "_queue", "_work_queue"};
	uint64_t value;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (python_find_attribute(walk, object, names[i], &value) &&
		    take_container(walk, value, lock, queue))
			return true;
	return false;
}

bool python_find_queue(const struct python_walk *walk, uint64_t thread, uint64_t lock,
		       struct python_queue *queue)
{
	uint64_t frame, object;

	if (!walk->layout.frame_locals || walk->layout.attributes == PYTHON_ATTRIBUTES_UNKNOWN ||
	    !python_find_frame(walk, thread, &frame))
		return false;
	for (int i = 0; frame && i < FRAMES_MAX; i++) {
		if (python_read_word(walk, frame + walk->layout.frame_locals, &object) && object &&
		    find_in_object(walk, object & ~PYTHON_TAGS, lock, queue))
			return true;
		if (!python_read_word(walk, frame + walk->layout.frame_previous, &frame))
			return false;
	}
	return false;
}

static bool count_simple(const struct python_walk *walk, uint64_t object, uint64_t *count)
{
	uint64_t list, position;

	if (!python_read_word(walk, object + SIMPLE_LIST, &list) ||
	    !python_read_word(walk, object + SIMPLE_POSITION, &position) ||
	    !python_has_type(walk, list, "list") ||
	    !python_read_word(walk, list + OBJECT_SIZE, count) || position > *count)
		return false;
	*count -= position;
	return true;
}

bool python_count_queue(const struct python_walk *walk, const struct python_queue *queue,
			uint64_t *count)
{
	uint64_t type;

	if (!python_read_word(walk, queue->object + OBJECT_TYPE, &type) || type != queue->type)
		return false;
	return queue->is_simple ? count_simple(walk, queue->object, count)
				: python_read_word(walk, queue->object + OBJECT_SIZE, count);
}
