/* This is the table of rules, made of the list. */
#include "rule.h"

#define ROW(code, name, severity, function) {#code, name, severity, judge_##function},

const struct rule rules[] = {RULE_LIST(ROW){NULL, NULL, SEVERITY_NOTE, NULL}};
