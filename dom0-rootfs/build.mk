# SPDX-License-Identifier: GPL-2.0-or-later
# The management domain: busybox, early, our programs, the layers, the initrd.

KERNEL := $(shell sed -n 's/^\# kernel: //p' $(B)/manifest)
EPOCH := $(SOURCE_DATE_EPOCH)
IMAGE := $(B)/image
L := $(B)/layers

# --- busybox: Debian's source, static, musl (recipe: dom0-rootfs/busybox.config)
$(B)/musl-headers: $(B)/root.stamp
	$(Q)rm -rf $@ && mkdir -p $@
	$(Q)for d in linux asm-generic mtd; do ln -s /usr/include/$$d $@/$$d; done
	$(Q)ln -s /usr/include/x86_64-linux-gnu/asm $@/asm

$(B)/busybox/busybox: dom0-rootfs/busybox.config dom0-rootfs/build-busybox.sh $(B)/sources.stamp | $(B)/musl-headers
	$(call step,BUSYBOX,$@)
	+$(Q)sh dom0-rootfs/build-busybox.sh $(B)/sources/busybox $(B)/busybox dom0-rootfs/busybox.config /src/$(B)/musl-headers

# --- early: /init of the initramfs
include dom0-rootfs/early/sources.mk
EARLY_PATHS := $(addprefix dom0-rootfs/early/,$(EARLY_SRCS))
$(B)/early/init: $(EARLY_PATHS) $(wildcard dom0-rootfs/early/*.h) | $(B)/musl-headers
	$(call step,CC,$@)
	$(Q)mkdir -p $(@D) && musl-gcc $(EARLY_CFLAGS) -Werror -ffile-prefix-map=/src=. -idirafter $(B)/musl-headers -s -o $@ $(EARLY_PATHS)

# --- our programs
PROGRAMS := $(addprefix $(B)/bin/,domus-host domus-monitor domus-hotplug)
include $(addprefix dom0-rootfs/,host/sources.mk monitor/sources.mk hotplug/sources.mk)
$(eval $(call program,domus-host,HOST))
$(eval $(call program,domus-monitor,MONITOR))
$(eval $(call program,domus-hotplug,HOTPLUG))
include installer/build.mk
include vmwizard/build.mk
programs: $(PROGRAMS)
include dom0-rootfs/host/man.mk

# replace FILE: by FILE.new, if that says something else.
replace = if cmp -s $1.new $1; then rm $1.new; else mv $1.new $1; fi

# --- layers: a staging tree each, then a squashfs
LAYERS := modules base domus hvm remote firmware
ifeq ($(FIRMWARE),none)
LAYERS := $(filter-out firmware,$(LAYERS))
endif
# Each mounted layer holds five blocks unpacked in the kernel's memory for good, and a decompressor for each CPU that
# grows with them: 64 KiB blocks instead of 256 leave dom0 9 MiB more and cost 2 MiB of the image. zstd: xz would make
# the image 8 MiB smaller, and take twenty times as long to pack and several times as long to read at every start.
# Level 9 packs better here than 10 to 12; 15 saves 3 MiB and takes seven times as long.
SQUASH = env -u SOURCE_DATE_EPOCH mksquashfs $1 $2.new -noappend -no-progress -quiet -no-xattrs -all-root \
	-comp zstd -Xcompression-level 9 -b 64K -mkfs-time $(EPOCH) -all-time $(EPOCH) >/dev/null && mv $2.new $2

$(L)/%.squashfs: $(L)/%.stamp
	$(call step,SQUASHFS,$@)
	$(Q)rm -f $@ $@.new && $(call SQUASH,$(L)/$*,$@)

# `firmware = all` adds drivers and packages to the lists: what is skipped by default is taken, too.
ALL := $(filter all,$(FIRMWARE))
$(B)/modules.list: dom0-rootfs/modules.list dom0-rootfs/modules-all.list $(B)/conf.mk
	$(Q)cat dom0-rootfs/modules.list $(if $(ALL),dom0-rootfs/modules-all.list) >$@.new && $(call replace,$@)
$(B)/firmware.list: dom0-rootfs/firmware.list dom0-rootfs/firmware-all.list $(B)/conf.mk
	$(Q)sed '$(if $(ALL),/^skip /d)' dom0-rootfs/firmware.list | cat - $(if $(ALL),dom0-rootfs/firmware-all.list) >$@.new && $(call replace,$@)

$(L)/modules.stamp: $(B)/modules.list dom0-rootfs/select-modules.sh $(B)/root.stamp
	$(call step,STAGE,modules)
	$(Q)rm -rf $(L)/modules && mkdir -p $(L)/modules/usr
	$(Q)sh dom0-rootfs/select-modules.sh $(IMAGE) $(L)/modules/usr $<
	$(Q)touch $@

BASE_FILES := $(shell find dom0-rootfs/files dom0-rootfs/service -type f)
$(L)/base.stamp: dom0-rootfs/layers/base.list dom0-rootfs/stage.sh $(B)/busybox/busybox dom0-rootfs/busybox-links.sh
	$(call step,STAGE,base)
	$(Q)rm -rf $(L)/base && mkdir -p $(L)/base/usr/bin $(L)/base/usr/sbin $(L)/base/usr/lib $(L)/base/usr/lib64
	$(Q)sh dom0-rootfs/stage.sh $(L)/base dom0-rootfs/layers/base.list
	$(Q)sh dom0-rootfs/busybox-links.sh $(B)/busybox/busybox $(L)/base
	$(Q)chmod 4755 $(L)/base/usr/bin/busybox
	$(Q)for d in dev proc sys run tmp mnt srv home root var/log var/lib/domus var/spool/cron etc/domus; do mkdir -p $(L)/base/$$d; done
	$(Q)chmod 1777 $(L)/base/tmp; chmod 0700 $(L)/base/root
	$(Q)touch $@

$(L)/domus.stamp: $(PROGRAMS) $(B)/bin/take-kernel $(BASE_FILES) $(wildcard dom0-rootfs/host/*.conf dom0-rootfs/host/*.script) LICENSE installer/release-notes $(wildcard configs/os/*.conf) $(B)/release $(B)/guest-mirror $(B)/keymaps.stamp
	$(call step,STAGE,domus)
	$(Q)rm -rf $(L)/domus && mkdir -p $(L)/domus/usr/sbin $(L)/domus/usr/share/domus $(L)/domus/etc/service $(L)/domus/usr/lib/domus
	$(Q)cp -a dom0-rootfs/files/. $(L)/domus/
	$(Q)cp -a dom0-rootfs/service/. $(L)/domus/etc/service/
	$(Q)for p in $(PROGRAMS); do install -m 755 -s $$p $(L)/domus/usr/sbin/; done
	$(Q)mkdir -p $(L)/domus/etc/xen/scripts && for n in $(HOTPLUG_NAMES); do \
		ln -s ../../../usr/sbin/domus-hotplug $(L)/domus/etc/xen/scripts/$$n; done
	$(Q)for f in $(wildcard dom0-rootfs/host/live.conf dom0-rootfs/host/udhcpc.script); do cp $$f $(L)/domus/usr/share/domus/; done
	$(Q)cp LICENSE installer/release-notes $(L)/domus/usr/share/domus/
	$(Q)install -m 755 -s $(B)/bin/take-kernel $(L)/domus/usr/lib/domus/
	$(Q)mkdir -p $(L)/domus/usr/share/domus/os && cp configs/os/*.conf $(L)/domus/usr/share/domus/os/
	$(Q)cp -a $(B)/keymaps $(L)/domus/usr/share/domus/keymaps
	$(Q)cp $(B)/release $(L)/domus/etc/domus-release
	$(Q)cp $(B)/guest-mirror $(L)/domus/usr/share/domus/guest-mirror
	$(Q){ sed -n '/^# guest-mirror:/d; /^#/p' $(B)/manifest; sed 's/^/# guest-mirror: /' $(B)/guest-mirror; \
		sed '/^#/d' $(B)/manifest; } >$(L)/domus/usr/share/domus/manifest
	$(Q)find $(L)/domus -type d -exec chmod 755 {} + ; find $(L)/domus -type f -exec chmod u=rwX,go=rX {} +
	$(Q)find $(L)/domus/etc/service -name run -o -name finish | xargs -r chmod 755
	$(Q)touch $@

$(L)/hvm.stamp: dom0-rootfs/layers/hvm.list dom0-rootfs/stage.sh $(L)/base.stamp
	$(call step,STAGE,hvm)
	$(Q)rm -rf $(L)/hvm && sh dom0-rootfs/stage.sh $(L)/hvm $(word 1,$^) $(L)/base
	$(Q)touch $@

$(L)/remote.stamp: dom0-rootfs/layers/remote.list dom0-rootfs/stage.sh $(L)/base.stamp
	$(call step,STAGE,remote)
	$(Q)rm -rf $(L)/remote && sh dom0-rootfs/stage.sh $(L)/remote $(word 1,$^) $(L)/base
	$(Q)touch $@

$(L)/firmware.stamp: $(B)/firmware.list dom0-rootfs/select-firmware.sh $(L)/modules.stamp $(if $(ALL),$(B)/wanted.stamp)
	$(call step,STAGE,firmware)
	$(Q)rm -rf $(L)/firmware && mkdir -p $(L)/firmware/usr/lib/firmware
	$(Q)sh dom0-rootfs/select-firmware.sh $(L)/modules/usr $(IMAGE) $(L)/firmware/usr $<
	$(Q)touch $@

$(B)/release: Makefile $(B)/manifest
	$(Q)printf 'PRODUCT=Domus\nVERSION=%s\nBUILD=%s\nEPOCH=%s\n' $(VERSION) $$(sha256sum <$(B)/manifest | cut -c 1-8) $(EPOCH) >$@

# The Debian mirror that guests are offered: build.conf's, else what an image's manifest (MANIFEST=) says, else the
# one that this image is built from.
$(B)/guest-mirror: $(B)/manifest $(B)/conf.mk
	$(Q){ echo '$(GUEST_MIRROR)'; sed -n 's/^# guest-mirror: //p' $<; sed -n 's/^# mirror: //p' $<; } | \
		sed -n '/./{p;q;}' >$@.new && $(call replace,$@)

# Console keymaps in the form that busybox's loadkmap reads
$(B)/keymaps.stamp: $(B)/root.stamp dom0-rootfs/keymaps.sh
	$(call step,KEYMAPS,$(B)/keymaps)
	$(Q)sh dom0-rootfs/keymaps.sh $(B)/keymaps && touch $@

# --- initrd: busybox, early and the modules that find the medium; CPU microcode lies beside it
$(B)/initramfs.cpio.zst: $(B)/early/init $(B)/busybox/busybox dom0-rootfs/initramfs-modules.list $(L)/modules.stamp $(B)/release dom0-rootfs/busybox-links.sh
	$(call step,INITRAMFS,$@)
	$(Q)rm -rf $(B)/initramfs && mkdir -p $(B)/initramfs/usr/bin $(B)/initramfs/usr/sbin $(B)/initramfs/etc $(B)/initramfs/dev $(B)/initramfs/proc $(B)/initramfs/sys $(B)/initramfs/run
	$(Q)cd $(B)/initramfs && ln -s usr/bin bin && ln -s usr/sbin sbin
	$(Q)sh dom0-rootfs/busybox-links.sh $(B)/busybox/busybox $(B)/initramfs
	$(Q)cp $(B)/early/init $(B)/initramfs/init && cp $(B)/release $(B)/initramfs/etc/domus-release
	$(Q)sh dom0-rootfs/select-modules.sh $(L)/modules/usr $(B)/initramfs dom0-rootfs/initramfs-modules.list
	$(Q)sh dom0-rootfs/cpio.sh $(B)/initramfs $(EPOCH) | zstd -q -9 -T1 >$@.new && mv $@.new $@

# CPU microcode, an archive each vendor: GRUB loads the one that the machine asks for
UCODE := $(if $(filter none,$(FIRMWARE)),,$(B)/ucode-intel.cpio $(B)/ucode-amd.cpio)
$(B)/ucode-%.cpio: dom0-rootfs/select-microcode.sh $(B)/root.stamp
	$(call step,MICROCODE,$@)
	$(Q)sh $< $(IMAGE) $* $@

$(B)/initrd: $(B)/initramfs.cpio.zst
	$(Q)cp $< $@.new && mv $@.new $@

include dom0-rootfs/demo/build.mk
