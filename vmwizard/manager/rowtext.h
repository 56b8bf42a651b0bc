/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The live list's lines as text, for any width from 80 columns. Pure. */
#ifndef MANAGER_ROWTEXT_H
#define MANAGER_ROWTEXT_H

#include "rows.h"

#define ROWTEXT_MAX 512 /* bytes of a line, with its end */

/* Each fills buf with less than width characters (the last column makes some terminals wrap). */
void rowtext_header(unsigned width, char buf[ROWTEXT_MAX]);
void rowtext_row(const struct vm_domain *guest, unsigned width, char buf[ROWTEXT_MAX]);
/* "3 guests, 2 running; 2 CPUs, 2048 MiB, 1437 MiB free", and which rows are shown. */
void rowtext_summary(const struct rows *rows, unsigned width, char buf[ROWTEXT_MAX]);

#define ROWTEXT_CELL 24
/* Single cells; each returns buf. What is negative is unknown: "-". */
const char *rowtext_memory(uint64_t kib, uint64_t max_kib, char buf[ROWTEXT_CELL]);
const char *rowtext_time(uint64_t ns, char buf[ROWTEXT_CELL]);
const char *rowtext_percent(double percent, char buf[ROWTEXT_CELL]);
const char *rowtext_rate(double bytes_per_s, char buf[ROWTEXT_CELL]);

#endif
