# SPDX-License-Identifier: GPL-2.0-or-later
# Domus. `make help` lists the targets. Everything is compiled, packed and tested inside a build root
# (iso/buildroot/): this file prepares it on the host, then calls itself inside it, where the folders'
# build.mk files make one graph.

VERSION := 0.1.0
B := build
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules
SHELL := /bin/sh
Q := $(if $(V),,@)

# Targets made inside the build root, and inside the test root on top of it.
BUILD_TARGETS := iso netboot sbom programs po
TEST_TARGETS := check unit lint tui smoke test test-all report golden

ifndef INSIDE

ifneq ($(words $(CURDIR)),1)
$(error domus: make cannot build in a folder whose path has a space in it: $(CURDIR))
endif

.PHONY: help $(BUILD_TARGETS) $(TEST_TARGETS) run shell faults reproduce update outdated clean distclean root testroot

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile */build.mk | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }' | sort -u
	@echo
	@echo '  MIRROR=URL  Debian mirror    MANIFEST=file  rebuild exactly that set    V=1  show commands'
	@echo '  xen=source  firmware=none|wired|all  guest_mirror=URL: configs/build.conf, for one run'

iso: ## build build/domus.iso
run: iso ## build the ISO and boot it in QEMU on this terminal (leave with Ctrl-] then x)
smoke: ## boot the ISO as far as `xl list`, about a minute
test: ## the tests, at most 25 minutes on two cores
test-all: ## every test in full, resumable; report in build/test-all.txt
check: ## the fast tests: lint, unit tests, plans
tui: ## the tests of the screens
golden: ## rewrite the screens that the tests compare with
report: ## measure the budgets; build/report.json
netboot: ## build/netboot: the same boot by PXE, iPXE and HTTP
po: ## extract the texts for translation: configs/po/domus.pot
sbom: ## list of the image's packages in SPDX form: build/domus.spdx.json

CONF := $(B)/conf.mk
# XEN=source is xen=source.
ifeq ($(origin XEN),command line)
xen := $(XEN)
endif
ifeq ($(origin FIRMWARE),command line)
firmware := $(FIRMWARE)
endif

# The file changes only when a value does: see conf.sh.
$(CONF): $(B)/conf.stamp ;
$(B)/conf.stamp: configs/build.conf iso/buildroot/conf.sh $(B)/conf.words
	$(Q)sh iso/buildroot/conf.sh $(CONF) $(foreach w,xen firmware guest_mirror,$(if $($(w)),'$(w)=$($(w))'))
	$(Q)touch $@

# Written only when a word given on the command line changes.
$(B)/conf.words: FORCE
	$(Q)mkdir -p $(B); echo '$(xen) $(firmware) $(guest_mirror)' | cmp -s - $@ || echo '$(xen) $(firmware) $(guest_mirror)' >$@

FORCE:

# A given manifest is taken whenever it differs, whatever its date.
RESOLVE = MIRROR='$(MIRROR)' MANIFEST='$(MANIFEST)' sh iso/buildroot/resolve.sh
$(B)/manifest: iso/buildroot/packages dom0-rootfs/firmware.list dom0-rootfs/firmware-all.list iso/buildroot/resolve.sh \
		$(if $(MANIFEST),FORCE) | $(CONF)
	$(Q)$(RESOLVE)

$(B)/root.stamp: $(B)/manifest iso/buildroot/unpack.sh iso/buildroot/fixups.sh
	$(Q)MIRROR='$(MIRROR)' sh iso/buildroot/download.sh build image source
	$(Q)sh iso/buildroot/unpack.sh $(CURDIR)/$(B)/image image $(CURDIR)/$(B)/root build
	$(Q)touch $@

$(B)/sources.stamp: $(B)/root.stamp iso/buildroot/sources.sh
	$(Q)MIRROR='$(MIRROR)' sh iso/buildroot/download.sh source
	$(Q)sh iso/buildroot/sources.sh $(CURDIR)/$(B)/sources source
	$(Q)touch $@

# What only some words of build.conf want, into folders of its own.
$(B)/wanted.stamp: $(B)/root.stamp $(CONF) iso/buildroot/wanted.sh
	$(Q)MIRROR='$(MIRROR)' sh iso/buildroot/wanted.sh $(CURDIR)/$(B) $(CONF)
	$(Q)touch $@

$(B)/testroot.stamp: $(B)/root.stamp
	$(Q)MIRROR='$(MIRROR)' sh iso/buildroot/download.sh test
	$(Q)BASE=$(CURDIR)/$(B)/root sh iso/buildroot/unpack.sh $(CURDIR)/$(B)/testroot test
	$(Q)touch $@

$(B)/run: iso/buildroot/run.sh
	$(Q)mkdir -p $(B) && cp $< $@ && chmod +x $@

root: $(B)/root.stamp $(B)/sources.stamp $(B)/wanted.stamp $(B)/run
testroot: $(B)/testroot.stamp $(B)/run

jobs := $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc 2>/dev/null || echo 2))
INNER = SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-$$(sed -n 's/^\# epoch: //p' $(B)/manifest)} WORKDIR=/src \
	sh iso/buildroot/enter.sh
# Two makes in one tree take turns.
LOCK = flock --no-fork $(B)/lock env
INNER_MAKE = make INSIDE=1 --no-print-directory $(jobs) $(if $(V),V=1) $(if $(CONFIG),CONFIG='$(CONFIG)') \
	$(if $(T),T='$(T)')

$(BUILD_TARGETS): root
	+$(Q)$(LOCK) $(INNER) $(CURDIR)/$(B)/root $(INNER_MAKE) $@

$(TEST_TARGETS): testroot
	+$(Q)$(INNER) $(CURDIR)/$(B)/testroot $(INNER_MAKE) $@

smoke test test-all report: iso
test-all: netboot

run: testroot
	$(Q)$(B)/run sh tests/boot/run.sh

faults: testroot ## the build's own faults: mirrors, packages, disks, namespaces that are not right
	$(Q)sh tests/faults/run.sh $(T)

# Before the test root is entered: they need the host's apt. tests/faults/faults_test.py takes the results up.
test test-all: faults-first
.PHONY: faults-first
faults-first: testroot
	$(Q)$(if $(filter-out fault%,$(T)),,sh tests/faults/run.sh || true)

# Of the tests one wants another hypervisor; it takes up what became of it.
test-all: xen-source
.PHONY: xen-source
xen-source: iso
	$(Q)$(if $(filter-out migrate%,$(T)),,sh tests/image/xen-source.sh || true)

reproduce: root ## two complete builds in two directories, by two users: the same bytes?
	$(Q)sh tests/image/reproduce.sh

# report takes the result up.
report: builds-first
.PHONY: builds-first
builds-first: iso
	$(Q)sh tests/perf/builds.sh

# test-all takes the result up.
test-all: reproduce-first
.PHONY: reproduce-first
reproduce-first: testroot
	$(Q)$(if $(filter-out reproduc%,$(T)),,sh tests/image/reproduce.sh || true)

# A real system to install, of which only test-all makes use.
test-all: debian-first
.PHONY: debian-first
debian-first: testroot
	$(Q)$(if $(filter-out vm% debian%,$(T)),,sh tests/guests/debian.sh || true)

shell: testroot ## a shell inside the build root
	$(Q)$(B)/run bash

update: ## resolve the packages again from what the mirror signs today
	$(Q)$(RESOLVE)

outdated: $(B)/manifest ## packages for which the mirror signs something newer
	$(Q)MIRROR='$(MIRROR)' sh iso/buildroot/outdated.sh

clean: ## remove what was built, keep the build root
	$(Q)cd $(B) 2>/dev/null && rm -rf $$(ls | grep -vxE 'apt|manifest|image|lock|run|(root|testroot|sources|sources-xen|wanted)(\.stamp)?|conf\..*') || true

distclean: ## remove build/ (downloads stay in the cache)
	$(Q)chmod -R u+rwX $(B) 2>/dev/null; rm -rf $(B)

else

include $(B)/conf.mk
include lib/build.mk dom0-rootfs/build.mk hypervisor/build.mk iso/build.mk
-include tests/build.mk
.PHONY: $(BUILD_TARGETS) $(TEST_TARGETS)

endif
