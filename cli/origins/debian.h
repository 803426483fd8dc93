/* The package of Debian, or of a distribution made of it, that a library belongs to. */
#ifndef FORKCHECK_DEBIAN_H
#define FORKCHECK_DEBIAN_H

#include "ecosystems.h"

/* Fills package and version of the library at `question->path`, if dpkg knows it. */
void debian_package(const struct origin_question *question, struct origin *origin);

#endif
