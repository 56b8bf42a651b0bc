# SPDX-License-Identifier: GPL-2.0-or-later
# Programs that only the tests of the screens run.
$(B)/tui/uidemo: tests/tui/uidemo.c $(B)/lib/libdomus.a
	$(call step,CC,$@)
	$(Q)mkdir -p $(@D) && gcc $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ $(LIB_UI_LIBS) $(LIB_LIBS)

# What the pages read of the image.
$(B)/tui/root.stamp: $(B)/keymaps.stamp LICENSE installer/release-notes
	$(Q)rm -rf $(B)/tui/root && mkdir -p $(B)/tui/root/usr/share/domus $(B)/tui/root/usr/share/zoneinfo
	$(Q)cp -a $(B)/keymaps LICENSE installer/release-notes $(B)/tui/root/usr/share/domus/
	$(Q)cp /usr/share/zoneinfo/zone.tab $(B)/tui/root/usr/share/zoneinfo/ && touch $@

TUI_BINS := $(B)/tui/uidemo $(B)/tui/root.stamp $(B)/bin/domus-install $(B)/bin/domus-host $(B)/bin/domus-vm
