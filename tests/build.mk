# SPDX-License-Identifier: GPL-2.0-or-later
# The tests, all of them pytest items; `T=word` picks by name. Last line: N passed, N failed, N skipped.

PYTEST := python3 -m pytest -c tests/pytest.ini -p no:cacheprovider $(if $(T),-k '$(T)')

# Side by side, a core each.
LANES := $(if $(T),,-n auto --dist loadgroup)

include tests/unit/sources.mk
include tests/tui/build.mk
UNIT_BINS := $(UNIT_TESTS:tests/unit/%.c=$(B)/unit/%)
UNIT_FLAGS := -std=gnu11 $(UNIT_CFLAGS) -fno-sanitize-recover=all $(CFLAGS_WARN) -I. -Ilib -DDOMUS_VERSION='"$(VERSION)"'

# lib/ once more, with the sanitizers
SAN_OBJS := $(LIB_SRCS:%.c=$(B)/sanitized/%.o)
$(B)/sanitized/%.o: %.c
	$(call step,CC,$@)
	$(Q)mkdir -p $(@D) && gcc $(UNIT_FLAGS) -MMD -MP -c -o $@ $<
-include $(SAN_OBJS:.o=.d)
$(B)/sanitized/libdomus.a: $(SAN_OBJS)
	$(Q)rm -f $@ && ar rcsD $@ $^

$(B)/unit/%: tests/unit/%.c $(B)/sanitized/libdomus.a $(wildcard tests/unit/*.h installer/*.[ch] dom0-rootfs/host/*.[ch] dom0-rootfs/monitor/*.[ch] dom0-rootfs/hotplug/*.[ch] dom0-rootfs/guests/*.[ch] vmwizard/*.[ch] vmwizard/*/*.[ch])
	$(call step,CC,$@)
	$(Q)mkdir -p $(@D) && gcc $(UNIT_FLAGS) -o $@ $< $(call unit_sources,$<) $(B)/sanitized/libdomus.a $(UNIT_LIBS) $(call unit_libs,$<)

unit: $(UNIT_BINS) $(B)/bin/domus-host
	$(Q)$(PYTEST) tests/unit
lint:
	$(Q)$(PYTEST) tests/lint
check: $(UNIT_BINS) programs
	$(Q)$(PYTEST) $(LANES) -m 'not full' tests/unit tests/plan tests/lint
tui: $(TUI_BINS)
	$(Q)$(PYTEST) tests/tui
golden: $(TUI_BINS) programs $(B)/unit/vm_golden_test
	$(Q)GOLDEN=1 $(PYTEST) tests/tui tests/plan
	$(Q)GOLDEN=1 $(B)/unit/vm_golden_test >/dev/null 2>&1
smoke:
	$(Q)$(PYTEST) -k smoke tests/boot
test: $(UNIT_BINS) $(TUI_BINS) programs
	$(Q)$(PYTEST) $(LANES) -m 'not full' tests
test-all: $(UNIT_BINS) $(TUI_BINS) programs
	$(Q)DOMUS_RESUME=1 $(PYTEST) $(LANES) tests
$(B)/perf/work: tests/perf/work.c | $(B)/musl-headers
	$(call step,CC,$@)
	$(Q)mkdir -p $(@D) && musl-gcc -std=gnu11 -O2 $(CFLAGS_WARN) -static -idirafter $(B)/musl-headers -s -o $@ $<
report: $(B)/perf/work
	$(Q)python3 tests/perf/report.py
