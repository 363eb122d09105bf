// Packing and unpacking by the system's zlib: gzip, and zlib streams piece by piece.
#include "czlib.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct evk_gunzip {
    z_stream stream;
    const uint8_t *data;
    size_t count;
    int status;
};

evk_gunzip *evk_gunzip_new(const uint8_t *data, size_t count) {
    evk_gunzip *gunzip = calloc(1, sizeof *gunzip);
    if (!gunzip) return NULL;
    gunzip->data = data;
    gunzip->count = count;
    // 15 bits of window, and 16 more say: gzip.
    if (inflateInit2(&gunzip->stream, 15 + 16) == Z_OK) return gunzip;
    free(gunzip);
    return NULL;
}

ptrdiff_t evk_gunzip_next(evk_gunzip *gunzip, uint8_t *out, size_t capacity) {
    z_stream *stream = &gunzip->stream;
    size_t used = 0;
    while (used < capacity) {
        if (gunzip->status == Z_STREAM_END) {
            if (!gunzip->count) break;
            if (inflateReset(stream) != Z_OK) return -1;
        }
        // zlib counts in 32 bits.
        uInt in = gunzip->count < UINT_MAX ? (uInt)gunzip->count : UINT_MAX;
        uInt room = capacity - used < UINT_MAX ? (uInt)(capacity - used) : UINT_MAX;
        stream->next_in = (Bytef *)gunzip->data;
        stream->avail_in = in;
        stream->next_out = out + used;
        stream->avail_out = room;
        gunzip->status = inflate(stream, Z_NO_FLUSH);
        gunzip->data += in - stream->avail_in;
        gunzip->count -= in - stream->avail_in;
        used += room - stream->avail_out;
        if (gunzip->status == Z_STREAM_END) continue;
        if (gunzip->status != Z_OK && gunzip->status != Z_BUF_ERROR) return -1;
        // Neither came to an end: it is cut off.
        if (!gunzip->count && stream->avail_out) return -1;
    }
    return (ptrdiff_t)used;
}

void evk_gunzip_free(evk_gunzip *gunzip) {
    if (!gunzip) return;
    inflateEnd(&gunzip->stream);
    free(gunzip);
}

struct evk_inflater {
    z_stream stream;
    size_t count;
    uint8_t dictionary[];
};

evk_inflater *evk_inflater_new(const uint8_t *dictionary, size_t count) {
    evk_inflater *inflater = calloc(1, sizeof *inflater + count);
    if (!inflater) return NULL;
    inflater->count = count;
    memcpy(inflater->dictionary, dictionary, count);
    if (inflateInit(&inflater->stream) == Z_OK) return inflater;
    free(inflater);
    return NULL;
}

ptrdiff_t evk_inflate(evk_inflater *inflater, const uint8_t *data, size_t count, uint8_t *out, size_t capacity) {
    z_stream *stream = &inflater->stream;
    if (count > 1u << 30 || capacity > 1u << 30) return -1;
    stream->next_in = (Bytef *)data;
    stream->avail_in = (uInt)count;
    stream->next_out = out;
    stream->avail_out = (uInt)capacity;
    while (stream->avail_in) {
        int status = inflate(stream, Z_SYNC_FLUSH);
        if (status == Z_NEED_DICT) status = inflateSetDictionary(stream, inflater->dictionary, (uInt)inflater->count);
        if (status != Z_OK || !stream->avail_out) return -1;
    }
    return (ptrdiff_t)(capacity - stream->avail_out);
}

void evk_inflater_free(evk_inflater *inflater) {
    inflateEnd(&inflater->stream);
    free(inflater);
}

uint8_t *evk_gzip(const uint8_t *data, size_t count, size_t *size) {
    z_stream stream = {0};
    // Level 1, as the API server; 16 more than the largest window is the gzip form.
    if (deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) return NULL;
    size_t capacity = deflateBound(&stream, count);
    uint8_t *packed = malloc(capacity);
    int status = Z_MEM_ERROR;
    *size = 0;
    while (packed) {
        // zlib counts in 32 bits.
        uInt in = count < UINT_MAX ? (uInt)count : UINT_MAX;
        uInt out = capacity - *size < UINT_MAX ? (uInt)(capacity - *size) : UINT_MAX;
        stream.next_in = (Bytef *)data;
        stream.avail_in = in;
        stream.next_out = packed + *size;
        stream.avail_out = out;
        status = deflate(&stream, in == count ? Z_FINISH : Z_NO_FLUSH);
        data += in - stream.avail_in;
        count -= in - stream.avail_in;
        *size += out - stream.avail_out;
        if (status != Z_OK) break;
    }
    deflateEnd(&stream);
    if (status == Z_STREAM_END) return packed;
    free(packed);
    return NULL;
}
