/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One error, in words for the user, built up from the failing call to the top. */
#ifndef DOMUS_ERR_H
#define DOMUS_ERR_H

#include "attrs.h"

enum err_code {
	ERR_NONE,
	ERR_IO,      /* the operating system refused; sys holds errno */
	ERR_INVALID, /* a value, file or argument that makes no sense */
	ERR_RANGE,   /* a number or size outside its bounds */
	ERR_MISSING, /* something that must exist does not */
	ERR_PROC,    /* a program ended with an error */
	ERR_TIMEOUT, /* a time limit passed */
	ERR_KILLED,  /* a program was ended by a signal: how far it came is not known */
};

struct err {
	enum err_code code;
	int sys; /* errno or 0 */
	char text[1024];
};

#define ERR_INIT {.code = ERR_NONE, .sys = 0, .text = ""}

/*
 * Sets err (may be NULL) and returns -1. With sys != 0, ": " and the system's text are appended.
 * Too long texts are cut.
 */
int err_set(struct err *err, enum err_code code, int sys, const char *fmt, ...) ATTR_PRINTF(4, 5);

/* Puts words before the text of err (may be NULL) and returns -1. */
int err_prefix(struct err *err, const char *fmt, ...) ATTR_PRINTF(2, 3);

#endif
