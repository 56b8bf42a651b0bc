#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Writes the list of the image's packages as SPDX 2.3 JSON: those of the manifest that have a file in the
# layers, the initramfs or the boot files, and our own programs. Which package a file came from is what
# unpack.sh wrote down. Usage: sbom.sh ISO EPOCH OUTPUT; environment: B VERSION XEN FIRMWARE KERNEL
set -eu

iso=$1
epoch=$2
out=$3
work=$out.dir
rm -rf "$work"
mkdir -p "$work"

# What lies in the image: WHERE PATH. Links are left out, they point to files that are there as well.
for tree in "$B"/layers/*/ "$B"/initramfs/; do
	where=$(basename "$tree")
	(cd "$tree" && find . -type f) | sed "s#^\./#$where #" | LC_ALL=C sort
done >"$work/there"

# What is built from packages, or renamed: WHERE PACKAGE.
{
	case $XEN in
	source) echo "boot xen-src" ;;
	*) echo "boot $(awk '$2 ~ /^xen-hypervisor-/ { print $2; exit }' "$B/manifest")" ;;
	esac
	echo "boot linux-image-$KERNEL"
	for name in grub-pc-bin grub-efi-amd64-bin grub-efi-amd64-signed shim-signed shim-unsigned memtest86+; do
		echo "boot $name"
	done
	[ "$FIRMWARE" = none ] || printf 'boot intel-microcode\nboot amd64-microcode\n'
	echo "base busybox-src"
	echo "initramfs busybox-src"
	echo "base ca-certificates"
	echo "domus console-data"
	# linked into busybox and early
	echo "base musl-dev"
	echo "initramfs musl-dev"
} >"$work/made"

for dir in "$B/root/var/lib/domus/files" "$B/image/var/lib/domus/files"; do
	for list in "$dir"/*; do
		sed "s#^#${list##*/} #" "$list"
	done
done >"$work/owners"

digest=$(sha256sum <"$iso" | cut -d ' ' -f 1)
awk -v work="$work" -v version="$VERSION" -v digest="$digest" -v iso="$(basename "$iso")" \
	-v date="$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)" '
	function id(name) { gsub(/\+/, "p", name); gsub(/[^A-Za-z0-9.-]/, "-", name); return "SPDXRef-" name }
	function url(s) { gsub(/%/, "%25", s); gsub(/\+/, "%2B", s); return s }
	function note(name, where) {
		if (!index(" " places[name] " ", " " where " ")) places[name] = places[name] (places[name] == "" ? "" : " ") where
	}
	function package(ref, name, vers, file, sum, supplier, license, info, purl, comment) {
		printf "%s\n    {\n      \"SPDXID\": \"%s\",\n      \"name\": \"%s\",\n      \"versionInfo\": \"%s\",\n", \
			packages++ ? "," : "", ref, name, vers
		if (file != "") printf "      \"packageFileName\": \"%s\",\n", file
		printf "      \"supplier\": \"%s\",\n      \"downloadLocation\": \"NOASSERTION\",\n      \"filesAnalyzed\": false,\n", supplier
		if (sum != "") printf "      \"checksums\": [{ \"algorithm\": \"SHA256\", \"checksumValue\": \"%s\" }],\n", sum
		if (info != "") printf "      \"sourceInfo\": \"%s\",\n", info
		if (purl != "") printf "      \"externalRefs\": [{ \"referenceCategory\": \"PACKAGE-MANAGER\", " \
			"\"referenceType\": \"purl\", \"referenceLocator\": \"%s\" }],\n", purl
		printf "      \"licenseConcluded\": \"NOASSERTION\",\n      \"licenseDeclared\": \"%s\",\n", license
		printf "      \"copyrightText\": \"NOASSERTION\",\n      \"comment\": \"%s\"\n    }", comment
	}
	function relation(from, kind, to) {
		relations = relations sprintf("%s\n    { \"spdxElementId\": \"%s\", \"relationshipType\": \"%s\", \"relatedSpdxElement\": \"%s\" }", \
			relations == "" ? "" : ",", from, kind, to)
	}
	# The layer domus holds our files only, also where a package has one of that name.
	FILENAME ~ /there$/ && $1 == "domus" { if (sub(/^usr\/sbin\//, "", $2)) own[++ours] = $2; next }
	FILENAME ~ /there$/ { path = $0; sub(/^[^ ]* /, "", path); there[path] = there[path] " " $1; next }
	FILENAME ~ /made$/ { note($2, $1); next }
	FILENAME ~ /owners$/ {
		path = $0; sub(/^[^ ]* \.\//, "", path)
		if (path ~ /^(bin|sbin|lib|lib64)\//) path = "usr/" path
		sub(/\.ko\.xz$/, ".ko", path)
		if (path in there) { n = split(there[path], w, " "); for (i = 1; i <= n; i++) note($1, w[i]) }
		# the initramfs has no usr/ above its modules
		else if (path ~ /^usr\/lib\/modules\// && substr(path, 5) in there) note($1, "initramfs")
		next
	}
	/^#/ || !($2 in places) { next }
	# A source package has several files: the one named after the Debian version stands for all.
	$2 ~ /-src$/ && $7 !~ /\.debian\.tar\.[a-z0-9]+$/ { next }
	!($2 in line) { line[$2] = $0; order[++count] = $2 }
	END {
		for (name in places) if (!(name in line)) {
			printf "sbom: %s is in the image, but not in the manifest\n", name >"/dev/stderr"
			bad = 1
		}
		if (bad) exit 1
		# by name, so that the order of the manifest does not matter
		for (i = 2; i <= count; i++) {
			name = order[i]
			for (j = i - 1; j > 0 && order[j] > name; j--) order[j + 1] = order[j]
			order[j + 1] = name
		}
		printf "{\n  \"spdxVersion\": \"SPDX-2.3\",\n  \"dataLicense\": \"CC0-1.0\",\n  \"SPDXID\": \"SPDXRef-DOCUMENT\",\n"
		printf "  \"name\": \"domus-%s\",\n", version
		printf "  \"documentNamespace\": \"https://spdx.org/spdxdocs/domus-%s-%s\",\n", version, digest
		printf "  \"creationInfo\": { \"created\": \"%s\", \"creators\": [\"Organization: Domus\", \"Tool: domus-sbom-%s\"] },\n", date, version
		printf "  \"packages\": ["
		package("SPDXRef-Image", "domus", version, iso, digest, "Organization: Domus", "NOASSERTION", "", "", \
			"the whole medium")
		relation("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-Image")
		own[0] = "domus-early"
		for (i = 0; i <= ours; i++) {
			package(id(own[i]), own[i], version, "", "", "Organization: Domus", "GPL-2.0-or-later", "", "", \
				"in: " (i == 0 ? "initramfs" : "domus"))
			relation("SPDXRef-Image", "CONTAINS", id(own[i]))
		}
		for (i = 1; i <= count; i++) {
			name = order[i]
			split(line[name], field, " ")
			n = split(field[7], part, "/")
			is_source = name ~ /-src$/
			upstream = part[n - 1]
			plain = name; sub(/-src$/, "", plain)
			places_text = places[name]; gsub(/ /, ", ", places_text)
			package(id(name), plain, field[3], part[n], field[4], "Organization: Debian", "NOASSERTION", \
				is_source ? "built from this source package" : "Debian source package: " upstream, \
				"pkg:deb/debian/" url(plain) "@" url(field[3]) "?arch=" (is_source ? "source" : part[n] ~ /_all\.deb$/ ? "all" : "amd64") \
				"&distro=debian-13" (is_source || upstream == plain ? "" : "&upstream=" url(upstream)), "in: " places_text)
			relation("SPDXRef-Image", "CONTAINS", id(name))
		}
		relation(id("domus-early"), "STATIC_LINK", id("musl-dev"))
		relation(id("busybox-src"), "STATIC_LINK", id("musl-dev"))
		printf "\n  ],\n  \"relationships\": [%s\n  ]\n}\n", relations
	}' "$work/there" "$work/made" "$work/owners" "$B/manifest" >"$out.new"
rm -rf "$work"
mv "$out.new" "$out"
