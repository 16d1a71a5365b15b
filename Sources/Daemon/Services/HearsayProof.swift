package import RegistryModel

/// What a registry says about one of its names.
package struct HearsayProof: Sendable {
    /// What it has there now.
    package var found: Digest?
    /// What it was known to have there.
    package var known: Digest?

    package init(found: Digest?, known: Digest?) {
        self.found = found
        self.known = known
    }

    /// What is true of an access that was heard of, and what of it is hearsay still.
    package func judge(_ heard: Access) -> (proven: [Access], heard: [Access]) {
        var access = heard
        // Whoever said it may have chosen these; a push must not take back the reads of others.
        if heard.class == .push {
            (access.address, access.actor, access.userAgent) = (nil, nil, nil)
        }
        guard let found else {
            return heard.class == .delete && known != nil ? ([access], []) : ([], [])
        }
        switch heard.class {
        case .delete: return ([], [])
        case .push:
            access.digest = found
            // A push that changed nothing can't be told from a lie, but it is a use in any case.
            if known == found { access.class = .resolve }
            return ([access], [])
        case .pull, .resolve:
            access.digest = found
            guard let digest = heard.digest, digest != found else { return ([access], []) }
            // The tag has moved on since: both were in use.
            var earlier = heard
            earlier.tag = nil
            earlier.key.low ^= 1
            return ([access], [earlier])
        }
    }
}
