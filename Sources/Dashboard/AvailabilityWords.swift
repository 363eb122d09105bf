import Canvas
import Simulation
import SimulationKit

/// Numbers of availability as people read them.
enum AvailabilityWords {
    /// `33%`; a share of 1 and of 0 are exact.
    static func percent(_ share: Double) -> String {
        let value = Int(saturating: share * 100)
        return value == 100 && share < 1 ? ">99%" : value == 0 && share > 0 ? "<1%" : "\(value)%"
    }

    /// What a share of the year is: `9h39m`, `54.7m`, `2.3s`, `<1ms`.
    static func downtime(_ probability: Double) -> String {
        let seconds = probability * Unavailability.minutesPerYear * 60
        if seconds >= 364 * 86400 { return "always" }
        if seconds >= 86400 { return "\(fixed(seconds / 86400, 1))d" }
        if seconds >= 36000 { return "\(fixed(seconds / 3600, 0))h" }
        if seconds >= 3600 { return "\(fixed(seconds / 3600, 1))h" }
        if seconds >= 60 { return "\(fixed(seconds / 60, seconds >= 6000 ? 0 : 1))m" }
        if seconds >= 1 { return "\(fixed(seconds, 1))s" }
        return seconds >= 0.001 ? "\(fixed(seconds * 1000, 0))ms" : seconds > 0 ? "<1ms" : "0"
    }

    /// `1.10e-3`
    static func scientific(_ value: Double) -> String {
        guard value > 0 else { return "0" }
        guard value.isFinite else { return "\(value)" }
        var (mantissa, exponent) = (value, 0)
        while mantissa < 0.9995 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
        while mantissa >= 9.995 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
        return exponent == 0 ? fixed(mantissa, 2) : "\(fixed(mantissa, 2))e\(exponent)"
    }

    /// As short as it can be read back: `0.0001`, `2`.
    static func plain(_ value: Double) -> String {
        if value == 0 { return "0" }
        var decimals = 0
        while decimals < 9, abs(value - (Double(fixed(value, decimals)) ?? value)) > abs(value) * 1e-9 { decimals += 1 }
        return fixed(value, decimals)
    }
}
