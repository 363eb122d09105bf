#ifndef EVENKEEL_CZLIB_H
#define EVENKEEL_CZLIB_H

#include <stddef.h>
#include <stdint.h>

/// Unpacks gzip data of `count` bytes, all of its members one after the other.
///
/// Returns memory of `*size` bytes, which the caller frees, or null: the data is broken or cut off, or holds more than `limit` bytes.
uint8_t *evk_gunzip(const uint8_t *data, size_t count, size_t limit, size_t *size);

/// Packs `count` bytes as gzip, fast rather than tight.
///
/// Returns memory of `*size` bytes, which the caller frees, or null: there is no memory.
uint8_t *evk_gzip(const uint8_t *data, size_t count, size_t *size);

/// A zlib stream that is unpacked piece by piece.
typedef struct evk_inflater evk_inflater;

/// Begins a stream that may ask for this dictionary; null if there is no memory.
evk_inflater *evk_inflater_new(const uint8_t *dictionary, size_t count);

/// Unpacks a piece that ends where the writer flushed. Returns how many bytes it holds; -1: it is broken, or holds `capacity` bytes or more.
ptrdiff_t evk_inflate(evk_inflater *inflater, const uint8_t *data, size_t count, uint8_t *out, size_t capacity);

void evk_inflater_free(evk_inflater *inflater);

#endif
