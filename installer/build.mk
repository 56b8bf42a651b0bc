# SPDX-License-Identifier: GPL-2.0-or-later
# domus-install

include installer/sources.mk
PROGRAMS += $(B)/bin/domus-install
$(eval $(call program,domus-install,INSTALLER))
$(INSTALLER_OBJS): CFLAGS_ALL += -Iinstaller

programs: $(B)/man/domus-install.8
$(B)/man/domus-install.8: installer/domus-install.8
	$(Q)mkdir -p $(@D) && cp $< $@
