// OpenSSL of the system, and functions for those of its macros that are used here.

#ifndef EVENKEEL_COPENSSL_H
#define EVENKEEL_COPENSSL_H

#include <openssl/bio.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

/// A new context for one side, TLS 1.2 or newer, without renegotiation and resumption; null if OpenSSL refuses.
SSL_CTX *evk_tls_context_new(int is_server);

/// Of the protocols that a client offers takes HTTP/1.1; none if that is not among them.
void evk_tls_take_http1(SSL_CTX *context);

/// The name that a client expects in the server's certificate, and tells it.
int evk_tls_expect_host(SSL *session, const char *host);

/// A new key on P-256; null if there is no memory.
EVP_PKEY *evk_new_p256_key(void);

void evk_free_extensions(STACK_OF(X509_EXTENSION) *extensions);

void evk_openssl_free(void *memory);

#endif
