// Arithmetic for amounts that come from outside: the result stays at the end of the range instead of trapping.

extension FixedWidthInteger {
    /// The sum, or the end of the range beyond which it lies.
    @inlinable public func saturatingAdd(_ other: Self) -> Self {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }
    /// The difference, or the end of the range beyond which it lies.
    @inlinable public func saturatingSubtract(_ other: Self) -> Self {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other < 0 ? .max : .min) : difference
    }
    /// The product, or the end of the range beyond which it lies.
    @inlinable public func saturatingMultiply(_ other: Self) -> Self {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? ((self < 0) == (other < 0) ? .max : .min) : product
    }
    /// The whole number nearest to `value`, half away from zero; the end of the range beyond which it lies; 0 for no number.
    @inlinable public init(saturating value: Double) {
        let whole = value.rounded()
        if let exact = Self(exactly: whole) {
            self = exact
        } else {
            self = whole.isNaN ? 0 : whole < 0 ? .min : .max
        }
    }
}
