#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Resolves the package sets once and freezes them in build/manifest; MANIFEST=file takes that one instead.
# Usage: resolve.sh [OUTPUT]; environment: MIRROR, SECURITY_MIRROR, MANIFEST.
# Manifest lines: SET NAME VERSION SHA256 SIZE ARCHIVE(main|security) PATH

. iso/buildroot/common.sh

out=${1:-$BUILD/manifest}
apt=$BUILD/apt

# A manifest from elsewhere: its words become file names, so they are checked. An equal one is left alone.
take_manifest()
{
	[ -f "$MANIFEST" ] || die "MANIFEST=$MANIFEST: there is no such file"
	[ -r "$MANIFEST" ] || die "MANIFEST=$MANIFEST: it is not readable"
	awk -v file="$MANIFEST" '
		function fail(text) { if (!bad++) print "domus: " file ":" FNR ": error: " text >"/dev/stderr" }
		/^# (epoch|mirror|kernel): [^ ]/ { have[substr($2, 1, length($2) - 1)] = 1 }
		/^#/ { next }
		NF != 7 { fail("expected seven words: SET NAME VERSION SHA256 SIZE ARCHIVE PATH"); next }
		$1 !~ /^(build|image|source|source-xen|test)$/ { fail("unknown set `" $1 "`"); next }
		$2 !~ /^[a-z0-9][a-z0-9+.-]*$/ { fail("`" $2 "` is not the name of a package"); next }
		length($4) != 64 || $4 ~ /[^0-9a-f]/ { fail("`" $4 "` is not a SHA-256"); next }
		$5 !~ /^[0-9]+$/ { fail("`" $5 "` is not a size"); next }
		$6 !~ /^(main|security)$/ { fail("unknown archive `" $6 "`"); next }
		$7 !~ /^pool\/[A-Za-z0-9_+.~%:\/-]+$/ || $7 ~ /\.\./ { fail("`" $7 "` is not a path in an archive"); next }
		{ n++ }
		END {
			if (bad) exit 1
			for (w = split("epoch mirror kernel", word, " "); w; w--)
				if (!(word[w] in have)) { fail("the line `# " word[w] ": ...` is missing"); exit 1 }
			if (!n) { fail("no packages in it"); exit 1 }
		}' "$MANIFEST" || exit 1
	if ! cmp -s "$MANIFEST" "$out"; then
		cp "$MANIFEST" "$out.new"
		mv "$out.new" "$out"
	fi
	say MANIFEST "$(grep -c '^[^#]' "$out") packages, as in $MANIFEST"
}

# The mirror: MIRROR=, else the host's own if it is Debian's. What apt knows of an archive's origin is in
# its lists; where these are not there yet (containers), a Debian suite and its folder's name have to do.
# shellcheck disable=SC2016 # apt's own format
find_mirror()
{
	if [ -n "${MIRROR:-}" ]; then
		archives_of "$MIRROR"
		return
	fi
	targets=$({
		apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT) o=$(ORIGIN)' "Created-By: Packages"
		apt-get indextargets --no-release-info --format '$(REPO_URI) $(RELEASE) $(COMPONENT) o=' \
			"Created-By: Packages"
	} 2>/dev/null | awk '$3 == "main" && ($4 == "o=Debian" || $4 == "o=" &&
		$2 ~ /^(buster|bullseye|bookworm|trixie|forky|sid|(old)*stable|testing|unstable)([-\/]|$)/)') || targets=
	main=$(printf '%s\n' "$targets" | sed -n 's#^\([^ ]*/debian\)/\{0,1\} .*#\1#p' | head -n 1)
	[ -n "$main" ] || die "this host's apt has no Debian mirror: give one, as in \
make MIRROR=http://MIRROR.EXAMPLE/debian"
	archives_of "$main"
	[ -n "${SECURITY_MIRROR:-}" ] || {
		own=$(printf '%s\n' "$targets" | sed -n 's#^\([^ ]*/debian-security\)/\{0,1\} .*#\1#p' | head -n 1)
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

# packages_of SET: the names in iso/buildroot/packages under [SET].
packages_of()
{
	awk -v set="[$1]" '/^\[/ { on = $1 == set; next } on && NF && !/^#/ { print $1 }' "$HERE/packages"
}

# describe SET: reads names, or name=version, writes manifest lines.
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

# closure SET PACKAGE...: these and all they depend on.
closure()
{
	set=$1
	shift
	apt-get -s -qq install "$@" >"$apt/plan" 2>"$apt/errors" ||
		die "cannot resolve the packages of [$set]: $(sed -n 's/^ \([^ ].*\)/\1/p; s/^E: //p' \
			"$apt/plan" "$apt/errors" | head -n 1)"
	sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*/\1=\2/p' "$apt/plan" | sed 's/:amd64=/=/' | describe "$set"
}

# Sources come from the main archive only: their checksums are in its signed index.
sources()
{
	for source in $(packages_of "$1"); do
		apt-get source --only-source --print-uris -qq "$source" 2>"$apt/errors" |
			awk -v set="$1" -v base="$main/" -v name="$source" '{
				gsub(/\047/, "", $1); gsub(/%2b/, "+", $1); gsub(/%7e/, "~", $1)
				path = substr($1, length(base) + 1)
				version = $2; sub(/^[^_]*_/, "", version)
				sub(/^SHA256:/, "", $4)
				print set, name "-src", version, $4, $3, "main", path
			}'
	done
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

mkdir -p "$BUILD" 2>/dev/null || die "cannot create $BUILD: is its parent yours, and is the disk full?"
need_tools
if [ -n "${MANIFEST:-}" ]; then
	take_manifest
	exit 0
fi
lock "$BUILD/lock" "using $BUILD"
find_mirror
need_space "$BUILD" "${DOMUS_INDEX_MIB:-400}" "reading the package lists"
write_config
APT_CONFIG=$apt/apt.conf
export APT_CONFIG
trap 'rm -f "$out.new" "$out.tmp"' EXIT
read_lists

# Names first: what is missing is listed all at once.
packages_of build >"$apt/names.build"
packages_of test >"$apt/names.test"
{ packages_of image; awk '$1 == "package" { print $2 }' dom0-rootfs/firmware.list; } >"$apt/names.image"
missing=$(sort -u "$apt/names.build" "$apt/names.test" "$apt/names.image" >"$apt/names"
	xargs apt-cache policy <"$apt/names" 2>/dev/null | awk -v names="$apt/names" '
		/^[^ ]/ { name = $1; sub(/:$/, "", name) } /^  Candidate: / && $2 != "(none)" { have[name] = 1 }
		END { while ((getline name < names) > 0) if (!(name in have)) printf " %s", name }')
[ -z "$missing" ] || die "the mirror has no package named:$missing (iso/buildroot/packages asks for them)"

kernel=$(apt-cache depends linux-image-amd64 | awk '/Depends: linux-image-/ { print $2; exit }')
[ -n "$kernel" ] || die "the mirror's linux-image-amd64 names no kernel"
epoch=$(awk -F': ' '/^Date: / { print $2; exit }' "$apt"/lists/*_dists_"${SUITE}"-security_*Release)
sed -i "s/^linux-image-amd64\$/$kernel/" "$apt/names.image"

{
	echo "# Packages of this image and of the root it was built in; made by: make update"
	echo "# suite: $SUITE"
	echo "# mirror: $main"
	echo "# security: $security"
	echo "# kernel: ${kernel#linux-image-}"
	echo "# epoch: $(date -u -d "$epoch" +%s)"
} | sed 's#//[^/@ ]*@#//#' >"$out.new"
# shellcheck disable=SC2046 # word lists
{
	closure build $(cat "$apt/names.build")
	describe image <"$apt/names.image"
	sources source
	sources source-xen
	closure test $(cat "$apt/names.build" "$apt/names.test")
} >>"$out.new"

# A package of [build] is not repeated in [test].
awk '/^#/ || !(($2 " " $3) in seen) { print } !/^#/ { seen[$2 " " $3] = 1 }' "$out.new" >"$out.tmp"
for name in $(cat "$apt/names.build" "$apt/names.image" "$apt/names.test") $(packages_of source | sed 's/$/-src/'); do
	awk -v name="$name" '$2 == name { found = 1 } END { exit !found }' "$out.tmp" ||
		die "cannot write the whole manifest ($name is not in it): is the disk full?"
done
mv "$out.tmp" "$out"
say MANIFEST "$(grep -c '^[^#]' "$out") packages frozen in ${out#"$TOP"/}"
