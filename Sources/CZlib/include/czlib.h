#ifndef EVENKEEL_CZLIB_H
#define EVENKEEL_CZLIB_H

#include <stddef.h>
#include <stdint.h>

/// Unpacks gzip data of `count` bytes, all of its members one after the other.
///
/// Returns memory of `*size` bytes, which the caller frees, or null: the data is broken or cut off, or holds more than `limit` bytes.
uint8_t *evk_gunzip(const uint8_t *data, size_t count, size_t limit, size_t *size);

#endif
