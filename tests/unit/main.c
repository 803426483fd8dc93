/* The Check program: unit tests first, then the programs that go through the tool. */
#include "suites.h"
#include <stdlib.h>

int main(void)
{
	static Suite *(*const suites[])(void) = {
#define SUITE_FUNCTION(name) name##_suite,
		SUITES(SUITE_FUNCTION)
#undef SUITE_FUNCTION
	};
	SRunner *runner = srunner_create(NULL);
	int failed;

	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
		srunner_add_suite(runner, suites[i]());
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
