/* Sources of the shim that need no test of their own. */
#include "../../shim/base/process.c"
#include "../../shim/base/real.c"
#include "../../shim/record/taken.c"
#include "../../shim/record/uses.c"
