#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# line.sh CONNECT: "TCP SSH", both in MiB/s, over a line of 1 Gbit/s between two network namespaces of this machine:
# what a migration's way through SSH costs where the CPU is not an emulated one. With the appliance's SSH programs and
# options. In the build root; needs no privilege.
set -eu

top=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)

size=500 # MiB
[ -n "${inside:-}" ] || exec env inside=1 unshare --net "$0" "$@"

connect=$1
dir=$(mktemp -d -p /root) # no other may write above the keys
other=
pids=
trap 'kill $pids $other 2>/dev/null || :; rm -rf "$dir"' EXIT

unshare --net sleep 600 &
other=$!
until [ "$(readlink /proc/$other/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.1; done
there="nsenter --net=/proc/$other/ns/net" # one process, which the trap reaches
ip link add va type veth peer name vb
ip link set vb netns $other
tc qdisc add dev va root tbf rate 1gbit burst 256k latency 20ms
$there tc qdisc add dev vb root tbf rate 1gbit burst 256k latency 20ms
ip address add 10.77.0.1/24 dev va
$there ip address add 10.77.0.2/24 dev vb
ip link set va up
$there ip link set vb up

mkdir "$dir/keys"
dropbearkey -t ed25519 -f "$dir/server" >/dev/null 2>&1
dropbearkey -t ed25519 -f "$dir/client" 2>/dev/null | grep '^ssh-ed25519 ' >"$dir/keys/authorized_keys"
chmod 700 "$dir" "$dir/keys"
chmod 600 "$dir/keys/authorized_keys"
# A namespace of an ordinary user may not set groups, which the server would do at the log-in, and end.
echo 'int initgroups(void) { return 0; }' |
	gcc -shared -fPIC -nostdlib -x c -o "$dir/groups.so" -
$there env LD_PRELOAD="$dir/groups.so" dropbear -F -E -D "$dir/keys" -r "$dir/server" -p 10.77.0.2:2299 -W 1048576 -K 20 >/dev/null 2>"$dir/log" &
pids="$pids $!"
$there "$top/build/busybox/busybox" nc -l -p 7005 -e /bin/dd of=/dev/null bs=64k >/dev/null 2>&1 &
pids="$pids $!"
sleep 2

zeroes()
{
	dd if=/dev/zero bs=64k count=$((size * 16)) 2>/dev/null
}

# rate COMMAND...: MiB/s of it.
rate()
{
	begin=$(date +%s%N)
	"$@" || {
		cat "$dir/log" >&2
		exit 1
	}
	echo "$begin $(date +%s%N)" | awk -v size=$size '{ printf "%.1f\n", size * 1e9 / ($2 - $1) }'
}
tcp()
{
	"$connect" 10.77.0.2 7005 dd if=/dev/zero bs=64k count=$((size * 16)) 2>/dev/null
}
ssh()
{
	zeroes | dbclient -y -q -i "$dir/client" -K 10 -W 1048576 -p 2299 root@10.77.0.2 'dd of=/dev/null bs=64k 2>/dev/null'
}
t=$(rate tcp)
s=$(rate ssh)
echo "$t $s"
