# SPDX-License-Identifier: GPL-2.0-or-later
# The hypervisor: Debian's package, or Debian's source with our Kconfig.

XEN_CMDLINE := hypervisor/cmdline

ifeq ($(XEN),package)
$(B)/xen.gz: $(B)/root.stamp
	$(call step,XEN,$@)
	$(Q)gzip -dc $(IMAGE)/boot/xen-4.*-amd64.gz | gzip -9n >$@.new && mv $@.new $@
else
$(B)/xen.gz: $(B)/sources-xen.stamp $(B)/root.stamp hypervisor/Kconfig hypervisor/build-xen.sh iso/buildroot/source-tree.sh
	$(call step,XEN,"$@ from source")
	+$(Q)sh hypervisor/build-xen.sh $(B)/sources-xen/xen $(B)/xen-build hypervisor/Kconfig $@
endif

$(B)/vmlinuz: $(B)/root.stamp
	$(Q)cp $(IMAGE)/boot/vmlinuz-$(KERNEL) $@
