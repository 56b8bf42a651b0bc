/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Marks texts for translation. Until the programs carry catalogues, gettext is a no-op. */
#ifndef DOMUS_LANG_H
#define DOMUS_LANG_H

#ifdef DOMUS_GETTEXT
#include <libintl.h>
#define _(text) gettext(text)
#else
#define _(text) (text)
#endif
/* Text in a constant table: translated where it is shown. */
#define N_(text) text

#endif
