# SPDX-License-Identifier: GPL-2.0-or-later
# domus-vm

include vmwizard/sources.mk
PROGRAMS += $(B)/bin/domus-vm
# The screens come in as soon as the wizard's pages are there.
VM_PAGES := $(wildcard vmwizard/pages/create.c)
ifneq ($(VM_PAGES),)
VM_SRCS += $(VM_UI_SRCS)
VM_LIBS += $(LIB_UI_LIBS)
$(B)/obj/vmwizard/%.o: CFLAGS_ALL += -DVM_HAS_PAGES
else
VM_SRCS += $(addprefix vmwizard/, facts.c list_data.c session.c)
endif
$(eval $(call program,domus-vm,VM))

# bootloader= of PV guests that boot their own kernel: small, because it reads what guests wrote
TAKER_SRCS := $(addprefix vmwizard/taker/, confine.c main.c menu.c take.c) vmwizard/image.c vmwizard/spec.c vmwizard/device.c
$(eval $(call program,take-kernel,TAKER))
programs: $(B)/bin/take-kernel

programs: $(B)/man/domus-vm.8
$(B)/man/domus-vm.8: vmwizard/domus-vm.8 vmwizard/man.sh dom0-rootfs/host/man.sh $(B)/bin/domus-vm
	$(call step,MAN,$@)
	$(Q)mkdir -p $(@D) && sh vmwizard/man.sh $(B)/bin/domus-vm $< dom0-rootfs/host/man.sh >$@.new && mv $@.new $@
