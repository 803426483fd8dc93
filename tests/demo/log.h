/* The server's log: a file that several threads write, one line at a time. */
#ifndef DEMO_LOG_H
#define DEMO_LOG_H

void log_init(const char *path);
void log_write(const char *text);

#endif
