# SPDX-License-Identifier: GPL-2.0-or-later
# The mirror, the private apt that reads its signed lists, and what goes wrong with either.
# shellcheck shell=sh disable=SC2154 # out, apt: resolve.sh

# host_mirrors: the Debian archives of the host's own apt, a URL a line. Asked without its lists, which apt
# would parse for a second; what a list that is there says of its origin is looked up, else (containers) a
# Debian suite and its folder's name have to do.
# shellcheck disable=SC2016 # apt's own format
host_mirrors()
{
	lists=$(apt-config shell dir Dir::State::lists/d | sed -n "s/^dir='\(.*\)'\$/\1/p")
	empty=$(mktemp -d) || return 0
	mkdir "$empty/partial"
	apt-get indextargets --no-release-info -o Dir::State::lists="$empty" -o Dir::Cache::pkgcache= \
		-o Dir::Cache::srcpkgcache= --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' "Created-By: Packages" 2>/dev/null |
		awk '$3 == "main" && $2 ~ /^(buster|bullseye|bookworm|trixie|forky|sid|(old)*stable|testing|unstable)([-\/]|$)/' |
		while read -r uri suite _; do
			release=$lists$(printf '%s' "${uri%/}/dists/$suite" | sed 's#^[a-z+]*://##; s#[^/@ ]*@##; s#/#_#g')
			origin=$(cat "${release}_InRelease" "${release}_Release" 2>/dev/null | sed -n '/^Origin: /{s///p;q;}')
			[ "${origin:-Debian}" != Debian ] || printf '%s\n' "${uri%/}"
		done
	rm -rf "$empty"
}

# The mirror: MIRROR=, else the host's own if it is Debian's.
find_mirror()
{
	if [ -n "${MIRROR:-}" ]; then
		archives_of "$MIRROR"
		return
	fi
	mirrors=$(host_mirrors)
	main=$(printf '%s\n' "$mirrors" | grep '/debian$' | head -n 1) || true
	[ -n "$main" ] || die "this host's apt has no Debian mirror: give one, as in \
make MIRROR=http://MIRROR.EXAMPLE/debian"
	archives_of "$main"
	[ -n "${SECURITY_MIRROR:-}" ] || {
		own=$(printf '%s\n' "$mirrors" | grep '/debian-security$' | head -n 1) || true
		security=${own:-$security}
	}
}

# A private apt: own sources, own lists, nothing of the host's but how it reaches the network.
write_config()
{
	rm -rf "$apt"
	mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$apt/etc/apt.conf.d" \
		"$apt/etc/preferences.d" "$apt/keys"
	: >"$apt/status"
	host_keys=/usr/share/keyrings
	for key in "$host_keys/debian-archive-$SUITE-"*.gpg "$host_keys/debian-archive-$SUITE-"*.pgp; do
		[ ! -e "$key" ] || cp "$key" "$apt/keys/$(basename "${key%.[pg]*}").gpg"
	done
	if [ -n "${DOMUS_OWN_KEYS:-}" ] || [ ! -e "$apt/keys/debian-archive-$SUITE-stable.gpg" ]; then
		rm -f "$apt"/keys/*
		cp configs/keys/*.asc "$apt/keys/"
		[ -n "${DOMUS_OWN_KEYS:-}" ] || say KEYRING "this host's does not know $SUITE: using configs/keys"
	fi
	cat >"$apt/sources.list" <<-END
		deb $main $SUITE main non-free-firmware
		deb $main $SUITE-updates main non-free-firmware
		deb $security $SUITE-security main non-free-firmware
		deb $main $SUITE-backports main
	END
	# QEMU 10 changes a processor's pending interrupts without a lock: one that is lost stops an emulated host,
	# one that is invented kills a program of dom0. The tests' emulator is a newer one; nothing else is.
	cat >"$apt/preferences.test" <<-END
		Package: src:qemu:any src:seabios:any
		Pin: release n=$SUITE-backports
		Pin-Priority: 990
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
		Dir::Etc::trusted "$apt/keys/none";
		Dir::Etc::trustedparts "$apt/keys/";
		APT::Architecture "amd64";
		APT::Architectures { "amd64"; };
		APT::Install-Recommends "0";
		Acquire::Languages "none";
		Acquire::GzipIndexes "false";
		Acquire::Retries "2";
	END
	# Proxies, certificates, time limits. Credentials stay in the host's /etc/apt/auth.conf, which apt reads.
	apt-config dump | grep -iE '^Acquire::(https?|ftp|tor)::|^Acquire::[a-z-]*proxy' >>"$apt/apt.conf" || true
	[ "$(id -u)" -ne 0 ] || echo 'APT::Sandbox::User "root";' >>"$apt/apt.conf"
}

# read_lists: one line that tells apart a network, a repository and a signature that is not right.
read_lists()
{
	say INDEX "asking the Debian mirror for its signed package lists"
	status=0
	apt-get update -qq >"$apt/errors" 2>&1 || status=$?
	# A list that could not be had is only a warning to apt; other warnings are not failures.
	grep '^E: \|^W: .*\(Failed to fetch\|Some index files\|GPG error\|NO_PUBKEY\|signature verification\)' \
		"$apt/errors" >"$apt/reasons" || [ "$status" -ne 0 ] || return 0
	reason=$(sed -n '/^[EW]: /{s/^...//;p;q;}' "$apt/reasons" | sed 's#//[^/@ ]*@#//#
		s/^Failed to fetch [^ ]* *//; s/ *\[IP: [^]]*\]//; s/[.: ]*$//')
	other="give another one with MIRROR="
	if grep -qi 'no space left' "$apt/errors"; then
		die "the disk is full: $reason. Make room in $BUILD and run make again"
	elif grep -q 'GPG error\|NO_PUBKEY\|BADSIG\|is not signed\|signature' "$apt/reasons"; then
		reason=$(sed -n '/GPG error\|NO_PUBKEY\|BADSIG\|signature/{s/^...//;s/[. ]*$//;s/   */ /g;p;q;}' "$apt/reasons")
		die "the package lists of $main are not signed by Debian's archive key, so nothing was taken from it: \
${reason:-no signature}. Is the clock right ($(date -u +%F))? Else $other"
	elif grep -qi 'hash sum mismatch\|unexpected size' "$apt/reasons"; then
		die "the package lists of $main do not match their signed checksums: the mirror is damaged or being \
updated. Run make again, or $other"
	elif grep -q ' 404 \|does not have a Release file' "$apt/reasons"; then
		die "$main is not a mirror of Debian $SUITE (or $security of its security updates): $other"
	fi
	die "cannot read the Debian mirror $main: $reason. Check the network, or $other"
}
