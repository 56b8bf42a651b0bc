/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a disk says of its own health: ATA's SMART, and NVMe's log of the same name. */
#include "smart.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/nvme_ioctl.h>
#include <scsi/sg.h>
#include <string.h>
#include <sys/ioctl.h>

#include "file.h"
#include "lang.h"
#include "mem.h"
#include "num.h"

enum {
	TIMEOUT_MS = 10000,
	/* ATA PASS-THROUGH(16), SAT-3 12.2.2 */
	ATA_PASS_16 = 0x85,
	ATA_CDB = 16,
	PROTOCOL_NO_DATA = 3 << 1,
	PROTOCOL_PIO_IN = 4 << 1,
	FLAGS_READ = 0x0e,      /* from the device, length in blocks, in the count */
	FLAGS_REGISTERS = 0x20, /* give the registers back */
	ATA_IDENTIFY = 0xec,
	ATA_SMART = 0xb0,
	SMART_READ_DATA = 0xd0,
	SMART_RETURN_STATUS = 0xda,
	/* attributes that all makers count alike */
	ID_REPLACED = 5,
	ID_HOURS = 9,
	ID_AIR_TEMPERATURE = 190,
	ID_TEMPERATURE = 194,
	ID_PENDING = 197,
	ID_LOST = 198,
	NVME_GET_LOG = 0x02,
	NVME_LOG_SMART = 0x02,
	/* spare below its threshold, less reliable, read-only, memory backup failed */
	NVME_FAILING = 0x1d,
};

/* ---- what the bytes mean */

bool smart_is_on(const uint8_t block[SMART_BLOCK])
{
	return (num_little_endian(block + 2 * 82, 2) & 1) &&
	       (num_little_endian(block + 2 * 85, 2) & 1);
}

static void take_attribute(const uint8_t *entry, struct smart *smart)
{
	const uint8_t *raw = entry + 5;
	switch (entry[0]) {
	case ID_REPLACED:
	case ID_PENDING:
	case ID_LOST:
		smart->bad += num_little_endian(raw, 6);
		smart->has_bad = true;
		break;
	case ID_HOURS:
		/* The upper bytes hold minutes, or nothing, as the maker likes. */
		smart->hours = num_little_endian(raw, 4);
		smart->has_hours = true;
		break;
	case ID_AIR_TEMPERATURE:
	case ID_TEMPERATURE:
		/* Lowest and highest may follow. */
		smart->temperature_c = (int8_t)raw[0];
		smart->has_temperature = true;
		break;
	default:
		break;
	}
}

bool smart_parse_ata(const uint8_t block[SMART_BLOCK], struct smart *smart)
{
	uint8_t sum = 0;
	for (size_t i = 0; i < SMART_BLOCK; i++)
		sum = (uint8_t)(sum + block[i]);
	if (sum != 0)
		return false;
	for (size_t at = 2; at + 12 <= 362; at += 12)
		take_attribute(block + at, smart);
	return true;
}

int smart_parse_verdict(const uint8_t *sense, size_t length)
{
	/* Descriptor format, with the descriptor of an ATA device's registers first. */
	if (length < 22 || (sense[0] & 0x7f) != 0x72 || sense[8] != 0x09 || sense[9] < 12)
		return -1;
	unsigned middle = sense[8 + 9], high = sense[8 + 11];
	if (middle == 0x4f && high == 0xc2)
		return 0;
	return middle == 0xf4 && high == 0x2c ? 1 : -1;
}

void smart_parse_nvme(const uint8_t block[SMART_BLOCK], struct smart *smart)
{
	uint64_t kelvin = num_little_endian(block + 1, 2);
	*smart = (struct smart){.is_failing = (block[0] & NVME_FAILING) != 0,
		.has_temperature = kelvin != 0,
		.temperature_c = (int)kelvin - 273,
		.has_wear = true,
		.wear_percent = block[5],
		/* Sixteen bytes each: eight will do. */
		.has_hours = true,
		.hours = num_little_endian(block + 128, 8),
		.has_bad = true,
		.bad = num_little_endian(block + 160, 8)};
}

void smart_describe(const struct smart *smart, struct str *ret_text)
{
	str_add(ret_text, "%s", smart->is_failing ? _("FAILING") : _("healthy"));
	if (smart->has_temperature)
		str_add(ret_text, _(", %d degrees"), smart->temperature_c);
	if (smart->has_hours)
		str_add(ret_text, _(", %" PRIu64 " hours"), smart->hours);
	if (smart->has_bad)
		str_add(ret_text, _(", %" PRIu64 " bad sectors"), smart->bad);
	if (smart->has_wear)
		str_add(ret_text, _(", %u %% worn"), smart->wear_percent);
}

/* ---- asking */

struct ata_call {
	uint8_t command, feature;
	uint8_t *block; /* SMART_BLOCK bytes to be read, or NULL for the registers */
	uint8_t sense[SMART_SENSE];
	size_t sense_length;
};

static int ata_run(int fd, struct ata_call *call)
{
	uint8_t cdb[ATA_CDB] = {ATA_PASS_16};
	cdb[1] = call->block ? PROTOCOL_PIO_IN : PROTOCOL_NO_DATA;
	cdb[2] = call->block ? FLAGS_READ : FLAGS_REGISTERS;
	cdb[4] = call->feature;
	cdb[6] = call->block ? 1 : 0;
	if (call->command == ATA_SMART) {
		cdb[10] = 0x4f;
		cdb[12] = 0xc2;
	}
	cdb[14] = call->command;
	sg_io_hdr_t io = {.interface_id = 'S',
		.dxfer_direction = call->block ? SG_DXFER_FROM_DEV : SG_DXFER_NONE,
		.cmd_len = sizeof(cdb),
		.mx_sb_len = sizeof(call->sense),
		.dxfer_len = call->block ? SMART_BLOCK : 0,
		.dxferp = call->block,
		.cmdp = cdb,
		.sbp = call->sense,
		.timeout = TIMEOUT_MS};
	if (ioctl(fd, SG_IO, &io) != 0)
		return -1;
	call->sense_length = io.sb_len_wr;
	/* With registers asked for the status is never plain good. */
	return call->block && (io.info & SG_INFO_OK_MASK) != SG_INFO_OK ? -1 : 0;
}

static int read_ata(int fd, const char *device, struct smart *smart, struct err *err)
{
	uint8_t block[SMART_BLOCK] = {0};
	struct ata_call call = {.command = ATA_IDENTIFY, .block = block};
	/* A SCSI disk, or a virtual one. */
	if (ata_run(fd, &call) < 0 || !smart_is_on(block))
		return 1;
	call = (struct ata_call){.command = ATA_SMART, .feature = SMART_READ_DATA, .block = block};
	if (ata_run(fd, &call) < 0 || !smart_parse_ata(block, smart))
		return err_set(err, ERR_IO, 0, _("%s does not give its SMART data"), device);
	call = (struct ata_call){.command = ATA_SMART, .feature = SMART_RETURN_STATUS};
	int verdict =
		ata_run(fd, &call) < 0 ? -1 : smart_parse_verdict(call.sense, call.sense_length);
	if (verdict < 0)
		return err_set(err, ERR_IO, 0, _("%s does not give its SMART verdict"), device);
	smart->is_failing = verdict == 1;
	return 0;
}

static int read_nvme(int fd, const char *device, struct smart *smart, struct err *err)
{
	uint8_t block[SMART_BLOCK] = {0};
	struct nvme_admin_cmd command = {.opcode = NVME_GET_LOG,
		.nsid = UINT32_MAX,
		.addr = (uint64_t)(uintptr_t)block,
		.data_len = sizeof(block),
		.cdw10 = (SMART_BLOCK / 4 - 1) << 16 | NVME_LOG_SMART,
		.timeout_ms = TIMEOUT_MS};
	int r = ioctl(fd, NVME_IOCTL_ADMIN_CMD, &command);
	if (r != 0)
		return err_set(err, ERR_IO, r < 0 ? errno : 0, _("%s does not give its SMART data"),
			device);
	smart_parse_nvme(block, smart);
	return 0;
}

int smart_read(const char *device, struct smart *ret_smart, struct err *err)
{
	struct smart smart = {.is_failing = false};
	CLEANUP(file_close) int fd = open(device, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return err_set(err, ERR_IO, errno, _("cannot open %s"), device);
	int r = strncmp(device, "/dev/nvme", 9) == 0 ? read_nvme(fd, device, &smart, err)
						     : read_ata(fd, device, &smart, err);
	if (r == 0)
		*ret_smart = smart;
	return r;
}
