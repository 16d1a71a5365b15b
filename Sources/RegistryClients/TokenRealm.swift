import Foundation
import RegistryModel

/// Where a registry sends for tokens, once it is certain that this place may see the credentials.
///
/// They go to the registry's own host, over a transport that is as good as the registry's, and to
/// hosts that the operator trusts. Without credentials there is nothing to keep from anybody.
struct TokenRealm {
    /// Hosts besides the registry's own, in lower case.
    let trusted: Set<String>
    let origin: RegistryAddress.Origin
    let hasCredentials: Bool

    /// Checks the `realm` of a challenge, and returns it without query and fragment.
    func place(
        _ text: String?,
        _ call: RegistryCall
    ) throws(RegistryError) -> URLComponents {
        guard let text, var realm = URLComponents(string: text),
            let place = RegistryAddress.Origin(realm)
        else {
            throw call.error(.badAnswer, status: 401, "the registry names no usable token server")
        }
        realm.fragment = nil
        guard place.isSecure || !origin.isSecure else {
            throw refusal(
                "the token server \(place.host) is asked without https, which the registry has; "
                    + "it gets no password",
                call
            )
        }
        guard !hasCredentials || isOwn(place) else {
            throw refusal(
                "the token server \(place.host) is another host than the registry, and gets no "
                    + "password; if it is the right one, name it in trustRealm",
                call
            )
        }
        return realm
    }

    private func isOwn(_ place: RegistryAddress.Origin) -> Bool {
        place.host == origin.host || (place.isLoopback && origin.isLoopback)
            || trusted.contains(place.host) || Self.knownPairs[origin.host] == place.host
    }

    private func refusal(_ detail: String, _ call: RegistryCall) -> RegistryError {
        call.error(.unauthorized, status: 401, detail)
    }

    /// Public registries with a token server of their own on another host, as their makers say.
    private static let knownPairs = [
        "registry-1.docker.io": "auth.docker.io",
        "registry.gitlab.com": "gitlab.com",
    ]
}
