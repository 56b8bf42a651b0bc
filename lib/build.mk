# SPDX-License-Identifier: GPL-2.0-or-later
# Compiler flags of all programs, and libdomus.a.

CFLAGS_WARN := -Wall -Wextra -Wshadow -Wconversion -Wswitch-enum -Wvla -Wformat=2 -Werror
CFLAGS_HARD := -O2 -fstack-protector-strong -D_FORTIFY_SOURCE=3 -fPIE -fcf-protection -ffile-prefix-map=/src=.
CFLAGS_ALL := -std=gnu11 $(CFLAGS_WARN) $(CFLAGS_HARD) -I. -Ilib -DDOMUS_VERSION='"$(VERSION)"'
LDFLAGS_ALL := -pie -Wl,-z,relro,-z,now -Wl,--as-needed -Wl,--build-id=none

step = @printf '  %-9s %s\n' $1 $2$(if $(V),,)

-include lib/sources.mk
LIB_OBJS := $(LIB_SRCS:%.c=$(B)/obj/%.o)

$(B)/obj/%.o: %.c
	$(call step,CC,$<)
	$(Q)mkdir -p $(@D) && gcc $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(B)/lib/libdomus.a: $(LIB_OBJS)
	$(call step,AR,$@)
	$(Q)mkdir -p $(@D) && rm -f $@ && ar rcsD $@ $^

-include $(LIB_OBJS:.o=.d)

# $(call program,NAME,PREFIX): links PREFIX_SRCS, libdomus.a and PREFIX_LIBS; PREFIX_OBJS for flags of its own.
define program
$(2)_OBJS := $$($(2)_SRCS:%.c=$$(B)/obj/%.o)
$$(B)/bin/$(1): $$($(2)_OBJS) $$(B)/lib/libdomus.a
	$$(call step,LD,$$@)
	$$(Q)mkdir -p $$(@D) && gcc $$(LDFLAGS_ALL) -o $$@ $$^ $$($(2)_LIBS)
-include $$($(2)_OBJS:.o=.d)
endef

# Texts for translators; a language is a configs/po/NAME.po made from it with msginit.
PO_SRCS = $(sort $(shell grep -rl --include='*.c' '"lang.h"' lib installer vmwizard dom0-rootfs))
po:
	$(Q)mkdir -p configs/po && xgettext --from-code=UTF-8 -k -k_ -kN_ --package-name=domus --package-version=$(VERSION) \
		--add-comments -o configs/po/domus.pot $(PO_SRCS)
	@echo "  $$(grep -c '^msgid' configs/po/domus.pot) texts in configs/po/domus.pot"
