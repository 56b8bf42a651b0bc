/* SPDX-License-Identifier: GPL-2.0-or-later */
/* connect ADDRESS PORT PROGRAM [ARGUMENT...]: the program with a TCP connection as its output. busybox's nc would copy
 * each KiB by itself, which on an emulated host is slower than the network. */
#include <arpa/inet.h>
#include <err.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (argc < 4 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1)
		errx(2, "usage: connect ADDRESS PORT PROGRAM [ARGUMENT...]");
	to.sin_port = htons((in_port_t)strtoul(argv[2], NULL, 10));
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0 ||
		dup2(fd, STDOUT_FILENO) < 0)
		err(1, "%s port %s", argv[1], argv[2]);
	execvp(argv[3], argv + 3);
	err(1, "%s", argv[3]);
}
