/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The same work on Linux with and without Xen below it: work DISK ADDRESS PORT. A line for each kind: its name and how
 * long it took in ms. DISK is overwritten. ADDRESS:PORT takes what it is sent and sends what it is asked for. */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MIB (1024 * 1024)
#define BLOCK (256 * 1024)

static unsigned char *buffer;

static double now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static void all(ssize_t got, size_t wanted, const char *what)
{
	if (got != (ssize_t)wanted)
		err(1, "%s", what);
}

/* A hash of 94 MiB that come by system calls, and 4 MiB of memory touched here and there. */
static void cpu(void)
{
	int zero = open("/dev/zero", O_RDONLY);
	size_t words = 4 * MIB / sizeof(uint32_t);
	uint32_t *table = calloc(words, sizeof(*table)), hash = 1;

	if (zero < 0 || !table)
		err(1, "cpu");
	for (int i = 0; i < 1500; i++) {
		all(read(zero, buffer, BLOCK / 4), BLOCK / 4, "/dev/zero");
		for (int byte = 0; byte < BLOCK / 4; byte++) {
			hash = (hash ^ buffer[byte]) * 16777619U;
			if (byte % 1024 == 0)
				table[hash % words] += hash;
		}
	}
	close(zero);
	free(table);
}

static void processes(void)
{
	for (int i = 0; i < 200; i++) {
		pid_t child = fork();
		int status;

		if (child == 0) {
			execl("/proc/self/exe", "work", "--nothing", (char *)NULL);
			_exit(127);
		}
		if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
			errx(1, "a process did not come to its end");
	}
}

static int open_disk(const char *path)
{
	int disk = open(path, O_RDWR | O_DIRECT);

	if (disk < 0)
		err(1, "%s", path);
	return disk;
}

static void disk_write(const char *path)
{
	int disk = open_disk(path);

	for (int i = 0; i < 256; i++)
		all(write(disk, buffer, BLOCK), BLOCK, path);
	if (fsync(disk) < 0)
		err(1, "%s", path);
	close(disk);
}

static void disk_read(const char *path)
{
	int disk = open_disk(path);

	for (int i = 0; i < 256; i++)
		all(read(disk, buffer, BLOCK), BLOCK, path);
	close(disk);
}

/* 4 KiB from places that are the same in every run. */
static void disk_random(const char *path)
{
	int disk = open_disk(path);
	uint32_t place = 1;

	for (int i = 0; i < 2000; i++) {
		place = place * 1664525 + 1013904223;
		all(pread(disk, buffer, 4096, place % (64 * MIB / 4096) * 4096), 4096, path);
	}
	close(disk);
}

static int open_peer(const char *address, const char *port)
{
	struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	int sock = socket(AF_INET, SOCK_STREAM, 0);

	if (inet_pton(AF_INET, address, &peer.sin_addr) != 1 || sock < 0 ||
		connect(sock, (struct sockaddr *)&peer, sizeof(peer)) < 0)
		err(1, "%s port %s", address, port);
	return sock;
}

/* The peer sends a byte back when it has everything. */
static void network_send(const char *address, const char *port)
{
	int sock = open_peer(address, port);

	all(write(sock, "s", 1), 1, address);
	for (ssize_t sent = 0; sent < 32 * MIB;) {
		ssize_t part = write(sock, buffer, BLOCK);
		if (part < 0)
			err(1, "%s", address);
		sent += part;
	}
	shutdown(sock, SHUT_WR);
	all(read(sock, buffer, 1), 1, address);
	close(sock);
}

static void network_receive(const char *address, const char *port)
{
	int sock = open_peer(address, port);
	ssize_t part;
	long got = 0;

	all(write(sock, "r", 1), 1, address);
	while ((part = read(sock, buffer, BLOCK)) > 0)
		got += part;
	if (part < 0 || got != 32 * MIB)
		errx(1, "%s sent %ld bytes", address, got);
	close(sock);
}

int main(int argc, char **argv)
{
	double begin;

	if (argc == 2 && strcmp(argv[1], "--nothing") == 0)
		return 0;
	if (argc != 4)
		errx(2, "usage: work DISK ADDRESS PORT");
	buffer = aligned_alloc(4096, BLOCK);
	if (!buffer)
		err(1, "memory");
	memset(buffer, 0x5a, BLOCK);
	setvbuf(stdout, NULL, _IOLBF, 0);
#define TIMED(name, call) (begin = now_ms(), call, printf("work %s %.0f\n", name, now_ms() - begin))
	TIMED("cpu", cpu());
	TIMED("processes", processes());
	TIMED("disk-write", disk_write(argv[1]));
	TIMED("disk-read", disk_read(argv[1]));
	TIMED("disk-random", disk_random(argv[1]));
	TIMED("network-send", network_send(argv[2], argv[3]));
	TIMED("network-receive", network_receive(argv[2], argv[3]));
	return 0;
}
