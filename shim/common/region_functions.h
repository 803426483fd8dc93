/*
 * The functions of libc that take a lock of libc's own, which glibc does not
 * make anew in a fork child; docs/regions.md has the versions. What takes none
 * is not here: getenv, uselocale, asctime, the drand48 family, the rand_r kind.
 */
#ifndef FORKCHECK_COMMON_REGION_FUNCTIONS_H
#define FORKCHECK_COMMON_REGION_FUNCTIONS_H

#include <grp.h>
#include <link.h>
#include <locale.h>
#include <netdb.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <syslog.h>
#include <time.h>
#include <wchar.h>

/* region, result, name, parameters, arguments. gmtime takes the lock of the time
 * zone too; libstdc++ calls the names that begin with two underscores. */
#define REGION_FUNCTIONS(X)                                                                        \
	X(TIME_ZONE, struct tm *, localtime, (const time_t *time), (time))                         \
	X(TIME_ZONE, struct tm *, localtime_r, (const time_t *time, struct tm *tm), (time, tm))    \
	X(TIME_ZONE, struct tm *, gmtime, (const time_t *time), (time))                            \
	X(TIME_ZONE, struct tm *, gmtime_r, (const time_t *time, struct tm *tm), (time, tm))       \
	X(TIME_ZONE, char *, ctime, (const time_t *time), (time))                                  \
	X(TIME_ZONE, char *, ctime_r, (const time_t *time, char *to), (time, to))                  \
	X(TIME_ZONE, time_t, mktime, (struct tm * tm), (tm))                                       \
	X(TIME_ZONE, time_t, timelocal, (struct tm * tm), (tm))                                    \
	X(TIME_ZONE, time_t, timegm, (struct tm * tm), (tm))                                       \
	X(TIME_ZONE, void, tzset, (void), ())                                                      \
	X(TIME_ZONE, size_t, strftime,                                                             \
	  (char *to, size_t size, const char *format, const struct tm *tm),                        \
	  (to, size, format, tm))                                                                  \
	X(TIME_ZONE, size_t, strftime_l,                                                           \
	  (char *to, size_t size, const char *format, const struct tm *tm, locale_t locale),       \
	  (to, size, format, tm, locale))                                                          \
	X(TIME_ZONE, size_t, __strftime_l,                                                         \
	  (char *to, size_t size, const char *format, const struct tm *tm, locale_t locale),       \
	  (to, size, format, tm, locale))                                                          \
	X(TIME_ZONE, size_t, wcsftime,                                                             \
	  (wchar_t * to, size_t size, const wchar_t *format, const struct tm *tm),                 \
	  (to, size, format, tm))                                                                  \
	X(TIME_ZONE, size_t, wcsftime_l,                                                           \
	  (wchar_t * to, size_t size, const wchar_t *format, const struct tm *tm,                  \
	   locale_t locale),                                                                       \
	  (to, size, format, tm, locale))                                                          \
	X(TIME_ZONE, size_t, __wcsftime_l,                                                         \
	  (wchar_t * to, size_t size, const wchar_t *format, const struct tm *tm,                  \
	   locale_t locale),                                                                       \
	  (to, size, format, tm, locale))                                                          \
	X(ENVIRONMENT, int, setenv, (const char *name, const char *value, int replace),            \
	  (name, value, replace))                                                                  \
	X(ENVIRONMENT, int, putenv, (char *text), (text))                                          \
	X(ENVIRONMENT, int, unsetenv, (const char *name), (name))                                  \
	X(ENVIRONMENT, int, clearenv, (void), ())                                                  \
	X(SYSLOG, void, openlog, (const char *name, int options, int facility),                    \
	  (name, options, facility))                                                               \
	X(SYSLOG, void, vsyslog, (int priority, const char *format, va_list list),                 \
	  (priority, format, list))                                                                \
	X(SYSLOG, void, __vsyslog_chk, (int priority, int flag, const char *format, va_list list), \
	  (priority, flag, format, list))                                                          \
	X(SYSLOG, void, closelog, (void), ())                                                      \
	X(SYSLOG, int, setlogmask, (int mask), (mask))                                             \
	X(LOCALE, char *, setlocale, (int category, const char *locale), (category, locale))       \
	X(LOCALE, locale_t, newlocale, (int mask, const char *name, locale_t base),                \
	  (mask, name, base))                                                                      \
	X(LOCALE, locale_t, __newlocale, (int mask, const char *name, locale_t base),              \
	  (mask, name, base))                                                                      \
	X(LOCALE, locale_t, duplocale, (locale_t locale), (locale))                                \
	X(LOCALE, locale_t, __duplocale, (locale_t locale), (locale))                              \
	X(LOCALE, void, freelocale, (locale_t locale), (locale))                                   \
	X(LOCALE, void, __freelocale, (locale_t locale), (locale))                                 \
	X(NAME_SERVICE, struct hostent *, gethostbyname, (const char *name), (name))               \
	X(NAME_SERVICE, struct hostent *, gethostbyname2, (const char *name, int family),          \
	  (name, family))                                                                          \
	X(NAME_SERVICE, struct hostent *, gethostbyaddr,                                           \
	  (const void *address, socklen_t size, int family), (address, size, family))              \
	X(NAME_SERVICE, int, gethostbyname_r,                                                      \
	  (const char *name, struct hostent *entry, char *buffer, size_t size,                     \
	   struct hostent **result, int *error),                                                   \
	  (name, entry, buffer, size, result, error))                                              \
	X(NAME_SERVICE, int, gethostbyname2_r,                                                     \
	  (const char *name, int family, struct hostent *entry, char *buffer, size_t size,         \
	   struct hostent **result, int *error),                                                   \
	  (name, family, entry, buffer, size, result, error))                                      \
	X(NAME_SERVICE, int, gethostbyaddr_r,                                                      \
	  (const void *address, socklen_t length, int family, struct hostent *entry, char *buffer, \
	   size_t size, struct hostent **result, int *error),                                      \
	  (address, length, family, entry, buffer, size, result, error))                           \
	X(NAME_SERVICE, struct passwd *, getpwnam, (const char *name), (name))                     \
	X(NAME_SERVICE, struct passwd *, getpwuid, (uid_t id), (id))                               \
	X(NAME_SERVICE, struct passwd *, getpwent, (void), ())                                     \
	X(NAME_SERVICE, void, setpwent, (void), ())                                                \
	X(NAME_SERVICE, void, endpwent, (void), ())                                                \
	X(NAME_SERVICE, int, getpwnam_r,                                                           \
	  (const char *name, struct passwd *entry, char *buffer, size_t size,                      \
	   struct passwd **result),                                                                \
	  (name, entry, buffer, size, result))                                                     \
	X(NAME_SERVICE, int, getpwuid_r,                                                           \
	  (uid_t id, struct passwd * entry, char *buffer, size_t size, struct passwd **result),    \
	  (id, entry, buffer, size, result))                                                       \
	X(NAME_SERVICE, int, getpwent_r,                                                           \
	  (struct passwd * entry, char *buffer, size_t size, struct passwd **result),              \
	  (entry, buffer, size, result))                                                           \
	X(NAME_SERVICE, struct group *, getgrnam, (const char *name), (name))                      \
	X(NAME_SERVICE, struct group *, getgrgid, (gid_t id), (id))                                \
	X(NAME_SERVICE, struct group *, getgrent, (void), ())                                      \
	X(NAME_SERVICE, void, setgrent, (void), ())                                                \
	X(NAME_SERVICE, void, endgrent, (void), ())                                                \
	X(NAME_SERVICE, int, getgrnam_r,                                                           \
	  (const char *name, struct group *entry, char *buffer, size_t size,                       \
	   struct group **result),                                                                 \
	  (name, entry, buffer, size, result))                                                     \
	X(NAME_SERVICE, int, getgrgid_r,                                                           \
	  (gid_t id, struct group * entry, char *buffer, size_t size, struct group **result),      \
	  (id, entry, buffer, size, result))                                                       \
	X(NAME_SERVICE, int, getgrent_r,                                                           \
	  (struct group * entry, char *buffer, size_t size, struct group **result),                \
	  (entry, buffer, size, result))                                                           \
	X(NAME_SERVICE, int, getgrouplist,                                                         \
	  (const char *user, gid_t group, gid_t *groups, int *count),                              \
	  (user, group, groups, count))                                                            \
	X(NAME_SERVICE, int, initgroups, (const char *user, gid_t group), (user, group))           \
	X(NAME_SERVICE, struct servent *, getservbyname, (const char *name, const char *protocol), \
	  (name, protocol))                                                                        \
	X(NAME_SERVICE, struct servent *, getservbyport, (int port, const char *protocol),         \
	  (port, protocol))                                                                        \
	X(NAME_SERVICE, int, getservbyname_r,                                                      \
	  (const char *name, const char *protocol, struct servent *entry, char *buffer,            \
	   size_t size, struct servent **result),                                                  \
	  (name, protocol, entry, buffer, size, result))                                           \
	X(NAME_SERVICE, int, getservbyport_r,                                                      \
	  (int port, const char *protocol, struct servent *entry, char *buffer, size_t size,       \
	   struct servent **result),                                                               \
	  (port, protocol, entry, buffer, size, result))                                           \
	X(NAME_SERVICE, struct protoent *, getprotobyname, (const char *name), (name))             \
	X(NAME_SERVICE, struct protoent *, getprotobynumber, (int number), (number))               \
	X(LOADER, int, dl_iterate_phdr,                                                            \
	  (int (*visit)(struct dl_phdr_info *, size_t, void *), void *data), (visit, data))        \
	X(EXIT, int, __cxa_atexit, (void (*function)(void *), void *data, void *library),          \
	  (function, data, library))                                                               \
	X(EXIT, int, __cxa_at_quick_exit, (void (*function)(void *), void *library),               \
	  (function, library))                                                                     \
	X(EXIT, int, on_exit, (void (*function)(int, void *), void *data), (function, data))

/* They take it where they are asked for a name: numbers are told by themselves. */
#define NAME_LOOKUPS(X)                                                                            \
	X(NAME_SERVICE, int, getaddrinfo,                                                          \
	  (const char *name, const char *service, const struct addrinfo *hints,                    \
	   struct addrinfo **result),                                                              \
	  (name, service, hints, result))                                                          \
	X(NAME_SERVICE, int, getnameinfo,                                                          \
	  (const struct sockaddr *address, socklen_t size, char *host, socklen_t host_size,        \
	   char *service, socklen_t service_size, int flags),                                      \
	  (address, size, host, host_size, service, service_size, flags))

/* Their wrappers do more: generators.h. */
#define RANDOM_DRAWS(X)                                                                            \
	X(RANDOM, long, random, (void), ())                                                        \
	X(RANDOM, int, rand, (void), ())
#define RANDOM_SEEDS(X)                                                                            \
	X(RANDOM, void, srandom, (unsigned seed), (seed))                                          \
	X(RANDOM, void, srand, (unsigned seed), (seed))                                            \
	X(RANDOM, char *, initstate, (unsigned seed, char *state, size_t size),                    \
	  (seed, state, size))                                                                     \
	X(RANDOM, char *, setstate, (char *state), (state))

#endif
