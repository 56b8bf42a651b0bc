/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts of an installed host's boot loader, as they lie on the ESP. Pure. */
#include "bootcfg.h"

#include <inttypes.h>
#include <string.h>

#include "lang.h"
#include "mem.h"

/* dom0 without any QEMU, see hypervisor/cmdline; and what a QEMU of an HVM guest takes. */
enum { DOM0_BASE_MIB = 208, DOM0_PER_HVM_MIB = 40 };

static const char head[] =
	"# Slot chooser of an installed Domus. Written at installation; what a user sets is in args.cfg.\n"
	"set pager=0\n"
	"insmod serial\n"
	"load_env --file $prefix/grubenv\n"
	"# New arguments are tried once: only a host that came up with them keeps them.\n"
	"if [ \"$args\" = try -a -f $prefix/args-try.cfg ]; then\n"
	"\tset args=bad\n"
	"\tsave_env --file $prefix/grubenv args\n"
	"\tsource $prefix/args-try.cfg\n"
	"elif [ -f $prefix/args.cfg ]; then\n"
	"\tsource $prefix/args.cfg\n"
	"else\n"
	"\tset serial_unit=0\n"
	"\tset serial_speed=115200\n"
	"fi\n"
	"if [ -n \"$serial_unit\" ]; then\n"
	"\tserial --unit=$serial_unit --speed=$serial_speed\n"
	"\tterminal_input console serial\n"
	"\tterminal_output console serial\n"
	"fi\n"
	"\n"
	"# With Secure Boot on, the signed GRUB runs but may not start Xen, which Debian does not sign.\n"
	"if [ \"$lockdown\" = y ]; then\n"
	"\techo\n"
	"\techo 'Secure Boot is on. Domus cannot start with it: the hypervisor is not signed.'\n"
	"\techo 'Switch it off in the setup of the firmware. Press Enter to enter that setup.'\n"
	"\tread answer\n"
	"\tfwsetup\n"
	"fi\n"
	"\n"
	"if [ \"$installed\" != yes ]; then\n"
	"\techo\n"
	"\techo 'The installation of Domus on this disk was not completed.'\n"
	"\techo 'Start the installation medium again. Press Enter to restart the machine.'\n"
	"\tread answer\n"
	"\treboot\n"
	"fi\n"
	"\n";

/* Words of a GRUB script: no arithmetic, no return values; `try` becomes `bad` before it is booted. */
static const char chooser[] =
	"if [ \"$slot\" = b ]; then\n"
	"\tset order='b a'\n"
	"else\n"
	"\tset order='a b'\n"
	"fi\n"
	"set chosen=\n"
	"set other=\n"
	"for s in $order; do\n"
	"\tif [ $s = a ]; then\n"
	"\t\tset word=\"$slot_a\"\n"
	"\t\tset uuid=$uuid_a\n"
	"\telse\n"
	"\t\tset word=\"$slot_b\"\n"
	"\t\tset uuid=$uuid_b\n"
	"\tfi\n"
	"\tif [ $uuid = \"$damaged_uuid\" ]; then\n"
	"\t\tset word=bad\n"
	"\tfi\n"
	"\tif [ \"$word\" = ok -o \"$word\" = try ]; then\n"
	"\t\tif search --no-floppy --fs-uuid --set=dev $uuid; then\n"
	"\t\t\tif [ -f ($dev)/domus/whole -a -f ($dev)/domus/grub/slot.cfg ]; then\n"
	"\t\t\t\tif [ -z \"$chosen\" ]; then\n"
	"\t\t\t\t\tset chosen=$s\n"
	"\t\t\t\t\tset chosen_dev=$dev\n"
	"\t\t\t\t\tset chosen_uuid=$uuid\n"
	"\t\t\t\t\tset chosen_word=$word\n"
	"\t\t\t\telse\n"
	"\t\t\t\t\tset other=$s\n"
	"\t\t\t\t\tset other_dev=$dev\n"
	"\t\t\t\t\tset other_uuid=$uuid\n"
	"\t\t\t\tfi\n"
	"\t\t\tfi\n"
	"\t\tfi\n"
	"\tfi\n"
	"done\n"
	"\n"
	"if [ -z \"$chosen\" ]; then\n"
	"\techo\n"
	"\techo 'Neither slot of this Domus holds a whole release.'\n"
	"\techo 'Start the installation medium and choose repair. Press Enter to restart the machine.'\n"
	"\tread answer\n"
	"\treboot\n"
	"fi\n"
	"if [ \"$chosen_word\" = try ]; then\n"
	"\techo 'New release: tried once.'\n"
	"\tset slot_$chosen=bad\n"
	"\tsave_env --file $prefix/grubenv slot_$chosen\n"
	"fi\n"
	"\n"
	"# Microcode of the CPU's vendor, by the firmware's own word; a virtual CPU takes none.\n"
	"insmod smbios\n"
	"set ucode=\n"
	"smbios --type 4 --get-string 7 --set vendor\n"
	"if regexp 'Intel' \"$vendor\"; then\n"
	"\tset ucode=ucode-intel.cpio\n"
	"elif regexp 'AMD|Advanced Micro' \"$vendor\"; then\n"
	"\tset ucode=ucode-amd.cpio\n"
	"fi\n"
	"\n"
	"export prefix esp_uuid state_uuid slot_uuid ucode dom0_mem xen_args dom0_args xen_console xen_serial linux_serial\n"
	"set root=$chosen_dev\n"
	"set slot_uuid=$chosen_uuid\n"
	"source /domus/grub/slot.cfg\n"
	"if [ -n \"$other\" ]; then\n"
	"\texport other_dev other_uuid\n"
	"\tsubmenu 'The other release ...' --id other {\n"
	"\t\tset root=$other_dev\n"
	"\t\tset slot_uuid=$other_uuid\n"
	"\t\tsource /domus/grub/slot.cfg\n"
	"\t}\n"
	"fi\n"
	"if [ \"$grub_platform\" = efi ]; then\n"
	"\tmenuentry 'Firmware setup' --id firmware {\n"
	"\t\tfwsetup\n"
	"\t}\n"
	"fi\n";

void bootcfg_chooser(const struct bootcfg_ids *ids, struct str *ret_text)
{
	str_add(ret_text, "%s", head);
	str_add(ret_text, "set esp_uuid=%s\nset uuid_a=%s\nset uuid_b=%s\nset state_uuid=%s\n",
		ids->esp, ids->slot_a, ids->slot_b, ids->state);
	str_add(ret_text, "%s", chooser);
}

uint64_t bootcfg_dom0_base_mib(const struct host_config *config, uint64_t memory_mib)
{
	uint64_t extra = 0;
	if (strlist_has(&config->components, "hvm"))
		extra = (uint64_t)config->dom0_hvm_guests * DOM0_PER_HVM_MIB;
	/* A small machine keeps its memory for guests. */
	if (memory_mib != 0 && extra > memory_mib / 16)
		extra = memory_mib / 16;
	return DOM0_BASE_MIB + extra;
}

static void add_dom0(const struct host_config *config, uint64_t memory_mib, struct str *out)
{
	str_add(out, "set dom0_mem='");
	if (config->dom0_memory_mib) {
		str_add(out, "dom0_mem=%" PRId64 "M,max:%" PRId64 "M", config->dom0_memory_mib,
			config->dom0_memory_mib);
	} else {
		uint64_t base = bootcfg_dom0_base_mib(config, memory_mib);
		str_add(out, "dom0_mem=%" PRIu64 "M+6%%,max:%" PRIu64 "M+6%%", base, base);
	}
	if (config->dom0_vcpus)
		str_add(out, " dom0_max_vcpus=%" PRId64 "'\n", config->dom0_vcpus);
	else
		str_add(out, " dom0_max_vcpus=1-4'\n");
}

void bootcfg_args(const struct host_config *config, uint64_t memory_mib, struct str *ret_text)
{
	static const char *const entries[] = {"xen", "xen-serial", "rescue"};
	unsigned speed = hostconf_speed(config);
	unsigned com = config->serial == HOST_SERIAL_COM2 ? 2 : 1;
	str_add(ret_text, "# From /etc/domus/host.conf; change it there, with domus-host.\n");
	str_add(ret_text, "set default=%s\nset timeout=%" PRId64 "\n", entries[config->boot_entry],
		config->boot_timeout_s);
	if (config->serial == HOST_SERIAL_NONE) {
		str_add(ret_text, "set xen_console='console=vga'\nset xen_serial='console=vga'\n");
		str_add(ret_text, "set linux_serial=\nset serial_unit=\n");
	} else {
		str_add(ret_text, "set xen_console='com%u=%u,8n1 console=com%u,vga'\n", com, speed,
			com);
		str_add(ret_text, "set xen_serial='com%u=%u,8n1 console=com%u'\n", com, speed, com);
		str_add(ret_text, "set linux_serial='console=ttyS%u,%u'\n", com - 1, speed);
		str_add(ret_text, "set serial_unit=%u\nset serial_speed=%u\n", com - 1, speed);
	}
	add_dom0(config, memory_mib, ret_text);
	str_add(ret_text, "set xen_args='%s'\nset dom0_args='%s'\n", config->xen_args,
		config->dom0_args);
}

int bootcfg_env(const struct strlist *words, struct str *ret_block, struct err *err)
{
	str_add(ret_block, "# GRUB Environment Block\n");
	for (size_t i = 0; i < words->count; i++)
		str_add(ret_block, "%s\n", words->items[i]);
	if (ret_block->len > BOOTCFG_SECTOR_BYTES)
		return err_set(err, ERR_RANGE, 0, _("GRUB's environment is longer than %d bytes"),
			BOOTCFG_SECTOR_BYTES);
	while (ret_block->len < BOOTCFG_ENV_BYTES)
		str_add(ret_block, "#");
	return 0;
}

char *bootcfg_env_get(const char *block, const char *name)
{
	size_t len = strlen(name);
	for (const char *p = block; *p; p += strcspn(p, "\n"), p += *p == '\n')
		if (strncmp(p, name, len) == 0 && p[len] == '=')
			return xstrndup(p + len + 1, strcspn(p + len + 1, "\n"));
	return NULL;
}

int bootcfg_env_set(const char *block, const char *name, const char *value, struct str *ret_block,
	struct err *err)
{
	CLEANUP(strlist_dispose) struct strlist words = STRLIST_INIT;
	size_t len = strlen(name);
	for (const char *p = block; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		size_t line = strcspn(p, "\n");
		if (p[0] == '#' || line == 0 || (strncmp(p, name, len) == 0 && p[len] == '='))
			continue;
		strlist_addf(&words, "%.*s", (int)line, p);
	}
	strlist_addf(&words, "%s=%s", name, value);
	return bootcfg_env(&words, ret_block, err);
}
