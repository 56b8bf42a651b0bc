/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ways of asking, for ui_open() only. */
#ifndef DOMUS_UI_IMPL_H
#define DOMUS_UI_IMPL_H

#include "ui.h"

/* The terminal of standard input and output can draw and is large enough. */
void ui_open_dialog(struct ui *ret_ui);

#endif
