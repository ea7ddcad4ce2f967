/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What nft says on stderr, taken apart: "FILE:LINE:COLUMN-COLUMN: Error: text", followed by the
 * line of the file and an underline. Threading: none.
 */
#ifndef NICEMU_CLI_NFT_ERRORS_H
#define NICEMU_CLI_NFT_ERRORS_H

#include <stddef.h>

struct nft_error {
	char *file;
	int line, column; /* from 1; 0: nft named none */
	char *text;       /* after "Error: " */
	char *quote;      /* the lines below, each with its newline; "" where there are none */
};

struct nft_errors {
	struct nft_error *error;
	size_t length;
	char *rest; /* lines before the first error: warnings and others */
};

/* 0 or -ENOMEM. Free with nft_errors_free. */
int nft_errors_parse(struct nft_errors *errors, const char *output);
void nft_errors_free(struct nft_errors *errors);

#endif
