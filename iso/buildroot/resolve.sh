#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Resolves the package sets once and freezes them in build/manifest; MANIFEST=file takes that one instead.
# Usage: resolve.sh [OUTPUT]; environment: MIRROR, SECURITY_MIRROR, MANIFEST.
# Manifest lines: SET NAME VERSION SHA256 SIZE ARCHIVE(main|security) PATH

. iso/buildroot/common.sh
. iso/buildroot/apt.sh

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
		$1 !~ /^(build|xen|image|firmware|source|source-xen|test)$/ { fail("unknown set `" $1 "`"); next }
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
	preferences=/dev/null
	[ ! -e "$apt/preferences.$set" ] || preferences=$apt/preferences.$set
	apt-get install -o Dir::Etc::preferences="$preferences" -qq -y --print-uris "$@" >"$apt/plan.$set" 2>"$apt/errors.$set" ||
		die "cannot resolve the packages of [$set]: $(sed -n 's/^ \([^ ].*\)/\1/p; s/^E: //p' \
			"$apt/plan.$set" "$apt/errors.$set" | head -n 1)"
	sed -n "s/^'[^']*' \([^_]*\)_\([^_]*\)_[^ ]* .*/\1=\2/p" "$apt/plan.$set" | sed 's/%3a/:/' | describe "$set"
}

# fetch_index MAIN|SECURITY-URL SUITE OUTPUT: the list of an archive's source packages, in the form that its signed
# release file names. apt would take ten times as long for the two that we want.
fetch_index()
{
	release=$(find "$apt/lists" -name "*_dists_$2_InRelease" -o -name "*_dists_$2_Release" | head -n 1)
	for form in .xz .gz ''; do
		sum=$(awk -v file="main/source/Sources$form" '/^[A-Z]/ { on = $1 == "SHA256:" } on && $3 == file { print $1; exit }' \
			"$release")
		[ -z "$sum" ] || break
	done
	[ -n "$sum" ] || return 0
	"$APT_HELPER" download-file "$1/dists/$2/main/source/Sources$form" "$3$form" "SHA256:$sum" >"$apt/errors.index" 2>&1 ||
		return 1
	case $form in
	.xz) xz -dc "$3$form" ;;
	.gz) gzip -dc "$3$form" ;;
	*) cat "$3" ;;
	esac
}

# files_of ARCHIVE: reads a list of source packages, writes lines NAME VERSION SHA256 SIZE ARCHIVE PATH for those
# that we want. Without the .dsc: its checksums are in the signed list, and some mirrors lack it.
files_of()
{
	awk -v archive="$1" -v wanted=" $(packages_of source | paste -sd' ') $(packages_of source-xen | paste -sd' ') " '
		/^Package: / { on = index(wanted, " " $2 " "); name = $2; n = sums = 0; dir = "" }
		!on { next }
		/^Version: / { version = $2 }
		/^Directory: / { dir = $2 }
		/^Extra-Source-Only: yes/ { on = 0; next }
		/^[^ ]/ { sums = /^Checksums-Sha256:/; next }
		sums && NF == 3 && $3 !~ /\.dsc$/ { file[++n] = $0 }
		/^$/ { emit() }
		END { emit() }
		function emit(    i, part) {
			if (on) for (i = 1; i <= n; i++) {
				split(file[i], part, " ")
				print name "-src", version, part[1], part[2], archive, dir "/" part[3]
			}
			on = 0
		}'
}

# sources: the manifest lines of [source] and [source-xen]. Security updates come first, where the mirror has their
# sources: not all do.
sources()
{
	fetch_index "$main" "$SUITE" "$apt/Sources" >"$apt/index" ||
		die "cannot read the list of source packages of $main: $(sed -n '/^E: /{s///p;q;}' "$apt/errors.index")"
	files_of main <"$apt/index" >"$apt/sources.main"
	fetch_index "$security" "$SUITE-security" "$apt/Sources.security" | files_of security >"$apt/sources.security"
	for set in source source-xen; do
		for name in $(packages_of "$set" | sed 's/$/-src/'); do
			use=main
			new=$(awk -v name="$name" '$1 == name { print $2; exit }' "$apt/sources.security")
			old=$(awk -v name="$name" '$1 == name { print $2; exit }' "$apt/sources.main")
			if [ -n "$new" ] && dpkg --compare-versions "$new" gt "${old:-0}"; then
				if has_source "$name"; then
					use=security
				elif [ "$set" = source ]; then
					say NOTE "${name%-src} $new, a security update, has no source on this mirror: taking $old" >>"$apt/notes"
				fi
			fi
			awk -v set="$set" -v name="$name" '$1 == name { print set, $0 }' "$apt/sources.$use"
		done
	done
}

# has_source NAME: whether the security archive has what it lists, seen from its smallest file.
has_source()
{
	awk -v name="$1" '$1 == name { print $4, $3, $6 }' "$apt/sources.security" | sort -n | head -n 1 | {
		read -r _ sum path
		"$APT_HELPER" -o Acquire::Retries=0 download-file \
			"$security/$(printf '%s' "$path" | sed 's/+/%2b/g; s/~/%7e/g')" "$apt/probe" "SHA256:$sum" >/dev/null 2>&1
	}
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
trap 'rm -f "$out.tmp"' EXIT
read_lists

# Names first: what is missing is listed all at once.
for set in build xen test image; do
	packages_of "$set" >"$apt/names.$set"
done
awk '$1 == "package" { print $2 }' dom0-rootfs/firmware.list >>"$apt/names.image"
awk '$1 == "package" { print $2 }' dom0-rootfs/firmware-all.list >"$apt/names.firmware"
missing=$(sort -u "$apt"/names.* >"$apt/names"
	xargs apt-cache policy <"$apt/names" 2>/dev/null | awk -v names="$apt/names" '
		/^[^ ]/ { name = $1; sub(/:$/, "", name) } /^  Candidate: / && $2 != "(none)" { have[name] = 1 }
		END { while ((getline name < names) > 0) if (!(name in have)) printf " %s", name }')
[ -z "$missing" ] || die "the mirror has no package named:$missing (iso/buildroot/packages asks for them)"

kernel=$(apt-cache depends linux-image-amd64 | awk '/Depends: linux-image-/ { print $2; exit }')
[ -n "$kernel" ] || die "the mirror's linux-image-amd64 names no kernel"
epoch=$(awk -F': ' '/^Date: / { print $2; exit }' "$apt"/lists/*_dists_"${SUITE}"-security_*Release)
sed -i "s/^linux-image-amd64\$/$kernel/" "$apt/names.image"

# All at once, each into a file of its own; the order in the manifest is fixed.
parts=
part()
{
	name=$1
	shift
	"$@" >"$apt/set.$name" &
	parts="$parts $!"
}
# shellcheck disable=SC2046 # word lists
{
	part test closure test $(cat "$apt/names.build" "$apt/names.test")
	part source sources
	part build closure build $(cat "$apt/names.build")
	part xen closure xen $(cat "$apt/names.build" "$apt/names.xen")
	describe image <"$apt/names.image" >"$apt/set.image"
	describe firmware <"$apt/names.firmware" >"$apt/set.firmware"
}
for part in $parts; do
	wait "$part" || failed=1
done
[ -z "${failed:-}" ] || exit 1

# What lies on top of [build] or [image] does not repeat it.
{
	echo "# Packages of this image and of the root it was built in; made by: make update"
	echo "# suite: $SUITE"
	echo "# mirror: $main"
	echo "# security: $security"
	echo "# kernel: ${kernel#linux-image-}"
	echo "# epoch: $(date -u -d "$epoch" +%s)"
	cd "$apt"
	cat set.build set.image set.firmware set.source set.xen set.test
} | sed '/^#/s#//[^/@ ]*@#//#' | awk '/^#/ { print; next } !(($2 " " $3) in seen) { print }
	$1 == "build" || $1 == "image" { seen[$2 " " $3] = 1 }' >"$out.tmp"
for name in $(cat "$apt/names.build" "$apt/names.image" "$apt/names.test") $(packages_of source | sed 's/$/-src/'); do
	awk -v name="$name" '$2 == name { found = 1 } END { exit !found }' "$out.tmp" ||
		die "cannot write the whole manifest ($name is not in it): is the disk full?"
done
mv "$out.tmp" "$out"
say MANIFEST "$(grep -c '^[^#]' "$out") packages frozen in ${out#"$TOP"/}"
[ ! -e "$apt/notes" ] || cat "$apt/notes"
