#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Resolves the package sets once and freezes them in build/manifest.
# Usage: resolve.sh [OUTPUT]; environment: MIRROR, SECURITY_MIRROR, MANIFEST.
# Manifest lines: SET NAME VERSION SHA256 SIZE ARCHIVE(main|security) PATH

. iso/buildroot/common.sh

out=${1:-$BUILD/manifest}
apt=$BUILD/apt

# The mirror: MIRROR=, else the host's own if it is Debian's.
find_mirror()
{
	if [ -n "${MIRROR:-}" ]; then
		main=${MIRROR%/}
		security=${SECURITY_MIRROR:-$(printf '%s' "$main" | sed 's#/debian\(/\|$\)#/debian-security\1#')}
		return
	fi
	targets=$(apt-get indextargets --format '$(REPO_URI) $(ORIGIN)' 2>/dev/null | sort -u) || targets=
	main=$(printf '%s\n' "$targets" | sed -n 's#^\([^ ]*/debian\)/\{0,1\} .*#\1#p' | head -n 1)
	security=$(printf '%s\n' "$targets" | sed -n 's#^\([^ ]*/debian-security\)/\{0,1\} .*#\1#p' | head -n 1)
	[ -n "$main" ] || die "this host's apt has no Debian mirror: give one, as in \
make MIRROR=http://MIRROR.EXAMPLE/debian"
	[ -n "$security" ] || security=${SECURITY_MIRROR:-${main%/debian}/debian-security}
}

# A private apt: own sources, own lists, nothing of the host's but proxies and credentials.
write_config()
{
	rm -rf "$apt"
	mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$apt/etc/apt.conf.d" \
		"$apt/etc/preferences.d" "$apt/keys"
	: >"$apt/status"
	host_keys=/usr/share/keyrings
	if [ -z "${DOMUS_OWN_KEYS:-}" ] && [ -e "$host_keys/debian-archive-$SUITE-stable.gpg" ]; then
		cp "$host_keys/debian-archive-$SUITE-"*.gpg "$apt/keys/"
	elif [ -z "${DOMUS_OWN_KEYS:-}" ] && [ -e "$host_keys/debian-archive-$SUITE-stable.pgp" ]; then
		for key in "$host_keys/debian-archive-$SUITE-"*.pgp; do
			cp "$key" "$apt/keys/$(basename "$key" .pgp).gpg"
		done
	else
		cp configs/keys/*.asc "$apt/keys/"
	fi
	cat >"$apt/sources.list" <<-END
		deb $main $SUITE main non-free-firmware
		deb-src $main $SUITE main
		deb $main $SUITE-updates main non-free-firmware
		deb $security $SUITE-security main non-free-firmware
	END
	cat >"$apt/apt.conf" <<-END
		Dir::State "$apt";
		Dir::State::lists "$apt/lists";
		Dir::State::status "$apt/status";
		Dir::Cache "$apt";
		Dir::Cache::archives "$apt/archives";
		Dir::Etc::main "/dev/null";
		Dir::Etc::parts "$apt/etc/apt.conf.d";
		Dir::Etc::sourcelist "$apt/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
		Dir::Etc::preferences "/dev/null";
		Dir::Etc::trusted "/dev/null";
		Dir::Etc::trustedparts "$apt/keys/";
		APT::Architecture "amd64";
		APT::Architectures { "amd64"; };
		APT::Install-Recommends "0";
		Acquire::Languages "none";
		Acquire::GzipIndexes "false";
		Acquire::Retries "2";
		Acquire::Check-Valid-Until "${MANIFEST:+false}";
	END
	sed -i '/Check-Valid-Until ""/d' "$apt/apt.conf"
	apt-config dump | grep -i '^Acquire::[a-z0-9:.]*proxy' >>"$apt/apt.conf" || true
	[ "$(id -u)" -ne 0 ] || echo 'APT::Sandbox::User "root";' >>"$apt/apt.conf"
}

# packages_of SET: the names in iso/buildroot/packages under [SET].
packages_of()
{
	awk -v set="[$1]" '/^\[/ { on = $1 == set; next } on && NF && !/^#/ { print $1 }' "$HERE/packages"
}

# describe SET: reads "name=version" lines, writes manifest lines.
describe()
{
	xargs apt-cache show --no-all-versions 2>/dev/null | awk -v set="$1" '
		/^$/ { emit() }
		/^Package: / { name = $2 }
		/^Version: / { version = $2 }
		/^Filename: / { path = $2 }
		/^Size: / { size = $2 }
		/^SHA256: / { sum = $2 }
		END { emit() }
		function emit() {
			if (name != "" && !seen[name]++)
				print set, name, version, sum, size,
					path ~ /^pool\/updates\// ? "security" : "main", path
			name = ""
		}'
}

# closure PACKAGE...: these and all they depend on, as name=version.
closure()
{
	apt-get -s -qq install "$@" >"$apt/plan" 2>"$apt/errors" ||
		die "cannot resolve the packages: $(sed -n 's/^E: //p' "$apt/errors" | head -n 1)"
	sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*/\1=\2/p' "$apt/plan" | sed 's/:amd64=/=/'
}

# Sources come from the main archive only: their checksums are in its signed index.
sources()
{
	for source in $(packages_of "$1"); do
		apt-get source --only-source --print-uris -qq "$source" 2>"$apt/errors" |
			awk -v set="$1" -v base="$main/" -v name="$source" '{
				gsub(/\047/, "", $1); gsub(/%2b/, "+", $1)
				path = substr($1, length(base) + 1)
				version = $2; sub(/^[^_]*_/, "", version)
				sub(/^SHA256:/, "", $4)
				print set, name "-src", version, $4, $3, "main", path
			}'
	done
}

need_tools
mkdir -p "$BUILD"
find_mirror
write_config
APT_CONFIG=$apt/apt.conf
export APT_CONFIG

say INDEX "asking the Debian mirror for its signed package lists"
apt-get update -qq >"$apt/errors" 2>&1 || die "cannot read the Debian mirror: $(sed -n \
	's/^[EW]: //p' "$apt/errors" | head -n 1). Check the network, or give another one with MIRROR="
! grep -q '^E:\|NO_PUBKEY\|Failed to fetch' "$apt/errors" || die "cannot read the Debian mirror: $(sed -n \
	's/^[EW]: //p' "$apt/errors" | head -n 1)"

# shellcheck disable=SC2046 # word lists
{
	kernel=$(apt-cache depends linux-image-amd64 | awk '/Depends: linux-image-/ { print $2; exit }')
	epoch=$(awk -F': ' '/^Date: / { print $2; exit }' "$apt"/lists/*_dists_"${SUITE}"-security_*Release)
	echo "# Packages of this image and of the root it was built in; made by: make update"
	echo "# suite: $SUITE"
	echo "# mirror: $main"
	echo "# security: $security"
	echo "# kernel: ${kernel#linux-image-}"
	echo "# epoch: $(date -u -d "$epoch" +%s)"
	closure $(packages_of build) | describe build
	{ packages_of image | sed "s/^linux-image-amd64\$/$kernel/"; awk '$1 == "package" { print $2 }' dom0-rootfs/firmware.list; } | describe image
	sources source
	sources source-xen
	closure $(packages_of build) $(packages_of test) | describe test
} >"$out.new"

# A package of [build] is not repeated in [test].
awk '/^#/ || !(($2 " " $3) in seen) { print } !/^#/ { seen[$2 " " $3] = 1 }' "$out.new" >"$out.tmp"
for name in $(packages_of build) $(packages_of image | grep -v '^linux-image-amd64$') $(packages_of test); do
	grep -q "^[a-z]* $name " "$out.tmp" || die "the mirror has no package named $name"
done
rm "$out.new"
mv "$out.tmp" "$out"
say MANIFEST "$(grep -c '^[^#]' "$out") packages frozen in ${out#"$TOP"/}"
