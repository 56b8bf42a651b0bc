#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Writes the grub.cfg of the network boot. Usage: grub-cfg.sh INITRD -- [MICROCODE-FILE...] >FILE
set -eu

bytes=0
while [ "$1" != -- ]; do
	bytes=$((bytes + $(wc -c <"$1")))
	shift
done
shift
# Live from a medium plus the medium's files, which stay in dom0's memory, and room to unpack them at the start.
live_mib=$(sed -n 's/^dom0_mem=\([0-9]*\)M+.*/\1/p' hypervisor/cmdline)
share=$(sed -n 's/^dom0_mem=[0-9]*M+\([0-9]*%\).*/\1/p' hypervisor/cmdline)
if [ -z "$live_mib" ] || [ -z "$share" ]; then
	echo "hypervisor/cmdline: dom0_mem is not of the form 208M+6%" >&2
	exit 1
fi
mib=$((live_mib + bytes / 1048576 + 32))
xen_words=$(grep -v '^[[:space:]]*\(#\|$\)' hypervisor/cmdline | sed "/^@SERIAL@\$/d; \
s/^dom0_mem=.*/dom0_mem=${mib}M+$share,max:${mib}M+$share/" | paste -sd' ')
# On a tmpfs the root would be half of dom0's memory at most; loop devices take files of a ramfs as well.
linux_words="rootfstype=ramfs domus.verify"

# xen_entry ID TITLE XEN-CONSOLE LINUX-WORDS
xen_entry()
{
	cat <<END

menuentry '$2' --id $1 {
	echo 'Loading Xen and Linux from the network ...'
	multiboot2 \$base/xen.gz placeholder $xen_words $3
	module2 \$base/vmlinuz placeholder $linux_words $4
	echo 'Loading the system ...'
	module2 --nounzip \$base/initrd
	for file in \$ucode; do
		module2 --nounzip \$base/\$file
	done
}
END
}

cat <<'END'
# Menu of the Domus network boot; made by iso/netboot/grub-cfg.sh.
set default=live
set timeout=5

serial --unit=0 --speed=115200
terminal_input console serial
terminal_output console serial

# Where the large files come from: the folder of this file. By HTTP it is much faster, for instance:
# set base=(http,192.0.2.1)/domus
set base=$prefix
export base

# An unattended installation, if this says where its file is, for instance:
# set config=https://conf.example/xen1.conf
set config=
export config
END
case $# in
0) echo "set ucode=''" ;;
*)
	cat <<'END'

# Microcode of the CPU's vendor; a virtual CPU takes none.
smbios --type 4 --get-string 7 --set vendor
if regexp 'Intel' "$vendor"; then
	set ucode='ucode-intel.cpio'
elif regexp 'AMD|Advanced Micro' "$vendor"; then
	set ucode='ucode-amd.cpio'
else
	set ucode=''
fi
END
	;;
esac
echo 'export ucode'
xen_entry live 'Domus live (Xen)' 'com1=115200,8n1 console=com1,vga' 'console=hvc0 console=tty0 quiet loglevel=4'
xen_entry install 'Install Domus' 'com1=115200,8n1 console=com1,vga' \
	'console=hvc0 console=tty0 quiet loglevel=4 domus.install'
echo
echo 'if [ -n "$config" ]; then'
echo 'set default=unattended'
# shellcheck disable=SC2016 # for GRUB
xen_entry unattended 'Install Domus unattended' 'com1=115200,8n1 console=com1,vga' \
	'console=hvc0 console=tty0 quiet loglevel=4 domus.unattended domus.config=$config'
echo 'fi'
xen_entry live-com2 'Domus live, serial console on COM2' 'com2=115200,8n1 console=com2,vga' \
	'console=hvc0 console=tty0 quiet loglevel=4'
xen_entry live-vga 'Domus live, screen only' 'console=vga' 'console=tty0 quiet loglevel=4'
cat <<END

menuentry 'Rescue: Linux without Xen' --id rescue {
	echo 'Loading Linux from the network ...'
	linux \$base/vmlinuz $linux_words domus.rescue console=tty0 console=ttyS0,115200 quiet loglevel=4
	initrd \$base/initrd
}
END
