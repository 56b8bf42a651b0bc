/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Forms of single values in a configuration: names, addresses, hashes, keys. Pure. */
#ifndef DOMUS_VALUE_H
#define DOMUS_VALUE_H

#include "err.h"

enum { VALUE_ADDRESSES_MAX = 64 };

/* Each returns 0, or -1 with a text that completes "KEY: …". */
int value_check_hostname(const char *text, struct err *err);  /* one label */
int value_check_domain(const char *text, struct err *err);    /* labels with dots */
int value_check_host(const char *text, struct err *err);      /* IP address or domain name */
int value_check_host_port(const char *text, struct err *err); /* host, host:port, [ipv6]:port */
int value_check_ip(const char *text, struct err *err);
int value_check_ipv4(const char *text, struct err *err);
int value_check_ipv6(const char *text, struct err *err);
int value_check_cidr4(const char *text, struct err *err);
int value_check_cidr6(const char *text, struct err *err);
/* IP addresses and networks, at most VALUE_ADDRESSES_MAX, with blanks between them */
int value_check_addresses(const char *text, struct err *err);
int value_check_mac(const char *text, struct err *err); /* unicast, with ":" */
int value_check_ifname(const char *text, struct err *err);
int value_check_user(const char *text, struct err *err);
int value_check_zone(const char *text, struct err *err);
int value_check_word(const char *text, struct err *err); /* letters, digits, "-_." */
int value_check_hash(const char *text, struct err *err); /* $6$… or * */
int value_check_ssh_key(const char *text, struct err *err);
/* A line for people, without ":", which /etc/passwd cannot hold. */
int value_check_fullname(const char *text, struct err *err);
/* Printable, at most 1000 bytes. */
int value_check_text(const char *text, struct err *err);
/* Words for a boot loader's command line. */
int value_check_args(const char *text, struct err *err);
int value_check_path(const char *text, struct err *err);  /* from "/", without ".." */
int value_check_https(const char *text, struct err *err); /* https://host[:port]/... */
int value_check_line(const char *text, struct err *err);  /* no control characters */

#endif
