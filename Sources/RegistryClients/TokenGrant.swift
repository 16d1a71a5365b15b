/// With what a token server is convinced.
package enum TokenGrant: Sendable, Equatable {
    /// User and password in a GET: what every registry takes.
    case basic
    /// The same at an Azure Container Registry, whose tokens are for all verbs at once.
    case azureBasic
    /// A refresh token of an Azure Container Registry, or a token of its directory.
    case refreshToken

    /// Whether user and password may also be sent to the registry itself.
    var isBasic: Bool { self != .refreshToken }

    var asksForAll: Bool { self != .basic }
}
