// Shares and sums of whole numbers that neither round by chance nor run over.

extension Int64 {
    /// This times `part` over `whole`, rounded towards zero: worked out with twice the bits, so that only a result beyond the
    /// range stays at its end. 0 if `whole` is.
    public func proportion(_ part: Int64, of whole: Int64) -> Int64 {
        whole == 0 ? 0 : Int64(clamping: Int128(self) * Int128(part) / Int128(whole))
    }
}

extension Sequence where Element: FixedWidthInteger {
    /// The sum, or the end of the range beyond which it lies.
    public var saturatingSum: Element { reduce(0) { $0.saturatingAdd($1) } }
}
