# SPDX-License-Identifier: GPL-2.0-or-later
# build/netboot: what a TFTP or HTTP server gives to machines that start Domus from the network.

NETBOOT := $(B)/netboot
# GRUB loads everything by the network: all modules are in the core image, none is fetched.
NET_MODULES := boot cat configfile echo gzio halt help linux ls minicmd multiboot2 net http tftp normal reboot regexp \
	relocator serial sleep smbios terminal test true
NETBOOT_FILES := iso/netboot/boot.ipxe iso/netboot/dnsmasq.conf iso/netboot/README

netboot: $(NETBOOT)/SHA256SUMS

$(B)/netboot-initrd: $(B)/initrd $(B)/iso.stamp iso/netboot/initrd.sh dom0-rootfs/cpio.sh $(B)/conf.mk
	$(call step,NETBOOT,$@)
	$(Q)sh iso/netboot/initrd.sh $@ $(EPOCH) $(B)/initrd $(T_ISO)/domus

# The prefix is the folder that the core image itself came from, so the files may lie in any.
$(B)/netboot-grub/prefix.cfg: iso/netboot/build.mk
	$(Q)mkdir -p $(@D) && echo 'set prefix=$$cmdpath' >$@

$(B)/netboot-grub/grub-bios.0: $(B)/netboot-grub/prefix.cfg $(B)/root.stamp
	$(call step,GRUB,$@)
	$(Q)grub-mkimage -O i386-pc-pxe -c $< -p /grub -o $@ $(NET_MODULES) pxe vga biosdisk

$(B)/netboot-grub/grub-efi.efi: $(B)/netboot-grub/prefix.cfg $(B)/root.stamp
	$(call step,GRUB,$@)
	$(Q)grub-mkimage -O x86_64-efi -c $< -p /grub -o $@ $(NET_MODULES) efinet all_video

$(NETBOOT)/SHA256SUMS: $(B)/xen.gz $(B)/vmlinuz $(B)/netboot-initrd $(UCODE) $(B)/netboot-grub/grub-bios.0 \
		$(B)/netboot-grub/grub-efi.efi iso/netboot/grub-cfg.sh hypervisor/cmdline $(NETBOOT_FILES) $(B)/conf.mk
	$(call step,NETBOOT,$(NETBOOT))
	$(Q)rm -rf $(NETBOOT).new && mkdir -p $(NETBOOT).new
	$(Q)cp $(B)/xen.gz $(B)/vmlinuz $(UCODE) $(B)/netboot-grub/grub-bios.0 $(B)/netboot-grub/grub-efi.efi $(NETBOOT).new/
	$(Q)cp $(B)/netboot-initrd $(NETBOOT).new/initrd && cp $(NETBOOT_FILES) $(NETBOOT).new/
	$(Q)sh iso/netboot/grub-cfg.sh $(B)/netboot-initrd -- $(notdir $(UCODE)) >$(NETBOOT).new/grub.cfg
	$(Q)cd $(NETBOOT).new && sha256sum -- * >../netboot.sums && mv ../netboot.sums SHA256SUMS
	$(Q)rm -rf $(NETBOOT) && mv $(NETBOOT).new $(NETBOOT)
