import Foundation
import KubernetesAPI
import Testing

/// The table of version differences.
@Suite struct VersionChangeTests {
    private static let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources")

    @Test func `each row says what changes in two short lines, and where that is written`() throws {
        let files = FileManager.default.enumerator(at: Self.sources, includingPropertiesForKeys: nil)?.compactMap { ($0 as? URL)?.lastPathComponent } ?? []
        for change in VersionChange.allCases {
            for text in [change.before, change.after] {
                #expect((1...140).contains(text.count) && !text.hasSuffix("."), "\(change)")
            }
            #expect(change.before != change.after && !change.source.isEmpty, "\(change)")
            for word in change.source.split(whereSeparator: { " `,;".contains($0) }) where word.hasSuffix(".md") {
                #expect(files.contains(String(word)), "\(change) cites \(word)")
            }
        }
    }

    @Test func `a profile has what its release and those before it brought`() {
        for change in VersionChange.allCases {
            for version in KubernetesVersion.all { #expect(KubernetesProfile(version).has(change) == (version >= change.since), "\(change)") }
        }
    }

    @Test func `what lies between two releases is the same both ways`() {
        let (old, new) = (KubernetesVersion(minor: 35), KubernetesVersion(minor: 37))
        let changes = VersionChange.between(old, new)
        #expect(changes == VersionChange.between(new, old))
        #expect(changes.contains(.balancedByImprovement) && changes.contains(.preemptionNamesNode))
        #expect(!changes.contains(.untoleratedTaintText) && VersionChange.between(new, new).isEmpty)
    }
}
