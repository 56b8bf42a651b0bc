#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The build's faults: each gives one clear line, a status that is not zero, and a next run that works.
# Usage: run.sh [NAME...], on the host (its apt is what is tested), after `make testroot`: Python and the
# mirror of mirror.py run in the test root. Refusals are real ones; what a machine cannot stage is skipped.
# Results: build/tests/faults.txt, one `passed|failed|skipped NAME SECONDS REASON` a line.
set -u
LC_ALL=C
export LC_ALL
umask 022
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY MIRROR SECURITY_MIRROR MANIFEST MAKEFLAGS MAKELEVEL MFLAGS BUILD

top=$(pwd)
here=$top/tests/faults
work=$top/build/tests/faults
results=$top/build/tests/faults.txt
test=run

# --- what the tests are written with ---

fail()
{
	echo "$*" >"$work/$test.why"
	exit 1
}

skip()
{
	echo "$*" >"$work/$test.why"
	exit 77
}

# tree: a copy of the build's own files with a few tiny packages, and an empty cache.
tree()
{
	t=$work/$test
	url=$server/$test/debian
	mkdir -p "$t/iso" "$t/dom0-rootfs" "$t/configs/keys" "$t/.cache"
	cp "$top/Makefile" "$t/"
	cp -r "$top/iso/buildroot" "$t/iso/"
	cp "$top/configs/build.conf" "$t/configs/"
	cp "$work/key.asc" "$t/configs/keys/"
	: >"$t/dom0-rootfs/firmware.list"
	: >"$t/dom0-rootfs/firmware-all.list"
	cat >"$t/iso/buildroot/packages" <<-END
		[build]
		base-files
		filler-1
		filler-2
		filler-3
		filler-4
		[image]
		linux-image-amd64
		[test]
		probe
		[source]
		busybox
	END
	cat >"$t/apt.conf" <<-END
		Acquire::http::Timeout "2";
		Acquire::http::Proxy "DIRECT";
	END
	mode ok
	cd "$t" || exit 1
}

# resolved: a tree that has its manifest already.
resolved()
{
	tree
	mkdir -p build
	cp "$work/manifest" build/manifest
}

mode()
{
	echo "$*" >"$work/$test.mode"
}

# built PROGRAM...: make in the tree, as a user would run it; messages in out and err.
built()
{
	env APT_CONFIG="$t/apt.conf" XDG_CACHE_HOME="$t/.cache" DOMUS_OWN_KEYS="${own_keys-1}" DOMUS_INDEX_MIB=1 \
		"$@" >"$t/out" 2>"$t/err" </dev/null
}

make_root()
{
	built make root MIRROR="$url" "$@"
}

# refused TEXT: the last make failed with one line of ours, which has this text.
refused()
{
	[ "$status" -ne 0 ] || fail "it succeeded, but '$1' was expected"
	lines=$(grep -vc '^make\|^$' "$t/err")
	[ "$lines" -eq 1 ] || fail "expected one line, not $lines: $(grep -v '^make' "$t/err" | head -n 3 | tr '\n' '|')"
	grep -v '^make' "$t/err" | grep -qE -- "$1" || fail "expected '$1', not: $(grep -v '^make' "$t/err")"
	grep -v '^make' "$t/err" >"$work/$test.line"
}

# works: the next run makes whole roots.
works()
{
	mode ok
	make_root "$@" || fail "the next run failed: $(grep -v '^make' "$t/err" | head -n 1)"
	whole
}

whole()
{
	[ "$(cat "$t/build/root/usr/bin/marker")" = whole ] || fail "the root is not whole"
	[ "$(find "$t/build/root/usr/share" -type f | wc -l)" -eq 600 ] || fail "the root lacks files"
	[ -e "$t/build/image/boot/vmlinuz" ] || fail "the image's files are missing"
	[ "$(cat "$t/build/sources/busybox/main.c")" = "int main;" ] || fail "the sources are missing"
	for left in "$t"/build/*.new "$t"/build/*.work; do
		[ ! -e "$left" ] || fail "$left is left over"
	done
}

# no_results: nothing half made has the name of a result.
no_results()
{
	for result in root.stamp root sources.stamp; do
		[ ! -e "$t/build/$result" ] || fail "build/$result exists after a failure"
	done
}

# in_namespace SCRIPT: as root of a new user and mount namespace, where mounts are ours to make.
in_namespace()
{
	unshare --user --map-root-user --mount true 2>/dev/null || skip "this host has no user namespaces with mounts"
	unshare --user --map-root-user --mount sh -eu -c "$1"
}

# with_mounts SCRIPT: root will do without a user namespace.
with_mounts()
{
	if [ "$(id -u)" -eq 0 ] && unshare --mount true 2>/dev/null; then
		unshare --mount sh -eu -c "$1"
	else
		in_namespace "$1"
	fi
}

# until_exists FILE PID
until_exists()
{
	while [ ! -e "$1" ]; do
		kill -0 "$2" 2>/dev/null || fail "make ended before $1 appeared"
	done
}

enter="sh iso/buildroot/enter.sh $top/build/testroot"

# --- mirrors ---

test_no_mirror()
{
	tree
	mkdir -p other/apt.conf.d other/sources.list.d other/preferences.d
	echo "deb http://archive.example/ubuntu noble main" >other/sources.list
	echo "deb [trusted=yes] http://download.example/linux/debian trixie stable" >>other/sources.list
	with_mounts "mount --bind other /etc/apt; APT_CONFIG= XDG_CACHE_HOME=$t/.cache make root" >out 2>err </dev/null
	status=$?
	[ ! -e "$work/$test.why" ] || exit 77
	refused 'has no Debian mirror: give one, as in make MIRROR='
	works
}

test_mirror_unreachable()
{
	tree
	built make root MIRROR=http://127.0.0.1:1/debian
	status=$?
	refused "cannot read the Debian mirror http://127.0.0.1:1/debian: .*connect"
	no_results
	works
}

test_mirror_of_something_else()
{
	tree
	built make root MIRROR="${url%/debian}/ubuntu"
	status=$?
	refused "is not a mirror of Debian trixie"
	works
}

test_mirror_cuts_lists()
{
	tree
	mode cut Packages
	make_root
	status=$?
	refused "cannot read the Debian mirror"
	no_results
	works
}

test_mirror_cuts_package()
{
	resolved
	mode cut filler-2
	make_root
	status=$?
	refused "filler-2.*could not be downloaded"
	no_results
	works
}

test_mirror_stalls()
{
	resolved
	mode stall filler-2
	make_root
	status=$?
	refused "filler-2.*could not be downloaded.*([Tt]imed out|[Tt]imeout)"
	no_results
	works
}

test_bad_signature()
{
	tree
	mode tamper InRelease
	make_root
	status=$?
	refused "not signed by Debian's archive key"
	no_results
	works
}

test_unknown_key()
{
	tree
	cp "$top"/configs/keys/*.asc configs/keys/
	rm configs/keys/key.asc
	make_root
	status=$?
	refused "not signed by Debian's archive key"
	cp "$work/key.asc" configs/keys/
	works
}

test_tampered_lists()
{
	tree
	mode tamper Packages
	make_root
	status=$?
	refused "do not match their signed checksums"
	no_results
	works
}

test_tampered_package()
{
	resolved
	mode tamper filler-3
	make_root
	status=$?
	refused "filler-3.*checksum differs"
	no_results
	works
}

test_tampered_cache()
{
	resolved
	works
	file=$(echo .cache/domus/packages/*-filler-3_*)
	size=$(wc -c <"$file")
	{ head -c $((size - 1)) "$file"; printf X; } >file.new
	mv file.new "$file"
	rm build/root.stamp
	: >"$work/$test.requests"
	works
	[ "$(grep -c pool "$work/$test.requests")" -eq 1 ] || fail "not just one package was downloaded again"
}

test_package_unknown()
{
	tree
	printf '[test]\nno-such-a\nno-such-b\n' >>iso/buildroot/packages
	make_root
	status=$?
	refused "no package named: no-such-a no-such-b"
	sed -i '/no-such/d' iso/buildroot/packages
	works
}

test_host_proxy()
{
	tree
	echo "Acquire::http::Proxy \"$server/\";" >apt.conf
	: >"$work/$test.requests"
	built make root MIRROR="http://mirror.invalid/$test/debian"
	status=$?
	[ "$status" -eq 0 ] || fail "$(head -n 1 err)"
	whole
	grep -q '^http://mirror.invalid/.*InRelease' "$work/$test.requests" || fail "the proxy saw no request for the lists"
	grep -q '^http://mirror.invalid/.*deb' "$work/$test.requests" || fail "the proxy saw no request for packages"
}

# --- manifests ---

test_manifest_gone()
{
	resolved
	none=0000000000000000000000000000000000000000000000000000000000000000
	sed "/ filler-[13] /{s/ 1\.0 [0-9a-f]* / 0.9 $none /;s/_1\.0_/_0.9_/;}" build/manifest >old
	make_root MANIFEST=old
	status=$?
	refused "2 packages .filler-1_0.9_amd64.deb filler-3_0.9_amd64.deb.*no longer has them"
	no_results
	works MANIFEST="$work/manifest"
}

test_manifest_damaged()
{
	resolved
	sed '8s/ [0-9a-f]* / beef /3' build/manifest | sed '8s#pool/#../../#' >bad
	make_root MANIFEST=bad
	status=$?
	refused "^domus: bad:8: error: "
	cmp -s build/manifest "$work/manifest" || fail "the good manifest is gone"
	make_root MANIFEST=none
	status=$?
	refused "MANIFEST=none: there is no such file"
	works
}

test_offline()
{
	resolved
	works
	rm -r build
	built make root MIRROR=http://127.0.0.1:1/debian MANIFEST="$work/manifest"
	status=$?
	[ "$status" -eq 0 ] || fail "no network, cache full: $(head -n 1 err)"
	whole
	built make update MIRROR=http://127.0.0.1:1/debian
	status=$?
	refused "cannot read the Debian mirror"
	cmp -s build/manifest "$work/manifest" || fail "a failed update took the manifest away"
}

# --- disks ---

test_disk_full_cache()
{
	resolved
	with_mounts "mount -t tmpfs -o size=1m tmpfs .cache; env APT_CONFIG=$t/apt.conf XDG_CACHE_HOME=$t/.cache \
		make root MIRROR=$url" >out 2>err </dev/null
	status=$?
	[ ! -e "$work/$test.why" ] || exit 77
	refused "downloading .* needs [0-9]+ MiB in .*, which has [0-9]+ MiB left"
	no_results
	works
}

test_disk_full_build()
{
	resolved
	works
	rm -r build/root build/image build/*.stamp
	with_mounts "cp -a build/. mnt.keep; mount -t tmpfs -o size=4m tmpfs build; cp -a mnt.keep/. build; \
		env APT_CONFIG=$t/apt.conf XDG_CACHE_HOME=$t/.cache make root MIRROR=$url" >out 2>err </dev/null
	status=$?
	[ ! -e "$work/$test.why" ] || exit 77
	refused "unpacking .* needs [0-9]+ MiB in .*, which has [0-9]+ MiB left"
	no_results
	works
}

# Megabytes are left, but no inodes: df does not see it coming, tar does.
test_disk_full_midway()
{
	resolved
	works
	rm -r build/root build/image build/*.stamp
	with_mounts "cp -a build/. keep; mount -t tmpfs -o size=200m,nr_inodes=250 tmpfs build; cp -a keep/. build; \
		env APT_CONFIG=$t/apt.conf XDG_CACHE_HOME=$t/.cache make root MIRROR=$url || s=\$?; \
		ls build >left; exit \${s:-0}" >out 2>err </dev/null
	status=$?
	[ ! -e "$work/$test.why" ] || exit 77
	refused "cannot unpack filler.*No space left on device"
	! grep -q 'root' left || fail "the half-made root still fills the disk"
	no_results
	works
}

# --- interruptions ---

# start: make in a process group of its own.
start()
{
	env APT_CONFIG="$t/apt.conf" XDG_CACHE_HOME="$t/.cache" DOMUS_OWN_KEYS=1 DOMUS_INDEX_MIB=1 \
		setsid env --default-signal=INT make root MIRROR="$url" >out 2>err </dev/null &
	pid=$!
}

test_killed_in_download()
{
	resolved
	rm -f "$work/$test.stalled"
	mode stall filler-2
	start
	until_exists "$work/$test.stalled" "$pid"
	kill -KILL "-$pid"
	wait "$pid" 2>/dev/null
	no_results
	works
}

test_killed_in_unpack()
{
	resolved
	start
	until_exists build/root.new/usr/share "$pid"
	kill -KILL "-$pid"
	wait "$pid" 2>/dev/null
	no_results
	[ -e build/root.new ] || fail "the kill came too late"
	works
}

test_interrupted_in_unpack()
{
	resolved
	start
	until_exists build/root.new/usr/share "$pid"
	kill -INT "-$pid"
	wait "$pid" 2>/dev/null && fail "make took no notice of Ctrl-C"
	no_results
	[ ! -e build/root.new ] || fail "the half-made root is left over"
	works
}

test_terminated_inside()
{
	resolved
	$enter sh -c 'echo started >/src/started; sleep 1000; echo survived >/src/survived' 2>err &
	pid=$!
	until_exists started "$pid"
	kill -TERM "$pid"
	wait "$pid"
	[ $? -eq 143 ] || fail "the program in the build root did not get SIGTERM"
	[ ! -e survived ] || fail "the program in the build root went on"
}

test_leftovers()
{
	resolved
	mkdir -p build/root.new/usr/bin build/image.new/closed build/sources.new
	echo half >build/root.new/usr/bin/half
	chmod 000 build/image.new/closed
	works
	[ ! -e build/root/usr/bin/half ] || fail "half-made files are in the root"
}

# --- hosts ---

# Root of a namespace in which no more of them may be made, without privileges there.
test_namespaces_forbidden()
{
	resolved
	in_namespace "echo 0 >/proc/sys/user/max_user_namespaces; \
		exec setpriv --inh-caps=-all --bounding-set=-all $enter true" >out 2>err
	status=$?
	[ ! -e "$work/$test.why" ] || exit 77
	refused "forbids user namespaces.*sysctl -w user.max_user_namespaces="
	$enter true 2>err || fail "the next run failed: $(cat err)"
}

test_mounts_refused()
{
	resolved
	mkdir -p inner/tmp
	"$top/build/run" python3 "$here/refuse.py" mount,open_tree,move_mount,fsopen \
		sh iso/buildroot/enter.sh "$t/inner" true >out 2>err
	status=$?
	refused "grants namespaces but refuses mounts in them"
	$enter true 2>err || fail "the next run failed: $(cat err)"
}

# No namespaces and no device nodes either: nothing is left to fall back on.
test_container_root_forbidden()
{
	resolved
	in_namespace "echo 0 >/proc/sys/user/max_user_namespaces; \
		exec setpriv --inh-caps=-sys_admin --bounding-set=-sys_admin $enter true" >out 2>err
	status=$?
	[ ! -e "$work/$test.why" ] || exit 77
	refused "forbids user namespaces"
	$enter true 2>err || fail "the next run failed: $(cat err)"
}

# As docker runs a container: root without CAP_SYS_ADMIN, unshare(2) refused, chroot(2) and mknod(2) granted.
test_container_root()
{
	[ "$(id -u)" -eq 0 ] || skip "only root can be root in a container"
	cp -a /dev/null "$work/null" 2>/dev/null || skip "this root may not make device nodes"
	rm -f "$work/null"
	resolved
	small=build/root
	mkdir -p $small/usr/bin $small/usr/lib64 $small/usr/lib/x86_64-linux-gnu $small/tmp $small/src
	ln -s usr/bin usr/lib usr/lib64 $small/
	(cd "$top/build/testroot/usr" && cp -a bin/sh bin/dash bin/env bin/cat lib64/ld-linux-x86-64.so.2 "$t/$small/usr/bin/" &&
		cp -aL lib64/ld-linux-x86-64.so.2 "$t/$small/usr/lib64/" && cp -aL lib/x86_64-linux-gnu/libc.so.6 \
		"$t/$small/usr/lib/x86_64-linux-gnu/")
	echo before >build/kept
	# shellcheck disable=SC2016 # expanded inside
	"$top/build/run" python3 "$here/refuse.py" unshare setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin \
		sh iso/buildroot/enter.sh "$t/$small" sh -c 'cat Makefile >build/result; cat build/kept >>build/result; exit 7' \
		>out 2>err
	status=$?
	[ "$status" -eq 7 ] || fail "status $status in the chroot: $(cat err)"
	grep -q "no namespaces with mounts here" err || fail "nothing says that this is a chroot: $(cat err)"
	{ cat Makefile; echo before; } | cmp -s - build/result || fail "the result did not come back"
	[ "$(cat build/kept)" = before ] || fail "a file of build/ is gone"
}

# links LEAVE: a folder of links to the host's programs, without those that match LEAVE.
links()
{
	mkdir -p bin
	for file in /sbin/* /usr/sbin/* /bin/* /usr/bin/*; do
		echo "$file"
	done | xargs ln -sf -t bin
	(cd bin && find . -name "$1" -delete)
}

test_not_debian()
{
	tree
	links 'apt*'
	rm -f bin/dpkg*
	built env PATH="$t/bin" make root MIRROR="$url"
	status=$?
	refused "this host lacks: apt-get apt-cache apt-config dpkg dpkg-deb"
	works
}

test_old_tools()
{
	tree
	mkdir bin
	printf '#!/bin/sh\necho "apt 1.4.11 (amd64)"\n' >bin/apt-get
	chmod +x bin/apt-get
	built env PATH="$t/bin:$PATH" make root MIRROR="$url"
	status=$?
	refused "apt 1.4.11 is too old: 1.6 or newer"
	works
}

test_no_keyring()
{
	tree
	with_mounts "mount -t tmpfs tmpfs /usr/share/keyrings; env APT_CONFIG=$t/apt.conf XDG_CACHE_HOME=$t/.cache \
		DOMUS_INDEX_MIB=1 make root MIRROR=$url" >out 2>err </dev/null
	status=$?
	[ ! -e "$work/$test.why" ] || exit 77
	[ "$status" -eq 0 ] || fail "$(head -n 1 err)"
	grep -q "using configs/keys" out || fail "nothing says which keys were used"
	whole
}

test_ordinary_user()
{
	[ "$(id -u)" -eq 0 ] || skip "every test ran as an ordinary user"
	tree
	setpriv --reuid=65534 --regid=65534 --clear-groups test -r "$t/Makefile" ||
		skip "another user cannot read $top"
	chown -R 65534:65534 "$t"
	as="setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all"
	# shellcheck disable=SC2086 # word list
	built env HOME="$t" $as make root MIRROR="$url"
	status=$?
	[ "$status" -eq 0 ] || fail "$(head -n 1 err)"
	whole
	# shellcheck disable=SC2086
	$as unshare --user --map-root-user --mount true 2>/dev/null || skip "built; but user namespaces are root's only"
	cp -a "$top/build/testroot/tmp" "$t/probe" 2>/dev/null
	# shellcheck disable=SC2086
	$as $enter test -e /src/Makefile 2>err || fail "$(cat err)"
}

test_path_with_space()
{
	resolved
	mkdir "a b"
	cp -r Makefile iso configs dom0-rootfs "a b/"
	built make -C "a b" root
	status=$?
	grep -q "domus: make cannot build in a folder whose path has a space in it" err || fail "$(head -n 1 err)"
	[ "$status" -ne 0 ] || fail "it succeeded"
}

# --- configs/build.conf ---

# shellcheck disable=SC2016 # our own quotes
test_unknown_word()
{
	resolved
	echo 'firmwear = all' >configs/build.conf
	make_root
	status=$?
	refused '^domus: configs/build.conf:1: error: unknown word `firmwear`'
	no_results
	printf '# fine\n\nxen = sauce\n' >configs/build.conf
	make_root
	status=$?
	refused '^domus: configs/build.conf:3: error: `xen` is one of: package source \(not `sauce`\)'
	make_root firmware=some
	cp "$top/configs/build.conf" configs/
	make_root firmware=some
	status=$?
	refused '^domus: command line: error: `firmware` is one of'
	works
}

# --- the run ---

# one TEST: its result in TEST.result; `server` is the mirror's address.
one()
{
	test=$1
	begin=$(date +%s)
	if [ -n "$without" ]; then
		status=77
		echo "$without" >"$work/$test.why"
	else
		(t='' status='' && "$test")
		status=$?
	fi
	time=$(($(date +%s) - begin))
	why=$(cat "$work/$test.why" 2>/dev/null)
	case $status in
	0)
		word=passed
		echo "ok $test ($time s)"
		;;
	77)
		word=skipped
		echo "skipped $test: $why"
		;;
	*)
		word=failed
		echo "FAILED $test: ${why:-status $status}   again: KEEP=1 sh tests/faults/run.sh $test"
		;;
	esac
	echo "$word $test $time $why" >"$work/$test.result"
}

finish()
{
	[ -z "${mirror:-}" ] || { kill "$mirror" && wait "$mirror"; } 2>/dev/null
	[ -n "${KEEP:-}" ] || {
		chmod -R u+rwX "$work" 2>/dev/null
		rm -rf "$work"
	}
}

without=
for tool in apt-get dpkg-deb make unshare setpriv; do
	command -v "$tool" >/dev/null || without="no $tool here: these tests run on the host"
done
[ -n "$without" ] || unshare --mount true 2>/dev/null || unshare --user --map-root-user --mount true 2>/dev/null ||
	without="no namespaces here, which the mirror's own test root needs"
[ -n "$without" ] || [ -x "$top/build/run" ] || without="no test root: make testroot"

if [ "${1:-}" = --one ]; then
	one "$2"
	exit 0
fi

names=$(sed -n 's/^\(test_[a-z_]*\)()$/\1/p' "$here/run.sh")
if [ $# -gt 0 ]; then
	chosen=
	for name; do
		for known in $names; do
			case $known in *"$name"*) chosen="$chosen $known" ;; esac
		done
	done
	names=$chosen
fi
chmod -R u+rwX "$work" 2>/dev/null
rm -rf "$work"
mkdir -p "$work" || exit 1
chmod 755 "$work"
trap finish EXIT
trap 'exit 130' INT TERM
server=
if [ -z "$without" ]; then
	"$top/build/run" python3 "$here/mirror.py" make "$work" || exit 1
	"$top/build/run" python3 "$here/mirror.py" serve "$work" 2>"$work/server.log" &
	mirror=$!
	until_exists "$work/port" "$mirror"
	server=http://127.0.0.1:$(cat "$work/port")
	# Resolved once: most tests are about what comes after.
	(test=first && tree && built make build/manifest MIRROR="$url" && cp build/manifest "$work/manifest") || {
		cat "$work/first/err" >&2
		exit 1
	}
fi
export server

# They wait more than they work: for time limits, for apt's pauses between tries.
for name in $names; do
	echo "$name"
done | xargs -P 4 -n 1 sh "$here/run.sh" --one
for name in $names; do
	cat "$work/$name.result" 2>/dev/null || echo "failed $name 0 it did not end"
done >"$results.new"
mv "$results.new" "$results"
[ -z "${LINES_TO:-}" ] || cat "$work"/*.line >"$LINES_TO"
! grep -q '^failed' "$results"
