/* The places that Python packages are installed in. */
#ifndef FORKCHECK_WHEELS_H
#define FORKCHECK_WHEELS_H

/* What comes below the directory that packages are in, in `path`; NULL: it is in none. */
const char *wheel_below_site(const char *path);

#endif
