#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Writes the medium's grub.cfg. Usage: grub-cfg.sh VOLUME-ID VERSION >FILE
set -eu

volume=$1
version=$2
xen_words=$(grep -v '^[[:space:]]*\(#\|$\)' hypervisor/cmdline | grep -v '^@SERIAL@$' | tr '\n' ' ')
linux_words="domus.medium=$volume"

# entry ID TITLE XEN-CONSOLE LINUX-WORDS
xen_entry()
{
	cat <<END
menuentry '$2' --id $1 {
	echo 'Loading Xen and Linux ...'
	verify xen.gz vmlinuz initrd
	multiboot2 /domus/xen.gz placeholder $xen_words $3
	module2 /domus/vmlinuz placeholder $linux_words $4
	module2 --nounzip /domus/initrd
	for file in \$ucode; do
		module2 --nounzip /domus/\$file
	done
}
END
}

linux_entry()
{
	cat <<END
menuentry '$2' --id $1 {
	echo 'Loading Linux ...'
	verify vmlinuz initrd
	linux /domus/vmlinuz $linux_words $3
	initrd \$ucode_paths /domus/initrd
}
END
}

sed "s/@VERSION@/$version/; s/@VOLUME@/$volume/" iso/grub-head.cfg
xen_entry live "Domus live (Xen)" "com1=115200,8n1 console=com1,vga" \
	"console=hvc0 console=tty0 quiet loglevel=4"
xen_entry install "Install Domus" "com1=115200,8n1 console=com1,vga" \
	"console=hvc0 console=tty0 quiet loglevel=4 domus.install"
# Indented: entries that are not always there.
echo 'if [ -n "$unattended" ]; then'
xen_entry unattended "Install Domus unattended, as domus.conf says" "com1=115200,8n1 console=com1,vga" \
	"console=hvc0 console=tty0 quiet loglevel=4 domus.unattended" | sed 's/^/\t/'
echo 'fi'
echo "submenu 'Domus live on another serial port or speed ...' --id live-serial {"
for speed in 57600 38400 19200 9600; do
	xen_entry "live-com1-$speed" "COM1 at $speed baud" "com1=$speed,8n1 console=com1,vga" \
		"console=hvc0 console=tty0 quiet loglevel=4"
done
for speed in 115200 57600 38400 19200 9600; do
	xen_entry "live-com2-$speed" "COM2 at $speed baud" "com2=$speed,8n1 console=com2,vga" \
		"console=hvc0 console=tty0 quiet loglevel=4"
done
xen_entry live-vga "No serial port, screen only" "console=vga" "console=tty0 quiet loglevel=4"
echo "}"
xen_entry live-toram "Domus live, copied to memory (the medium can be taken out)" \
	"com1=115200,8n1 console=com1,vga dom0_mem=512M+6%,max:512M+6%" \
	"console=hvc0 console=tty0 quiet loglevel=4 domus.toram" | sed 's/dom0_mem=208M[^ ]* //'
cat iso/grub-disk.cfg
linux_entry rescue "Rescue: Linux without Xen" "domus.rescue console=tty0 console=ttyS0,115200 quiet loglevel=4"
linux_entry check "Check this medium" "domus.check console=tty0 console=ttyS0,115200 quiet loglevel=4"
cat iso/grub-tail.cfg
