# SPDX-License-Identifier: GPL-2.0-or-later
# The live list and the pages of domus-vm, relative to the top.
VM_UI_SRCS := $(addprefix vmwizard/, facts.c list_data.c session.c \
	$(addprefix manager/, actions.c details.c job.c logtext.c manager.c memboard.c memory.c move.c perform.c resources.c rows.c rowtext.c screen.c) \
	$(addprefix pages/, basics.c console.c create.c devices.c disks.c install.c make.c nics.c os.c progress.c setting.c summary.c texts.c))
