#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds the hypervisor alone from Debian's source package. Same source, fragment and SOURCE_DATE_EPOCH: same bytes.
# Usage: build-xen.sh SOURCE WORKDIR FRAGMENT OUTPUT
set -eu

work=$2
fragment=$(readlink -f "$3")
mkdir -p "$(dirname "$4")"
out=$(readlink -f "$(dirname "$4")")/$(basename "$4")
sh iso/buildroot/source-tree.sh "$1" "$work"
cd "$work"

# Debian's patch asks these who builds; the answers are in Xen's first line at boot and in `xl info`.
mkdir domus-bin
printf '#!/bin/sh\necho Domus\n' >domus-bin/lsb_release
chmod +x domus-bin/lsb_release
PATH=$(pwd)/domus-bin:$PATH
DEB_VERSION=$(sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)
DEB_MAINTAINER="Domus <xen@domus.invalid>"
export PATH DEB_VERSION DEB_MAINTAINER

xen()
{
	make -C xen PYTHON=python3 XEN_TARGET_ARCH=x86_64 XEN_COMPILE_ARCH=x86_64 XEN_WHOAMI=domus XEN_DOMAIN=domus \
		EXTRA_CFLAGS_XEN_CORE="-ffile-prefix-map=$(pwd)=. -fdebug-prefix-map=$(pwd)=." "$@"
}

# A line that Kconfig drops (renamed, or what it depends on is off) would be missed only by the one who needs it.
configure()
{
	cp "$fragment" xen/.config
	xen olddefconfig || return 1
	grep -E '^(CONFIG_|# CONFIG_)' "$fragment" | while read -r line; do
		word=${line#\# }
		case $line in
		'#'*) ! grep -q "^${word%% *}=" xen/.config || echo "$line" ;;
		*) grep -qxF "$line" xen/.config || echo "$line" ;;
		esac
	done >config.dropped
}

fail()
{
	tail -n 20 build.log >&2
	echo "domus: cannot build the hypervisor: see $work/build.log" >&2
	exit 1
}

configure >build.log 2>&1 || fail
[ ! -s config.dropped ] || {
	echo "hypervisor/Kconfig: not taken up by Xen's configuration: $(paste -sd';' config.dropped)" >&2
	exit 1
}
xen build >>build.log 2>&1 || fail
gzip -9n <xen/xen >"$out.new"
mv "$out.new" "$out"
