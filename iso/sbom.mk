# SPDX-License-Identifier: GPL-2.0-or-later
# What is in the image, for those who look for known weaknesses.

sbom: $(B)/domus.spdx.json

$(B)/domus.spdx.json: $(B)/domus.iso iso/sbom.sh $(B)/conf.mk
	$(call step,SBOM,$@)
	$(Q)B=$(B) VERSION=$(VERSION) XEN=$(XEN) FIRMWARE=$(FIRMWARE) KERNEL='$(KERNEL)' sh iso/sbom.sh $< $(EPOCH) $@
