/* What a library has for a debugger: frames with saved registers, an inlined function, data. */
static int table[16];

static inline int inlined(int value)
{
	return table[value & 15] += value;
}

int outer(int (*call)(int), int value)
{
	char buffer[64];

	for (int i = 0; i < 64; i++)
		buffer[i] = (char)(value + i);
	value = inlined(call(buffer[value & 63]));
	return value + buffer[inlined(value) & 63];
}
