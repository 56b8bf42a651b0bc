# SPDX-License-Identifier: GPL-2.0-or-later
# domus-install

include installer/sources.mk
PROGRAMS += $(B)/bin/domus-install
INSTALLER_OBJS := $(INSTALLER_SRCS:%.c=$(B)/obj/%.o)
$(INSTALLER_OBJS): CFLAGS_ALL += -Iinstaller
$(B)/bin/domus-install: $(INSTALLER_OBJS) $(B)/lib/libdomus.a
	$(call step,LD,$@)
	$(Q)mkdir -p $(@D) && gcc $(LDFLAGS_ALL) -o $@ $^ $(INSTALLER_LIBS)
-include $(INSTALLER_OBJS:.o=.d)

programs: $(B)/man/domus-install.8
$(B)/man/domus-install.8: installer/domus-install.8
	$(Q)mkdir -p $(@D) && cp $< $@
