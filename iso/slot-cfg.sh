#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Writes the entries that a slot brings to the boot menu of an installed host. Usage: slot-cfg.sh VERSION >FILE
# The chooser on the ESP (lib/bootcfg.c) sets root, slot_uuid, state_uuid and what the host's file says.
set -eu

version=$1
# dom0's share comes from the host's file
xen_words=$(grep -v '^[[:space:]]*\(#\|$\)' hypervisor/cmdline | grep -v '^@SERIAL@$\|^dom0_' | tr '\n' ' ')

# xen_entry ID TITLE XEN-CONSOLE LINUX-CONSOLE
xen_entry()
{
	cat <<END
menuentry '$2' --id $1 {
	echo 'Loading Xen and Linux ...'
	verify xen.gz vmlinuz initrd
	if ! multiboot2 /domus/xen.gz placeholder $xen_words $3 \$dom0_mem \$xen_args; then
		leave
	fi
	module2 /domus/vmlinuz placeholder domus.slot=\$slot_uuid domus.esp=\$esp_uuid domus.state=\$state_uuid $4 quiet loglevel=4 \$dom0_args
	module2 --nounzip /domus/initrd
	if [ -n "\$ucode" -a -f /domus/\$ucode ]; then
		module2 --nounzip /domus/\$ucode
	fi
}
END
}

cat <<'END'
# Entries of this release; see iso/slot-cfg.sh in its source.
insmod hashsum
insmod gcry_md5
function verify {
	for file in "$@"; do
		if ! hashsum --hash md5 --check /domus/sums/$file --prefix /domus; then
			echo
			echo "DAMAGED: /domus/$file on this disk differs from what was installed."
			echo 'Repair it from the medium.'
			leave
		fi
	done
}
# The chooser goes on without this slot.
function leave {
	echo 'In 15 seconds: the other release, if there is one. Escape: at once.'
	sleep --interruptible 15
	set damaged_uuid=$slot_uuid
	export damaged_uuid
	configfile $prefix/grub.cfg
}
END
xen_entry xen "Domus $version (Xen)" "\$xen_console" "console=hvc0 console=tty0"
xen_entry xen-serial "Domus $version (Xen), console on the serial line" "\$xen_serial" "console=hvc0"
cat <<END
menuentry 'Domus $version, rescue: Linux without Xen' --id rescue {
	echo 'Loading Linux ...'
	verify vmlinuz initrd
	linux /domus/vmlinuz domus.slot=\$slot_uuid domus.esp=\$esp_uuid domus.state=\$state_uuid domus.rescue console=tty0 \$linux_serial quiet loglevel=4 \$dom0_args
	if [ -n "\$ucode" -a -f /domus/\$ucode ]; then
		initrd /domus/\$ucode /domus/initrd
	else
		initrd /domus/initrd
	fi
}
END
