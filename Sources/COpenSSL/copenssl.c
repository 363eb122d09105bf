// The macros of OpenSSL that Swift cannot see, as functions.

#include "copenssl.h"

#include <string.h>

SSL_CTX *evk_tls_context_new(int is_server) {
  SSL_CTX *context = SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method());
  if (!context) return NULL;
  // As Go's servers: nothing without forward secrecy.
  if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1) {
    SSL_CTX_free(context);
    return NULL;
  }
  // Resumed sessions would need a context of their own for each authority, and clients here keep their connections.
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
  // A connection that rests, a watch say, holds no buffers.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  return context;
}

static int select_http1(SSL *session, const unsigned char **out, unsigned char *out_length, const unsigned char *offered,
                        unsigned int length, void *argument) {
  static const char name[] = "http/1.1";
  (void)session, (void)argument;
  // A list of names, each behind its length.
  for (unsigned int at = 0; at < length && at + 1 + offered[at] <= length; at += 1 + offered[at]) {
    if (offered[at] == sizeof name - 1 && memcmp(offered + at + 1, name, sizeof name - 1) == 0) {
      *out = offered + at + 1;
      *out_length = offered[at];
      return SSL_TLSEXT_ERR_OK;
    }
  }
  return SSL_TLSEXT_ERR_NOACK;
}

void evk_tls_take_http1(SSL_CTX *context) { SSL_CTX_set_alpn_select_cb(context, select_http1, NULL); }

int evk_tls_expect_host(SSL *session, const char *host) {
  return SSL_set_tlsext_host_name(session, host) == 1 && SSL_set1_host(session, host) == 1;
}

EVP_PKEY *evk_new_p256_key(void) { return EVP_EC_gen("P-256"); }

void evk_free_extensions(STACK_OF(X509_EXTENSION) *extensions) { sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free); }

void evk_openssl_free(void *memory) { OPENSSL_free(memory); }
