import RegistryModel

/// How it came to be known that a tag pointed somewhere.
enum TagSighting: Sendable, Equatable {
    /// It was pushed there then.
    case push
    /// It was found there, by a read or a log.
    ///
    /// What pointed elsewhere before was pushed meanwhile, unheard: at `foundAt` at the latest. Nil
    /// where the registry itself says when tags were pushed.
    case found(foundAt: Timestamp?)
}
