# SPDX-License-Identifier: GPL-2.0-or-later
# Programs that only the tests of the screens run.
$(B)/tui/uidemo: tests/tui/uidemo.c $(B)/lib/libdomus.a
	$(call step,CC,$@)
	$(Q)mkdir -p $(@D) && gcc $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ $(LIB_UI_LIBS) $(LIB_LIBS)
TUI_BINS := $(B)/tui/uidemo
