/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of xl.cfg(5) as Xen 4.20's xl reads them: it takes others silently, we point them out. */
#include <string.h>

#include "lang.h"
#include "near.h"
#include "xlcfg.h"

/* Sorted for the eye; "builder" and what stands beside it is deprecated but still read. */
static const char *const known_keys[] = {
	"acpi",
	"acpi_firmware",
	"acpi_laptop_slate",
	"acpi_s3",
	"acpi_s4",
	"altp2m",
	"altp2mhvm",
	"apic",
	"bios",
	"bios_path_override",
	"blkdev_start",
	"boot",
	"bootloader",
	"bootloader_args",
	"bootloader_restrict",
	"bootloader_user",
	"builder",
	"cap",
	"channel",
	"claim_mode",
	"cmdline",
	"cpu_weight",
	"cpuid",
	"cpus",
	"cpus_soft",
	"device_model",
	"device_model_args",
	"device_model_args_hvm",
	"device_model_args_pv",
	"device_model_override",
	"device_model_stubdomain_override",
	"device_model_stubdomain_seclabel",
	"device_model_user",
	"device_model_version",
	"device_tree",
	"disk",
	"dm_restrict",
	"driver_domain",
	"dtdev",
	"e820_host",
	"event_channels",
	"extra",
	"extratime",
	"firmware",
	"firmware_override",
	"gfx_passthru",
	"gic_version",
	"hap",
	"hdtype",
	"hpet",
	"init_seclabel",
	"iomem",
	"ioports",
	"irqs",
	"kernel",
	"keymap",
	"latency",
	"llc_colors",
	"localtime",
	"max_event_channels",
	"max_grant_frames",
	"max_grant_version",
	"max_maptrack_frames",
	"maxmem",
	"maxvcpus",
	"mca_caps",
	"memory",
	"ms_vm_genid",
	"msr_relaxed",
	"name",
	"nestedhvm",
	"nographic",
	"nomigrate",
	"nr_spis",
	"on_crash",
	"on_poweroff",
	"on_reboot",
	"on_soft_reset",
	"on_watchdog",
	"opengl",
	"p9",
	"pae",
	"passthrough",
	"pci",
	"pci_msitranslate",
	"pci_permissive",
	"pci_power_mgmt",
	"pci_seize",
	"period",
	"pool",
	"pvcalls",
	"pvh",
	"pvshim",
	"pvshim_cmdline",
	"pvshim_extra",
	"pvshim_path",
	"ramdisk",
	"rdm",
	"rdm_mem_boundary",
	"root",
	"rtc_timeoffset",
	"sched",
	"sdl",
	"seclabel",
	"serial",
	"shadow_memory",
	"slice",
	"smbios",
	"smbios_firmware",
	"soundhw",
	"spice",
	"spice_clipboard_sharing",
	"spiceagent_mouse",
	"spicedisable_ticketing",
	"spice_image_compression",
	"spice_streaming_video",
	"spicehost",
	"spicepasswd",
	"spiceport",
	"spicetls_port",
	"spiceusbredirection",
	"spicevdagent",
	"stdvga",
	"stubdomain_cmdline",
	"stubdomain_kernel",
	"stubdomain_memory",
	"stubdomain_ramdisk",
	"sve",
	"tee",
	"timer_mode",
	"tpm",
	"tsc_mode",
	"type",
	"usb",
	"usbctrl",
	"usbdev",
	"usbdevice",
	"usbversion",
	"uuid",
	"vcpus",
	"vdispl",
	"vendor_device",
	"vfb",
	"vga",
	"vif",
	"vif2",
	"videoram",
	"virtio",
	"viridian",
	"vkb",
	"vmtrace_buf_kb",
	"vnc",
	"vncdisplay",
	"vnclisten",
	"vncpasswd",
	"vncunused",
	"vncviewer",
	"vnuma",
	"vpmu",
	"vpt_align",
	"vsnd",
	"vtpm",
	"vuart",
	"xen_platform_pci",
};

enum { KNOWN_KEYS = sizeof(known_keys) / sizeof(known_keys[0]) };

static bool is_known(const char *key)
{
	for (size_t i = 0; i < KNOWN_KEYS; i++)
		if (strcmp(known_keys[i], key) == 0)
			return true;
	return false;
}

static void check_key(const struct xlcfg *cfg, size_t i, struct problems *problems)
{
	const struct xlcfg_setting *s = &cfg->settings[i];
	if (!is_known(s->key)) {
		const char *near = near_find(s->key, known_keys, KNOWN_KEYS);
		if (near)
			problems_add(problems, PROBLEM_WARNING, s->line,
				_("xl does not know the key \"%s\" and ignores it; did you mean \"%s\"?"),
				s->key, near);
		else
			problems_add(problems, PROBLEM_WARNING, s->line,
				_("xl does not know the key \"%s\" and ignores it"), s->key);
	}
	for (size_t j = 0; j < i; j++)
		if (strcmp(cfg->settings[j].key, s->key) == 0 && !s->is_addition) {
			problems_add(problems, PROBLEM_WARNING, s->line,
				_("\"%s\" is set in line %u already; this one counts"), s->key,
				cfg->settings[j].line);
			break;
		}
}

void xlcfg_check_keys(const struct xlcfg *cfg, struct problems *problems)
{
	for (size_t i = 0; i < cfg->count && !problems_are_full(problems); i++)
		check_key(cfg, i, problems);
}
