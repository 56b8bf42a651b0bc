/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hash and keys that tests of the host's configuration use. */
#ifndef DOMUS_TESTS_HOSTCONF_SAMPLES_H
#define DOMUS_TESTS_HOSTCONF_SAMPLES_H

/* openssl passwd -6 -salt saltsalt secret */
#define SAMPLE_HASH                      \
	"$6$saltsalt$TVLlQcbpFVof5W3Yz4" \
	"DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq.H91p5hVO1"
#define SAMPLE_KEY \
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK3el9jQG6eZ+4YEyjTtXzMCY9W7/7jpR16C7BA0Yl6z a@b"
#define SAMPLE_KEY_ECDSA                                                                       \
	"ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBLc2WslSXTBL" \
	"72fEhXPQiEZBJtmycmGZ/cHbj3AU9MVRSvU7HMD5UenjsjMnFC6V8xKkTzOvnXVGNS5EP/Rq6kU= "

#endif
