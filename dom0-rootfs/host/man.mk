# SPDX-License-Identifier: GPL-2.0-or-later
# Man pages, for build/man only: dom0 has no man and no room for pages.

programs: $(B)/man/domus-host.8 $(B)/man/domus-monitor.8 $(B)/man/domus-hotplug.8

$(B)/man/domus-host.8: dom0-rootfs/host/domus-host.8 dom0-rootfs/host/man.sh $(B)/bin/domus-host
	$(call step,MAN,$@)
	$(Q)mkdir -p $(@D) && sh dom0-rootfs/host/man.sh $(B)/bin/domus-host $< >$@.new && mv $@.new $@

$(B)/man/domus-monitor.8: dom0-rootfs/monitor/domus-monitor.8
	$(Q)mkdir -p $(@D) && cp $< $@

$(B)/man/domus-hotplug.8: dom0-rootfs/hotplug/domus-hotplug.8
	$(Q)mkdir -p $(@D) && cp $< $@
