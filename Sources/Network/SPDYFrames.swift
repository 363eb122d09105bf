// SPDY/3.1 as bytes: what kubectl's exec (before 1.30) and port-forward (all versions) speak.

#if Network
    import CZlib

    /// One frame of SPDY/3.1, as far as sessions with pods use them.
    enum SPDYFrame: Equatable {
        case synStream(id: UInt32, headers: [SPDYHeader], isLast: Bool)
        case data(id: UInt32, bytes: [UInt8], isLast: Bool)
        case reset(id: UInt32)
        case ping(id: UInt32)
        case goAway
        /// SETTINGS, HEADERS, WINDOW_UPDATE and what else says nothing here.
        case other
    }

    /// A header of a stream; names are in lower case.
    struct SPDYHeader: Equatable {
        var name: String
        var value: String
    }

    /// Bytes that are no SPDY/3.1, or more than a session needs.
    struct SPDYError: Error, Equatable {
        var message: String
    }

    /// Takes frames out of bytes as they come.
    ///
    /// All header blocks of a connection are one zlib stream, so that none may be left out.
    struct SPDYDecoder: ~Copyable {
        /// Bytes of a frame, and of a header block once it is unpacked.
        static let largestFrame = 1 << 20
        static let largestHeaders = 64 << 10

        private var waiting: [UInt8] = []
        private let inflater: OpaquePointer?

        init() { inflater = evk_inflater_new(SPDYDictionary.bytes, SPDYDictionary.bytes.count) }
        deinit { if let inflater { evk_inflater_free(inflater) } }

        /// Adds `bytes`, and returns the frames that are whole now.
        mutating func take(_ bytes: some Sequence<UInt8>) throws(SPDYError) -> [SPDYFrame] {
            waiting += bytes
            var frames: [SPDYFrame] = []
            var start = 0
            while waiting.count - start >= 8 {
                let length = Int(waiting[start + 5]) << 16 | Int(waiting[start + 6]) << 8 | Int(waiting[start + 7])
                guard length <= Self.largestFrame else { throw SPDYError(message: "a frame of \(length) bytes") }
                guard waiting.count - start >= 8 + length else { break }
                frames.append(try frame(waiting[start..<start + 8 + length]))
                start += 8 + length
            }
            waiting.removeFirst(start)
            return frames
        }

        private func frame(_ bytes: ArraySlice<UInt8>) throws(SPDYError) -> SPDYFrame {
            let first = bytes.startIndex
            let head = number(bytes, 0)
            let isLast = bytes[first + 4] & 1 == 1
            guard head >> 31 == 1 else { return .data(id: head, bytes: Array(bytes.dropFirst(8)), isLast: isLast) }
            guard head >> 16 & 0x7fff == 3 else { throw SPDYError(message: "version \(head >> 16 & 0x7fff), not 3") }
            let body = bytes.dropFirst(8)
            func id() throws(SPDYError) -> UInt32 {
                guard body.count >= 4 else { throw SPDYError(message: "a frame that is too short") }
                return number(body, 0) & 0x7fff_ffff
            }
            switch head & 0xffff {
            case 1:
                guard body.count >= 10 else { throw SPDYError(message: "a SYN_STREAM that is too short") }
                return .synStream(id: try id(), headers: try headers(body.dropFirst(10)), isLast: isLast)
            case 2, 8:
                _ = try headers(body.dropFirst(4))
                return .other
            case 3: return .reset(id: try id())
            case 6: return .ping(id: try id())
            case 7: return .goAway
            default: return .other
            }
        }

        private func headers(_ packed: ArraySlice<UInt8>) throws(SPDYError) -> [SPDYHeader] {
            var block = [UInt8](repeating: 0, count: Self.largestHeaders)
            let input = Array(packed)
            let count = inflater.map { evk_inflate($0, input, input.count, &block, block.count) } ?? -1
            guard count >= 0 else { throw SPDYError(message: "headers that cannot be unpacked") }
            var rest = block[..<count]
            func word() throws(SPDYError) -> Int {
                guard rest.count >= 4 else { throw SPDYError(message: "headers that are cut off") }
                defer { rest = rest.dropFirst(4) }
                return Int(number(rest, 0))
            }
            func text() throws(SPDYError) -> String {
                let length = try word()
                guard length <= rest.count else { throw SPDYError(message: "headers that are cut off") }
                defer { rest = rest.dropFirst(length) }
                return String(decoding: rest.prefix(length), as: UTF8.self)
            }
            var headers: [SPDYHeader] = []
            for _ in 0..<(try word()) { headers.append(SPDYHeader(name: try text().lowercased(), value: try text())) }
            return headers
        }

        private func number(_ bytes: ArraySlice<UInt8>, _ offset: Int) -> UInt32 {
            bytes.dropFirst(offset).prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
        }
    }

    /// Makes frames.
    struct SPDYEncoder {
        private var hasSentHeaders = false

        /// Accepts a stream. The reply has no headers: its block is a zlib stream with what it holds stored, not packed. An empty block
        /// flushes it, without which Go's reader wants more and fails.
        mutating func reply(to id: UInt32) -> [UInt8] {
            let block: [UInt8] = [0, 0, 0, 0]
            let start: [UInt8] = hasSentHeaders ? [] : [0x78, 0x01]
            hasSentHeaders = true
            let length = UInt8(block.count)
            return Self.control(2, Self.bytes(id) + start + [0, length, 0, ~length, 0xff] + block + [0, 0, 0, 0xff, 0xff])
        }

        static func data(_ id: UInt32, _ bytes: some Collection<UInt8>, isLast: Bool = false) -> [UInt8] {
            Self.bytes(id) + Self.bytes(UInt32(bytes.count) | (isLast ? 1 << 24 : 0)) + bytes
        }
        static func ping(_ id: UInt32) -> [UInt8] { control(6, bytes(id)) }
        /// Code 3: the stream is refused.
        static func reset(_ id: UInt32) -> [UInt8] { control(3, bytes(id) + bytes(3)) }

        private static func control(_ type: UInt32, _ body: [UInt8]) -> [UInt8] { bytes(0x8003_0000 | type) + bytes(UInt32(body.count)) + body }
        private static func bytes(_ number: UInt32) -> [UInt8] {
            [UInt8(number >> 24), UInt8(number >> 16 & 0xff), UInt8(number >> 8 & 0xff), UInt8(number & 0xff)]
        }
    }

    /// What header blocks of SPDY/3 are packed with, so that the usual names cost nothing.
    ///
    /// - Source: SPDY protocol draft 3, section 2.6.10.1
    enum SPDYDictionary {
        private static let names = """
            options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow authorization \
            cache-control connection content-base content-encoding content-language content-length content-location content-md5 content-range \
            content-type date etag expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since \
            last-modified location max-forwards pragma proxy-authenticate proxy-authorization range referer retry-after server te trailer \
            transfer-encoding upgrade user-agent vary via warning www-authenticate method get status 200_OK version HTTP/1.1 url public \
            set-cookie keep-alive origin
            """
        private static let rest = """
            100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritative \
            Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 Internal Server \
            Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, \
            Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,\
            text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.
            """
        static let bytes: [UInt8] =
            names.split(separator: " ").flatMap { [0, 0, 0, UInt8($0.utf8.count)] + $0.replacing("_", with: " ").utf8 } + rest.utf8
    }
#endif
