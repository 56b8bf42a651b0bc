/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `domus-vm` without arguments: the live list of guests and all that can be done to them. */
#ifndef MANAGER_MANAGER_H
#define MANAGER_MANAGER_H

/*
 * Runs until the user leaves it; the exit code for main(). root: "/" or what tests put there.
 * facts_path: a file (facts.h) that stands for the machine, nothing is then run; NULL: the machine.
 */
int manager_main(const char *root, const char *facts_path);

#endif
