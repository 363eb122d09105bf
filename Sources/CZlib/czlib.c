// Packing and unpacking by the system's zlib: gzip in one call, and a stream piece by piece.
#include "czlib.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

uint8_t *evk_gunzip(const uint8_t *data, size_t count, size_t limit, size_t *size) {
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    // 15 bits of window, and 16 more say: gzip.
    if (inflateInit2(&stream, 15 + 16) != Z_OK) return NULL;
    size_t capacity = count < 1024 ? 4096 : count * 4, used = 0, read = 0;
    if (capacity > limit) capacity = limit;
    uint8_t *out = malloc(capacity ? capacity : 1);
    int status = Z_OK;
    while (out) {
        if (used == capacity) {
            if (capacity >= limit) goto broken;
            capacity = capacity > limit / 2 ? limit : capacity * 2;
            uint8_t *more = realloc(out, capacity);
            if (!more) goto broken;
            out = more;
        }
        // zlib counts in 32 bits.
        size_t in = count - read, room = capacity - used;
        uInt in32 = in > 1u << 30 ? 1u << 30 : (uInt)in, room32 = room > 1u << 30 ? 1u << 30 : (uInt)room;
        stream.next_in = (Bytef *)(data + read);
        stream.avail_in = in32;
        stream.next_out = out + used;
        stream.avail_out = room32;
        status = inflate(&stream, Z_NO_FLUSH);
        read += in32 - stream.avail_in;
        used += room32 - stream.avail_out;
        if (status == Z_STREAM_END) {
            if (read == count) {
                inflateEnd(&stream);
                *size = used;
                return out;
            }
            if (inflateReset(&stream) != Z_OK) goto broken;
        } else if (status != Z_OK && !(status == Z_BUF_ERROR && stream.avail_out == 0)) {
            goto broken;
        } else if (read == count && stream.avail_out != 0) {
            goto broken;
        }
    }
broken:
    inflateEnd(&stream);
    free(out);
    return NULL;
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
