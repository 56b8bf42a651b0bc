/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rows of the live list: order, filter, the chosen row and the part that is shown. Pure: no
 * screen, no clock.
 */
#ifndef MANAGER_ROWS_H
#define MANAGER_ROWS_H

#include "vmwizard/list.h"

enum rows_order {
	ROWS_BY_NAME,
	ROWS_BY_ID,
	ROWS_BY_STATE,
	ROWS_BY_MEMORY,
	ROWS_BY_VCPUS,
	ROWS_BY_TIME,
	ROWS_BY_CPU,
	ROWS_BY_NET,
	ROWS_BY_DISK,
	ROWS_ORDERS,
};

struct rows {
	struct vm_list list; /* the last one taken */
	size_t *shown;       /* indexes into it: filtered, in order */
	size_t count;        /* of shown */
	enum rows_order order;
	bool is_reversed;
	char *filter; /* part of a name; "" shows all */
	char *chosen; /* name of the chosen row, or NULL */
	size_t at;    /* its place in shown */
	size_t top;   /* first row on the screen */
	size_t page;  /* rows that fit on the screen */
};

void rows_init(struct rows *rows);
void rows_dispose(struct rows *rows);

/*
 * Takes a new list over (list is empty afterwards). The chosen guest stays chosen wherever it
 * goes; when it is gone, the one that took its place is.
 */
void rows_update(struct rows *rows, struct vm_list *list);

void rows_set_page(struct rows *rows, size_t page);
void rows_set_order(struct rows *rows, enum rows_order order, bool is_reversed);
void rows_set_filter(struct rows *rows, const char *filter);
/* Moves the choice by so many rows and stops at the ends. */
void rows_move(struct rows *rows, long by);
/* Chooses by name, also one that the next list brings. */
void rows_choose(struct rows *rows, const char *name);

/* The chosen guest, or NULL when none is shown. */
const struct vm_domain *rows_chosen(const struct rows *rows);
const struct vm_domain *rows_shown(const struct rows *rows, size_t i);
const char *rows_order_word(enum rows_order order);

/* dom0 itself, which no action touches. */
bool rows_is_host(const struct vm_domain *guest);
bool rows_is_there(const struct vm_domain *guest);
/* Received and sent, read and written: bytes a second; negative: unknown. */
double rows_net_rate(const struct vm_domain *guest);
double rows_disk_rate(const struct vm_domain *guest);

#endif
