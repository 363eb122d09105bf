// Big answers packed, for clients that accept it.

#if Network
    import CZlib
    import Foundation

    enum Gzip {
        /// Answers up to so many bytes are sent as they are.
        /// - Source: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/writers.go, `defaultGzipThresholdBytes`
        static let threshold = 128 << 10

        /// The bytes packed; nil if there is no memory.
        static func pack(_ bytes: [UInt8]) -> [UInt8]? {
            var size = 0
            guard let packed = evk_gzip(bytes, bytes.count, &size) else { return nil }
            defer { free(packed) }
            return Array(UnsafeBufferPointer(start: packed, count: size))
        }
    }
#endif
