/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hashes of passwords, by libcrypt. */
#include "pwhash.h"

#include <crypt.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lang.h"
#include "mem.h"

static int check(const char *password, struct err *err)
{
	if (!*password)
		return err_set(err, ERR_INVALID, 0, _("the password is empty"));
	if (strlen(password) > PWHASH_PASSWORD_MAX)
		return err_set(err, ERR_INVALID, 0, _("the password is longer than %u bytes"),
			PWHASH_PASSWORD_MAX);
	for (const char *c = password; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			return err_set(err, ERR_INVALID, 0,
				_("the password has a control character in it"));
	return 0;
}

int pwhash_make(const char *password, char **ret_hash, struct err *err)
{
	if (check(password, err) < 0)
		return -1;
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	if (!crypt_gensalt_rn("$6$", 0, NULL, 0, setting, sizeof(setting)))
		return err_set(err, ERR_IO, errno, _("no random salt for the password"));
	struct crypt_data *data = xcalloc(1, sizeof(*data));
	const char *hash = crypt_r(password, setting, data);
	int rc = 0;
	if (hash && strncmp(hash, "$6$", 3) == 0)
		*ret_hash = xstrdup(hash);
	else
		rc = err_set(err, ERR_IO, errno, _("cannot make a hash of the password"));
	explicit_bzero(data, sizeof(*data));
	free(data);
	return rc;
}

bool pwhash_is_right(const char *hash, const char *password)
{
	if (hash[0] != '$')
		return false;
	struct crypt_data *data = xcalloc(1, sizeof(*data));
	const char *made = crypt_r(password, hash, data);
	bool is_right = made && strlen(made) == strlen(hash);
	/* Every character is looked at, whatever the first ones are. */
	unsigned char difference = 0;
	for (size_t i = 0; is_right && hash[i]; i++)
		difference |= (unsigned char)(made[i] ^ hash[i]);
	explicit_bzero(data, sizeof(*data));
	free(data);
	return is_right && difference == 0;
}
