/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a disk says of its own health: ATA's SMART, and NVMe's log of the same name. */
#ifndef HOST_SMART_H
#define HOST_SMART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "str.h"

enum { SMART_BLOCK = 512, SMART_SENSE = 32 };

struct smart {
	bool is_failing; /* the disk's own verdict */
	bool has_temperature, has_hours, has_bad, has_wear;
	int temperature_c;
	uint64_t hours; /* switched on */
	uint64_t bad;   /* ATA: sectors replaced, waiting for it, or lost; NVMe: media errors */
	unsigned wear_percent; /* NVMe: of the life that was promised; may pass 100 */
};

/*
 * Asks the disk /dev/NAME; needs root. 0 with *ret_smart; 1 when the disk knows nothing of the kind, as a
 * virtual one or behind many USB and RAID controllers; -1 when it does not answer.
 */
int smart_read(const char *device, struct smart *ret_smart, struct err *err);

/* "healthy, 34 degrees, 12345 hours, 0 bad sectors" */
void smart_describe(const struct smart *smart, struct str *ret_text);

/* The pure half of it. */

/* ATA's IDENTIFY DEVICE (ACS-3 7.12): is SMART there and switched on? */
bool smart_is_on(const uint8_t block[SMART_BLOCK]);
/* The 512 bytes of ATA's SMART READ DATA; false if their sum is wrong. */
bool smart_parse_ata(const uint8_t block[SMART_BLOCK], struct smart *smart);
/* The registers in the sense data (SAT-3 12.2.2.7) after SMART RETURN STATUS: 0 good, 1 failing, -1 neither. */
int smart_parse_verdict(const uint8_t *sense, size_t length);
/* NVMe's log page 02h (NVMe 1.4, 5.14.1.2). */
void smart_parse_nvme(const uint8_t block[SMART_BLOCK], struct smart *smart);

#endif
