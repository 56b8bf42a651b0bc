/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Size and abilities of the terminal. */
#include "term.h"

#include <curses.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#include "attrs.h"

#define ANSWER_MS 1000 /* a slow modem line takes some 100 ms */

/* Reads "ESC [ LINES ; COLUMNS R"; false when it does not come. */
static bool read_position(int fd, int *ret_lines, int *ret_columns)
{
	char answer[64];
	size_t len = 0;
	while (len + 1 < sizeof(answer)) {
		struct pollfd wait = {.fd = fd, .events = POLLIN};
		if (poll(&wait, 1, ANSWER_MS) != 1 || read(fd, answer + len, 1) != 1)
			return false;
		len++;
		if (answer[len - 1] == 'R')
			break;
	}
	answer[len] = '\0';
	const char *start = strrchr(answer, '[');
	return start && sscanf(start, "[%d;%dR", ret_lines, ret_columns) == 2;
}

/* Puts the cursor into the last corner and asks where it is. */
static bool ask_corner(int in_fd, int out_fd, int *ret_lines, int *ret_columns)
{
	static const char question[] = "\0337\033[r\033[999;999H\033[6n\0338";
	struct termios saved;
	if (tcgetattr(in_fd, &saved) < 0)
		return false;
	struct termios raw = saved;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	(void)tcsetattr(in_fd, TCSAFLUSH, &raw);
	bool is_known = write(out_fd, question, sizeof(question) - 1) > 0 &&
			read_position(in_fd, ret_lines, ret_columns);
	(void)tcsetattr(in_fd, TCSAFLUSH, &saved);
	return is_known;
}

void term_ask_size(int in_fd, int out_fd, int *ret_lines, int *ret_columns)
{
	struct winsize size = {0};
	if (ioctl(out_fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
		*ret_lines = size.ws_row;
		*ret_columns = size.ws_col;
		return;
	}
	int tall = TERM_LINES_MIN;
	int wide = TERM_COLUMNS_MIN;
	if (!ask_corner(in_fd, out_fd, &tall, &wide) || tall < 2 || wide < 2 || tall > 999 ||
		wide > 999) {
		tall = TERM_LINES_MIN;
		wide = TERM_COLUMNS_MIN;
	}
	size = (struct winsize){.ws_row = (unsigned short)tall, .ws_col = (unsigned short)wide};
	(void)ioctl(out_fd, TIOCSWINSZ, &size);
	*ret_lines = tall;
	*ret_columns = wide;
}

bool term_can_draw(int out_fd)
{
	int status;
	if (!getenv("TERM") || setupterm(NULL, out_fd, &status) != OK)
		return false;
	const char *move = tigetstr("cup");
	const char *clear_screen_text = tigetstr("clear");
	return move && move != (char *)-1 && clear_screen_text && clear_screen_text != (char *)-1 &&
	       !tigetflag("gn");
}

bool term_wants_ascii(void)
{
	static const char *const plain[] = {"vt100", "vt102", "vt220", "vt52", "ansi", "pcansi"};
	const char *name = getenv("TERM");
	for (size_t i = 0; name && i < ARRAY_SIZE(plain); i++)
		if (strcmp(name, plain[i]) == 0)
			return true;
	return false;
}
