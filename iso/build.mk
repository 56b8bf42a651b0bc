# SPDX-License-Identifier: GPL-2.0-or-later
# The medium: a hybrid image for CD and USB stick, BIOS and UEFI; and the netboot files.

T_ISO := $(B)/iso
# GRUB for BIOS: what the medium and an installed disk both need, then what only the medium does.
GRUB_MODULES := biosdisk boot chain configfile echo ext2 fat gcry_md5 gzio halt hashsum linux loadenv ls minicmd multiboot2 \
	normal part_gpt probe read reboot regexp relocator search search_fs_file search_fs_uuid search_label serial sleep smbios \
	terminal test true vga
BIOS_MODULES := $(GRUB_MODULES) drivemap help iso9660 part_msdos
PAYLOAD := $(B)/xen.gz $(B)/vmlinuz $(B)/initrd $(B)/demo/initrd $(UCODE) $(LAYERS:%=$(L)/%.squashfs)

iso: $(B)/domus.iso

# GRUB as an installation puts it on a disk. BIOS: one core image with everything in it, which finds its
# menu on the second partition of the disk it came from. UEFI: the signed images of the medium, which
# load modules from the ESP. An upgrade keeps them: a later release's entries may ask for no more than this,
# so SHA-256 is there besides the MD5 that this release's entries use.
DISK_MODULES := $(GRUB_MODULES) gcry_sha256
$(B)/grub-core.img: iso/build.mk $(B)/root.stamp
	$(call step,GRUB,$@)
	$(Q)grub-mkimage -O i386-pc -p '(,gpt2)/boot/grub' -o $@ $(DISK_MODULES)

# Another CONFIG, or none, is another medium, whatever the file's date.
$(B)/iso.config: config-word
	$(Q)[ -z '$(CONFIG)' ] || sha256sum <'$(CONFIG)' >$@.new; [ -n '$(CONFIG)' ] || : >$@.new
	$(Q)if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi
.PHONY: config-word
config-word:

# The tree of the medium, less the boot images that need its volume id.
$(B)/iso.stamp: $(PAYLOAD) $(wildcard iso/*.cfg) iso/grub-cfg.sh iso/slot-cfg.sh iso/tree.sh iso/efi-files.sh $(B)/grub-core.img hypervisor/cmdline $(B)/release $(B)/conf.mk $(B)/iso.config
	$(call step,TREE,$(T_ISO))
	$(Q)VERSION=$(VERSION) IMAGE=$(IMAGE) CORE=$(B)/grub-core.img CONFIG='$(CONFIG)' sh iso/tree.sh $(T_ISO) $(EPOCH) $(PAYLOAD)
	$(Q)touch $@

$(B)/grub-bios.img: iso/build.mk $(B)/root.stamp
	$(call step,GRUB,$@)
	$(Q)grub-mkimage -O i386-pc-eltorito -p /boot/grub -o $@ $(BIOS_MODULES)

# The ESP of the medium: Debian's signed shim and GRUB, so that Secure Boot ends in a readable text.
$(B)/efi.img: $(B)/root.stamp iso/efi-img.sh iso/efi-files.sh iso/build.mk
	$(call step,ESP,$@)
	$(Q)IMAGE=$(IMAGE) sh iso/efi-img.sh $@ $(EPOCH)

$(B)/domus.iso: $(B)/iso.stamp $(B)/grub-bios.img $(B)/efi.img iso/pack.sh iso/sizes.sh
	$(call step,ISO,$@)
	$(Q)sh iso/pack.sh $(T_ISO) $(B)/grub-bios.img $(B)/efi.img $(EPOCH) $@
	$(Q)sh iso/sizes.sh $@ $(PAYLOAD)

include iso/sbom.mk iso/netboot/build.mk
