/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The GNU attributes we use, in one place. */
#ifndef DOMUS_ATTRS_H
#define DOMUS_ATTRS_H

#define ATTR_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define ATTR_MALLOC __attribute__((malloc, returns_nonnull, warn_unused_result))
#define ATTR_MUST_CHECK __attribute__((warn_unused_result))
#define ATTR_UNUSED __attribute__((unused))
#define ATTR_NORETURN __attribute__((noreturn))
/* Local variable that disposes itself: CLEANUP(str_dispose) struct str s = STR_INIT; */
#define CLEANUP(func) __attribute__((cleanup(func)))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
