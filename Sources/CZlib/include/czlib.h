#ifndef EVENKEEL_CZLIB_H
#define EVENKEEL_CZLIB_H

#include <stddef.h>
#include <stdint.h>

/// Gzip data, all of its members one after the other, that are unpacked piece by piece.
typedef struct evk_gunzip evk_gunzip;

/// Begins to unpack `count` bytes, which must live as long; null if there is no memory.
evk_gunzip *evk_gunzip_new(const uint8_t *data, size_t count);

/// Unpacks the next `capacity` bytes. Returns how many there were, fewer only at the end; -1: the data is broken or cut off.
ptrdiff_t evk_gunzip_next(evk_gunzip *gunzip, uint8_t *out, size_t capacity);

void evk_gunzip_free(evk_gunzip *gunzip);

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
