/// How the records of logs are named for counting each once: by a hash of their fields.
package enum RecordNaming: Sendable, Hashable {
    /// By SHA-256, as ledgers have it that knew records before there was a choice.
    case digest
    /// By SipHash with a secret of the ledger.
    ///
    /// It takes a fifth of the time. Whoever writes records can't make two that are alike, for that
    /// takes the secret, and no name ever leaves the ledger.
    case keyed(low: UInt64, high: UInt64)
}
