# SPDX-License-Identifier: GPL-2.0-or-later
# The demo guest on the medium: an initrd for the medium's own kernel, so that the first `xl create`
# needs neither a disk nor a download. The test guests (tests/guests/) are made from it, too.

DEMO := dom0-rootfs/demo
$(B)/demo/initrd: $(addprefix $(DEMO)/,init rc rc.shutdown hotplug functions udhcpc.script modules.list build.mk) \
		$(B)/busybox/busybox dom0-rootfs/busybox-links.sh dom0-rootfs/select-modules.sh dom0-rootfs/cpio.sh $(B)/root.stamp
	$(call step,DEMO,$@)
	$(Q)rm -rf $(@D) && for d in dev proc sys run tmp mnt root etc usr/bin usr/sbin usr/lib; do mkdir -p $(@D)/root/$$d; done
	$(Q)cd $(@D)/root && ln -s usr/bin bin && ln -s usr/sbin sbin && ln -s usr/lib lib
	$(Q)sh dom0-rootfs/busybox-links.sh $(B)/busybox/busybox $(@D)/root
	$(Q)sh dom0-rootfs/select-modules.sh $(IMAGE) $(@D)/root/usr $(DEMO)/modules.list
	$(Q)cp $(DEMO)/init $(@D)/root/init && cp $(addprefix $(DEMO)/,rc rc.shutdown hotplug functions udhcpc.script) $(@D)/root/etc/
	$(Q)echo 'root::0:0:root:/root:/bin/sh' >$(@D)/root/etc/passwd && echo 'root:x:0:' >$(@D)/root/etc/group
	$(Q)chmod 755 $(@D)/root/init $(@D)/root/etc/rc* $(@D)/root/etc/hotplug $(@D)/root/etc/udhcpc.script
	$(Q)sh dom0-rootfs/cpio.sh $(@D)/root $(EPOCH) | zstd -q -9 -T1 >$@.new && mv $@.new $@
