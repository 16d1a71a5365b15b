import AccessLedger
import RegistryClients
import RegistryModel

// How large things really are, before anything goes for it: registries take any claim of a manifest.
extension InventoryKeeper {
    /// Measures the largest blobs of which only a claim is known, each once and for ever.
    ///
    /// What the registry does not have counts nothing. Claims of less than a mebibyte are believed, and
    /// those of less than a gibibyte where the registry refuses to tell.
    ///
    /// - Returns: Whether all are measured by now; else there are too many for one time.
    func measureClaims(
        of target: CleanupTarget,
        in repositoryId: Int64? = nil
    ) async throws -> Bool {
        guard let measuring = target.reader as? any BlobMeasuring else { return true }
        let limit = target.storage == nil ? Self.lookups : Self.files
        let claims = try await ledger.claimedBlobs(
            of: target.row,
            in: repositoryId,
            limit: limit
        )
        for start in stride(from: 0, to: claims.count, by: Self.batch) {
            let part = claims[start..<min(start + Self.batch, claims.count)]
            let sizes = try await inParallel(Array(part), width: Self.width) { claim in
                try await Self.size(of: claim, measuring)
            }
            try await ledger.measured(
                Dictionary(zip(part.map(\.id), sizes)) { first, _ in first },
                of: target.row,
                at: now()
            )
        }
        return claims.count < limit
    }

    /// Throws where the registry can't be asked now, so that nothing is known.
    private static func size(
        of claim: ClaimedBlob,
        _ measuring: any BlobMeasuring
    ) async throws -> Int64 {
        let size: Int64?
        do {
            size = try await measuring.size(of: claim.digest, in: claim.repository)
        } catch {
            guard isRefusal(error) else { throw error }
            return claim.size <= believed ? claim.size : 0
        }
        return size ?? 0
    }

    private static func isRefusal(_ error: RegistryError) -> Bool {
        switch error.kind {
        case .forbidden, .unsupported, .badAnswer, .corrupt: true
        default: false
        }
    }

    /// Few layers are larger, and whoever lies needs many that are not.
    private static let believed: Int64 = 1 << 30
    /// Requests before one cleanup: a minute's, to a distant registry.
    static let lookups = 1_000
    /// Looks at the registry's own disk: a second's.
    static let files = 50_000
}
