import Foundation
import Listening
import RegistryModel
import Testing

struct AccessTokensTests {
    @Test(arguments: [
        "Bearer sesame", "bearer sesame", "Bearer  sesame", "sesame", "Basic \(base64("x:sesame"))",
        "basic \(base64(":sesame"))",
    ])
    func acceptsTheTokenInEachForm(field: String) {
        #expect(AccessTokens(Secret("sesame")).permit(field))
    }

    @Test(arguments: [
        nil, "", "Bearer", "Bearer ", "Bearer sesam", "Bearer sesamee", "Bearer sesame ", "Sesame",
        "Digest sesame", "Basic sesame", "Basic \(base64("sesame"))",
        "Basic \(base64("x:y:sesame"))",
        "Basic \(base64("sesame:"))", "Basic", "Bearer Bearer sesame",
    ])
    func refusesAllElse(field: String?) {
        #expect(!AccessTokens(Secret("sesame")).permit(field))
    }

    @Test func acceptsEachOfSeveral() {
        let tokens = AccessTokens([Secret("old"), Secret("new")])
        #expect(tokens.permit("Bearer old"))
        #expect(tokens.permit("Bearer new"))
        #expect(!tokens.permit("Bearer oldnew"))
    }

    /// A token file that was left empty must not open the door.
    @Test(arguments: ["", "Bearer ", "Basic \(base64("x:"))"])
    func anEmptyTokenOpensNothing(field: String) {
        #expect(!AccessTokens([Secret("")]).permit(field))
        #expect(!AccessTokens([]).permit(field))
    }

    /// A password may hold colons, a user's name may not.
    @Test func aPasswordMayHoldColons() {
        #expect(AccessTokens(Secret("a:b")).permit("Basic \(base64("x:a:b"))"))
    }
}

private func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }
